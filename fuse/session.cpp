// SPDX-License-Identifier: Apache-2.0
#include "fuse/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

#include "engine/base/thread_name.h"
#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

// For what is answered at once and for what waits by itself, beside the long calls.
constexpr unsigned spare_threads = 3;
constexpr auto idle_poll = std::chrono::milliseconds(1);
// Who has written something reads its reply soon, or is not waited for at the end.
constexpr auto pending_patience = std::chrono::seconds(2);
constexpr int first_request_patience_ms = 1000;
constexpr size_t held_bytes_max = size_t{256} << 20;
// Of linux/fuse.h since 6.9: the kernel gives again what is in work, when it is told to.
constexpr uint64_t has_resend = uint64_t{1} << 39;
constexpr int32_t notify_resend = 7;

thread_local std::span<const std::byte> serving;

ssize_t read_request(int connection, void* buffer, size_t bytes, void*) {
    return read(connection, buffer, bytes);
}

ssize_t write_reply(int connection, iovec* parts, int count, void* state) {
    if (!static_cast<const Session::State*>(state)->replaying) return writev(connection, parts, count);
    size_t bytes = 0;
    for (const iovec& part : std::span(parts, static_cast<size_t>(count))) bytes += part.iov_len;
    return static_cast<ssize_t>(bytes);
}

fuse_in_header header_of(std::span<const std::byte> message) {
    fuse_in_header header{};
    std::memcpy(&header, message.data(), std::min(sizeof header, message.size()));
    return header;
}

bool kernel_resends(std::span<const std::byte> first_request) {
    fuse_init_in wanted{};
    if (first_request.size() < sizeof(fuse_in_header) + sizeof wanted) return false;
    std::memcpy(&wanted, first_request.data() + sizeof(fuse_in_header), sizeof wanted);
    return (wanted.flags & FUSE_INIT_EXT) != 0 && (uint64_t{wanted.flags2} << 32 & has_resend) != 0;
}

bool is_fuse_device(int descriptor) {
    constexpr unsigned misc_major = 10, fuse_minor = 229;
    struct stat status {};
    return fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == makedev(misc_major, fuse_minor);
}

bool is_connected(int connection) {
    pollfd polled{connection, POLLIN, 0};
    return poll(&polled, 1, 0) >= 0 && (polled.revents & POLLERR) == 0;
}

// Interrupts a thread that waits for the kernel. Nobody else uses this signal.
int wake_signal() {
    return SIGRTMIN;
}

Result<void> make_interruptible() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    if (sigaction(wake_signal(), &action, nullptr) != 0) return fail_errno("set a signal handler", errno);
    return {};
}

}  // namespace

uint64_t request_number() {
    return header_of(serving).unique;
}

bool is_resent() {
    return (request_number() & resent_bit) != 0;
}

void hold(fuse_req_t request) {
    Session::State& state = state_of(request);
    {
        const std::lock_guard lock(state.held_mutex);
        if (state.held_bytes + serving.size() <= held_bytes_max) {
            state.held.emplace_back(serving.begin(), serving.end());
            state.held_bytes += serving.size();
            return fuse_reply_none(request);
        }
    }
    fuse_reply_err(request, ECONNRESET);
}

Session::State::State(Tree& served, std::unique_ptr<Ledger> noted, unsigned running_max)
    : tree(served), ledger(std::move(noted)), gate(running_max) {}

Session::State::~State() {
    stop_threads();
    later.reset();
    if (session != nullptr) fuse_session_destroy(session);
    if (!leaving) return;
    if (auto left = ledger->leave(held); !left) spdlog::error("{}", left.error().message);
}

void Session::State::stop_threads() {
    stopping = true;
    while (running_threads != 0) {
        // One that is on its way to wait is woken the next time.
        for (std::thread& thread : threads) pthread_kill(thread.native_handle(), wake_signal());
        std::this_thread::sleep_for(idle_poll);
    }
    for (std::thread& thread : threads) thread.join();
}

Result<void> Session::State::make_session(UniqueFd descriptor) {
    std::string program = "vexfsd";
    char* argument = program.data();
    fuse_args arguments = FUSE_ARGS_INIT(1, &argument);
    session = fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), this);
    fuse_opt_free_args(&arguments);  // a copy that libfuse makes of them
    if (session == nullptr) return fail(ErrorCode::internal, "libfuse makes no session");
    // One that libfuse closes.
    const int own = fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return fail_errno("dup", errno);
    fuse_custom_io io{};
    io.read = read_request;
    io.writev = write_reply;
    if (fuse_session_custom_io(session, &io, own) == 0) return {};
    close(own);
    return fail(ErrorCode::io_error, "libfuse doesn't take the descriptor of the mount");
}

Result<void> Session::State::begin(const std::string& directory) {
    // It is there as soon as it is mounted.
    pollfd waiting{fuse_session_fd(session), POLLIN, 0};
    if (!is_fuse_device(waiting.fd) || poll(&waiting, 1, first_request_patience_ms) != 1 ||
        (waiting.revents & POLLIN) == 0)
        return fail(ErrorCode::invalid_argument, "the descriptor is not that of a new mount by FUSE");
    fuse_buf buffer{};
    const int got = fuse_session_receive_buf(session, &buffer);
    if (got <= 0) {
        std::free(buffer.mem);
        return fail_errno("read the first request of the mount", got < 0 ? -got : ENOTCONN);
    }
    const std::span message(static_cast<std::byte*>(buffer.mem), static_cast<size_t>(got));
    auto described = ledger->describe(directory, message);
    if (described) process(message);
    std::free(buffer.mem);
    return described;
}

Result<void> Session::State::begin_again() {
    std::vector<std::byte> first = ledger->first_request();
    if (header_of(first).opcode != FUSE_INIT)
        return fail(ErrorCode::malformed, "the ledger of the mount doesn't say how it began");
    auto left = ledger->take_left();
    if (!left && !kernel_resends(first)) {
        return fail(ErrorCode::unsupported,
                    "the daemon was killed, and this kernel doesn't give again what it had in work");
    }
    replaying = true;
    process(first);
    replaying = false;
    restore();
    if (left) {
        for (std::vector<std::byte>& message : *left) process(message);
        return {};
    }
    const fuse_out_header again{sizeof again, notify_resend, 0};
    if (write(fuse_session_fd(session), &again, sizeof again) == sizeof again) return {};
    return fail_errno("have the kernel give again what was in work", errno);
}

Result<void> Session::State::start_threads(unsigned count) {
    try {
        for (unsigned i = 0; i < count; ++i) {
            ++running_threads;
            threads.emplace_back([this] {
                name_thread("vexfs-fuse");
                run();
            });
        }
    } catch (const std::system_error& error) {
        --running_threads;
        return fail_errno("start a thread of the mount", error.code().value());
    }
    return {};
}

void Session::State::run() {
    fuse_buf buffer{};
    while (!stopping && !fuse_session_exited(session)) {
        const int got = fuse_session_receive_buf(session, &buffer);
        if (got == -EINTR || got == -EAGAIN) continue;
        if (got <= 0) break;
        const InWork::Call busy(in_work);
        process({static_cast<std::byte*>(buffer.mem), static_cast<size_t>(got)});
    }
    std::free(buffer.mem);
    --running_threads;
}

void Session::State::process(std::span<std::byte> message) {
    serving = message;
    fuse_buf buffer{};
    buffer.mem = message.data();
    buffer.size = message.size();
    fuse_session_process_buf(session, &buffer);
    serving = {};
}

void Session::State::restore() {
    for (const Ledger::Noted& noted : ledger->noted()) {
        const auto node = node_of(noted.record);
        if (node) nodes.restore(noted.record.number, *node);
        if (is_directory(noted.record.role)) {
            if (node) {
                directories.put(noted.handle, std::make_shared<OpenedDirectory>(*node, noted.record.caller));
            }
        } else {
            restore_file(noted, node);
        }
    }
}

void Session::State::restore_file(const Ledger::Noted& noted, const Outcome<Node>& node) {
    const int access = noted.record.flags & O_ACCMODE;
    const Tree::OpenAs as{access != O_WRONLY, access != O_RDONLY, false};
    Outcome<std::unique_ptr<OpenFile>> file = nullptr;
    if (node) {
        file = tree.open_again(*node, noted.record.caller, as);
    } else {
        file = tl::unexpected(node.error());
    }
    auto opened = std::make_shared<OpenedFile>(
        node ? *node : Node{noted.record.role, noted.record.collection, 0, nullptr, nullptr},
        file ? std::move(*file) : nullptr);
    opened->handle = noted.handle;
    opened->inherited = noted.effect.bits();
    if (!file) opened->failure = file.error();
    files.put(noted.handle, std::move(opened));
}

Outcome<Node> Session::State::node_of(const OpenRecord& record) const {
    if (shows_points(record.role)) return tree.node_again(record.role, record.collection, record.points);
    return Node{record.role, record.collection, record.point, nullptr, nullptr};
}

void Session::State::drop_opened_by(uint64_t request) {
    for (const Ledger::Noted& noted : ledger->noted()) {
        if (noted.record.opened_by != (request & ~resent_bit)) continue;
        files.remove(noted.handle);
        directories.remove(noted.handle);
        ledger->erase(noted.handle);
    }
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::start(Tree& tree, UniqueFd descriptor, const std::string& directory,
                                                unsigned running_max) {
    VEXFS_TRY(make_interruptible());
    VEXFS_ASSIGN(auto ledger, Ledger::make());
    auto state = std::make_unique<State>(tree, std::move(ledger), running_max);
    VEXFS_TRY(state->make_session(std::move(descriptor)));
    VEXFS_TRY(state->begin(directory));
    VEXFS_TRY(state->start_threads(running_max + spare_threads));
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

Result<std::unique_ptr<Session>> Session::resume(Tree& tree, UniqueFd descriptor,
                                                 std::unique_ptr<Ledger> ledger, unsigned running_max) {
    if (!is_connected(descriptor.get())) return fail(ErrorCode::not_found, "it was unmounted");
    VEXFS_TRY(make_interruptible());
    auto state = std::make_unique<State>(tree, std::move(ledger), running_max);
    VEXFS_TRY(state->make_session(std::move(descriptor)));
    VEXFS_TRY(state->begin_again());
    VEXFS_TRY(state->start_threads(running_max + spare_threads));
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

bool Session::connected() const {
    return !fuse_session_exited(state_->session);
}

int Session::descriptor() const {
    return fuse_session_fd(state_->session);
}

Ledger& Session::ledger() {
    return *state_->ledger;
}

void Session::leave() {
    state_->leaving = true;
}

CallLoad Session::load() const {
    const CallLoad through = state_->gate.load(), patient = state_->patient.load();
    return {through.in_work + patient.in_work, through.waiting + patient.waiting + state_->later->waiting()};
}

bool Session::wait_idle(std::chrono::milliseconds timeout) const {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + timeout;
    if (!state_->in_work.wait_none(timeout)) return false;
    if (!state_->leaving) return true;
    const auto patience = std::min<Clock::time_point>(deadline, Clock::now() + pending_patience);
    while (Clock::now() < patience && state_->ledger->any_pending()) std::this_thread::sleep_for(idle_poll);
    return state_->in_work.wait_none(
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
}

}  // namespace vexfs::fuse
