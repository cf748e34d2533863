// SPDX-License-Identifier: Apache-2.0
#include "fuse/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "fuse/session_state.h"

namespace vexfs::fuse {
namespace {

// For what is answered at once and for what waits by itself, beside the long calls.
constexpr unsigned spare_threads = 3;
constexpr auto idle_poll = std::chrono::milliseconds(1);

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

Session::State::State(Tree& served, unsigned running_max) : tree(served), gate(running_max) {}

Session::State::~State() {
    stopping = true;
    while (running_threads != 0) {
        // One that is on its way to wait is woken the next time.
        for (std::thread& thread : threads) pthread_kill(thread.native_handle(), wake_signal());
        std::this_thread::sleep_for(idle_poll);
    }
    for (std::thread& thread : threads) thread.join();
    later.reset();
    if (session != nullptr) fuse_session_destroy(session);
}

void Session::State::run() {
    fuse_buf buffer{};
    while (!stopping && !fuse_session_exited(session)) {
        const int got = fuse_session_receive_buf(session, &buffer);
        if (got == -EINTR || got == -EAGAIN) continue;
        if (got <= 0) break;
        const InWork::Call busy(in_work);
        fuse_session_process_buf(session, &buffer);
    }
    std::free(buffer.mem);
    --running_threads;
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::start(Tree& tree, UniqueFd descriptor, unsigned running_max) {
    VEXFS_TRY(make_interruptible());
    auto state = std::make_unique<State>(tree, running_max);
    std::string program = "vexfsd";
    char* argument = program.data();
    fuse_args arguments = FUSE_ARGS_INIT(1, &argument);
    state->session = fuse_session_new(&arguments, &operations(), sizeof(fuse_lowlevel_ops), state.get());
    fuse_opt_free_args(&arguments);  // a copy that libfuse makes of them
    if (state->session == nullptr) return fail(ErrorCode::internal, "libfuse makes no session");
    // One that libfuse closes.
    const int own = fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return fail_errno("dup", errno);
    if (fuse_session_mount(state->session, fmt::format("/dev/fd/{}", own).c_str()) != 0) {
        close(own);
        return fail(ErrorCode::io_error, "libfuse doesn't take the descriptor of the mount");
    }
    try {
        const unsigned threads = running_max + spare_threads;
        for (unsigned i = 0; i < threads; ++i) {
            ++state->running_threads;
            state->threads.emplace_back([s = state.get()] { s->run(); });
        }
    } catch (const std::system_error& error) {
        --state->running_threads;
        return fail_errno("start a thread of the mount", error.code().value());
    }
    return std::unique_ptr<Session>(new Session(std::move(state)));
}

bool Session::connected() const {
    return !fuse_session_exited(state_->session);
}

bool Session::wait_idle(std::chrono::milliseconds timeout) const {
    return state_->in_work.wait_none(timeout);
}

}  // namespace vexfs::fuse
