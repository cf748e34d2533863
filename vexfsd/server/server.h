// SPDX-License-Identifier: Apache-2.0
// Serves clients of a listening socket in an event loop: accepts them, reads their requests, has these
// answered by worker threads and writes the replies.
//
// All functions but load() belong to the thread of the event loop.
#pragma once

#include <systemd/sd-event.h>

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsd/server/budget.h"
#include "vexfsd/server/connection.h"
#include "vexfsd/server/workers.h"

namespace vexfs {

struct ServerLimits {
    uint64_t clients_max = 4096;
    uint64_t request_bytes_max = uint64_t{1} << 30;
    uint64_t inflight_bytes_max = uint64_t{1} << 30;
    uint64_t request_timeout_s = 30;
    unsigned in_work_max = 256;  // requests
};

class Server {
  public:
    static Result<std::unique_ptr<Server>> start(sd_event* event, UniqueFd listener, unsigned running_max,
                                                 Handler handler, const ServerLimits& limits);
    // Returns when the requests in work are done; their replies are dropped.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Holds for what comes after.
    void set_limits(const ServerLimits& limits);
    // Takes no more clients and requests, answers those in work, and calls `stopped` when the last client is
    // gone.
    void stop(std::function<void()> stopped);
    size_t clients() const { return clients_; }
    // From any thread.
    ServerLoad load() const;

    // For its connections.
    sd_event* event() const { return event_; }
    const ServerLimits& limits() const { return limits_; }
    Budget& budget() { return budget_; }
    bool stopping() const { return stopping_; }
    std::span<std::byte> scratch() { return scratch_; }
    void submit(Workers::Job job) { workers_->submit(std::move(job)); }
    // After each event of a connection: destroys it unless it goes on, and lets waiting ones read.
    void settle(uint64_t connection, bool goes_on);

  private:
    Server(sd_event* event, UniqueFd listener, const ServerLimits& limits);
    Result<void> watch();
    void accept_clients();
    void add_client(UniqueFd socket);
    void pause_accepting(int error_number);
    void deliver_replies();
    void check_stopped();

    sd_event* event_;
    UniqueFd listener_;
    ServerLimits limits_;
    Budget budget_;
    std::vector<std::byte> scratch_;  // what is received goes through here
    std::unique_ptr<Workers> workers_;
    std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
    std::atomic<size_t> clients_ = 0;  // connections_.size()
    uint64_t next_id_ = 1;
    bool stopping_ = false;
    std::function<void()> stopped_;
    sd_event_source* listener_source_ = nullptr;
    sd_event_source* workers_source_ = nullptr;
    sd_event_source* pause_timer_ = nullptr;
};

}  // namespace vexfs
