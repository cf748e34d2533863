// SPDX-License-Identifier: Apache-2.0
// One client: reads requests, has them answered one after the other, writes the replies in their order.
//
// While a request is in work or its reply unsent, nothing more is read, so that a client that sends without
// reading is held back by its own socket. The functions that events call return false when the connection is
// over and is to be destroyed.
#pragma once

#include <systemd/sd-event.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsd/requests/frame_reader.h"
#include "vexfsd/requests/service.h"
#include "vexfsd/server/budget.h"

namespace vexfs {

class Server;

class Connection {
  public:
    // The client's share that is not counted in the budget.
    static constexpr size_t free_bytes = 64u << 10;

    Connection(Server& server, uint64_t id, UniqueFd socket, Caller caller);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> start();

    bool on_socket(uint32_t events);
    // The reply to the request in work, which is sent so much later.
    bool on_reply(Encoded reply, std::chrono::microseconds held_back = {});
    // The budget may have room again.
    bool on_budget();
    // The daemon stops: no further request is begun, and the last thing that is said is that.
    bool on_stop();
    // request_timeout_s have passed without progress.
    bool on_timeout();

    uint64_t id() const { return id_; }

  private:
    enum class State { reading, waiting_for_budget, in_work, holding_back, writing };

    bool read_some();
    ssize_t receive(std::span<std::byte> buffer);
    // Takes bytes received: gives a complete request to the workers, keeps what follows it.
    bool take(std::span<const std::byte> bytes);
    bool take_pending();
    bool refuse(const Error& error, bool text);
    bool say_farewell();
    bool reserve();
    bool hold(std::chrono::microseconds time);  // false where there is no timer for it
    bool send_reply();
    bool write_some();
    bool after_reply();
    void listen_for(uint32_t events);
    // Starts the time that the client has to go on, or stops it.
    void set_deadline(bool wanted);
    void note_progress(size_t bytes);

    Server& server_;
    const uint64_t id_;
    UniqueFd socket_;
    Caller caller_;
    sd_event_source* source_ = nullptr;
    sd_event_source* timer_ = nullptr;
    sd_event_source* hold_timer_ = nullptr;

    State state_ = State::reading;
    FrameReader reader_;
    std::vector<std::byte> pending_;  // received, behind the request in work
    Encoded reply_;
    size_t written_ = 0;
    uint64_t charged_bytes_ = 0;  // to the budget
    size_t progress_bytes_ = 0;   // since the deadline was set
    bool deadline_set_ = false;
    bool ended_ = false;  // the client sends no more
    // The client is not there for the reply; known to who answers.
    const std::shared_ptr<std::atomic<bool>> gone_ = std::make_shared<std::atomic<bool>>(false);
    bool text_ = false;  // of the last request
    bool last_ = false;  // close after the reply
};

}  // namespace vexfs
