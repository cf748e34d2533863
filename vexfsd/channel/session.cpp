// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/session.h"

#include <spdlog/spdlog.h>

#include <new>
#include <system_error>

#include "engine/base/thread_name.h"
#include "vexfsd/channel/session_state.h"

namespace vexfs::channel {
namespace {

// For what is answered at once and for what waits by itself, beside the long calls.
constexpr unsigned spare_threads = 3;

thread_local Worker* this_worker = nullptr;

}  // namespace

Session::State::State(Tree& served, Device served_by, std::shared_ptr<Names> told)
    : tree(served), device(std::move(served_by)), names(std::move(told)), gate(device.worker_threads()) {}

Session::State::~State() {
    device.leave();
    tree.set_generations(nullptr);
    for (std::thread& thread : threads) thread.join();
    names->stop();
    later.reset();
}

void Session::State::run() {
    Worker worker(device);
    this_worker = &worker;
    while (const Request* const request = worker.fetch()) {
        if (const uint64_t dropped = worker.take_dropped()) opened.remove(dropped);
        const InWork::Call busy(in_work);
        serve(*this, *request);
    }
    this_worker = nullptr;
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::start(Tree& tree, Device device, std::shared_ptr<Names> names) {
    auto state = std::make_unique<State>(tree, std::move(device), std::move(names));
    tree.set_generations(std::make_shared<GenerationBoard>(state->device.numbers()));
    try {
        const unsigned threads = state->device.worker_threads() + spare_threads;
        for (unsigned i = 0; i < threads; ++i)
            state->threads.emplace_back([s = state.get()] {
                name_thread("vexfs-module");
                s->run();
            });
    } catch (const std::system_error& error) {
        return fail_errno("start a thread of the mount", error.code().value());
    }
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

void Session::leave() const {
    state_->device.leave();
}

CallLoad Session::load() const {
    const CallLoad through = state_->gate.load(), patient = state_->patient.load();
    return {through.in_work + patient.in_work, through.waiting + patient.waiting + state_->later->waiting()};
}

bool Session::wait_idle(std::chrono::milliseconds timeout) const {
    return state_->in_work.wait_none(timeout);
}

void Asked::answer(vexfs_reply reply) const {
    reply.id = id_;
    if (this_worker != nullptr && this_worker->current_id() == id_) {
        this_worker->keep(reply);
    } else if (give(state_->device, reply) && reply.opened.handle != 0) {
        state_->opened.remove(reply.opened.handle);
    }
}

void Asked::data(std::span<const std::byte> bytes, uint64_t count,
                 const std::optional<ReplyHold>& hold) const {
    vexfs_reply reply{};
    reply.data = reinterpret_cast<uint64_t>(bytes.data());
    reply.data_bytes = static_cast<uint32_t>(bytes.size());
    reply.count = count;
    if (hold) {
        reply.flags = VEXFS_REPLY_KEEP;
        reply.slot = hold->slot;
        reply.generation = hold->generation;
    }
    answer(reply);
}

void Asked::failed(int error) const {
    vexfs_reply reply{};
    reply.error = -error;
    answer(reply);
}

void Asked::failed(const Node& node, const Failure& failure) const {
    state_->tree.note_failure(node, failure);
    spdlog::debug("mount: {}", failure.error.message);
    failed(failure.number);
}

// Only the session's threads run what needs memory.
std::span<std::byte> Asked::scratch(size_t bytes) {
    this_worker->flush();
    return this_worker->scratch(bytes);
}

std::span<std::byte> Asked::more_scratch(size_t bytes) {
    return this_worker->scratch(bytes);
}

void Asked::guarded(const std::function<void()>& call) const {
    try {
        call();
    } catch (const std::bad_alloc&) {
        failed(ENOMEM);
    } catch (const std::exception& error) {
        spdlog::error("mount: a call failed: {}", error.what());
        failed(EIO);
    }
}

void Asked::run_through(fuse::Gate& gate, std::function<void()> call) const {
    const auto busy = std::make_shared<InWork::Call>(state_->in_work);
    gate.run([busy, asked = *this, call = std::move(call)] {
        // Where it is another request that this thread came for, that one's reply need not wait for this.
        if (this_worker != nullptr && this_worker->current_id() != asked.id_) this_worker->flush();
        asked.guarded(call);
    });
}

void Asked::run_long(std::function<void()> call) const {
    run_through(state_->gate, std::move(call));
}

bool Asked::try_run_long(const std::function<void()>& call) const {
    const InWork::Call busy(state_->in_work);
    return state_->gate.try_run([&] { guarded(call); });
}

void Asked::run_patiently(std::function<void()> call) const {
    run_through(state_->patient, std::move(call));
}

void Asked::after(std::chrono::microseconds delay, std::function<void()> reply) const {
    if (delay.count() == 0) return reply();
    const auto busy = std::make_shared<InWork::Call>(state_->in_work);
    state_->later->run_after(delay, [busy, reply = std::move(reply)] { reply(); });
}

}  // namespace vexfs::channel
