// SPDX-License-Identifier: Apache-2.0
// A server at a socket in a directory of its own, its event loop in a thread.
#pragma once

#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <thread>

#include "tests/engine/temporary_directory.h"
#include "tests/eventually.h"
#include "vexfsd/server/listen.h"
#include "vexfsd/server/server.h"

namespace vexfs::test {

// Answers with the request's header, and how many bytes of body it had.
inline Message echo(const Message& request, const Caller&) {
    Message reply;
    reply.header = {{"ok", true}, {"header", request.header}, {"body_bytes", request.body.size()}};
    return reply;
}

class TestServer {
  public:
    explicit TestServer(Handler handler = echo, const ServerLimits& limits = {}, unsigned workers = 2) {
        REQUIRE(sd_event_new(&event_) >= 0);
        listening_.emplace(ListeningPath::bind(directory_ / "socket", 0666, "").value());
        server_ =
            Server::start(event_, listening_->take_socket(), workers, std::move(handler), limits).value();
        // The loop ends with what is asked of it last.
        REQUIRE(sd_event_add_io(event_, nullptr, asked_.get(), EPOLLIN, run_asked, this) >= 0);
        thread_ = std::thread([this] { sd_event_loop(event_); });
    }
    ~TestServer() {
        run([this](Server&) {
            server_.reset();
            sd_event_exit(event_, 0);
        });
        thread_.join();
        sd_event_unref(event_);
    }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    // Runs something in the thread of the loop, to which the server belongs, and waits for it.
    void run(const std::function<void(Server&)>& what) {
        std::promise<void> done;
        {
            const std::lock_guard lock(mutex_);
            what_ = [&] {
                what(*server_);
                done.set_value();
            };
        }
        eventfd_write(asked_.get(), 1);
        done.get_future().wait();
    }
    // Waits until that many clients are connected; false where they never are.
    bool has_clients(size_t count) {
        return eventually([&] {
            size_t now = 0;
            run([&](Server& server) { now = server.clients(); });
            return now == count;
        });
    }
    std::string socket_path() const { return directory_ / "socket"; }
    const std::string& directory() const { return directory_.path(); }

  private:
    static int run_asked(sd_event_source*, int fd, uint32_t, void* self) {
        eventfd_t count = 0;
        eventfd_read(fd, &count);
        auto* server = static_cast<TestServer*>(self);
        std::function<void()> what;
        {
            const std::lock_guard lock(server->mutex_);
            what = std::exchange(server->what_, nullptr);
        }
        if (what) what();
        return 0;
    }

    TemporaryDirectory directory_;
    UniqueFd asked_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    sd_event* event_ = nullptr;
    std::optional<ListeningPath> listening_;
    std::unique_ptr<Server> server_;
    std::mutex mutex_;  // guards what_
    std::function<void()> what_;
    std::thread thread_;
};

// Holds requests in work until it is opened. What waits at it goes on when it is gone, too.
class Gate {
  public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    // Waits until that many have come; false where they never do.
    bool reached_by(uint64_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return waiting_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t waiting_ = 0;
    bool open_ = false;
};

}  // namespace vexfs::test
