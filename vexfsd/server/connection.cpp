// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "vexfsd/requests/operations.h"
#include "vexfsd/server/server.h"

namespace vexfs {
namespace {

// Reads of one event, so that a fast client leaves time for the others.
constexpr int reads_per_event = 16;
// A client that goes on has to send or take that much within request_timeout_s, or all of its request.
constexpr size_t progress_bytes_min = 64u << 10;
constexpr uint64_t us_per_s = 1'000'000;
constexpr uint64_t timer_accuracy_us = 100;  // of replies that are held back

}  // namespace

Connection::Connection(Server& server, uint64_t id, UniqueFd socket, Caller caller)
    : server_(server), id_(id), socket_(std::move(socket)), caller_(std::move(caller)) {
    caller_.gone = gone_;
}

Connection::~Connection() {
    server_.budget().give_back(charged_bytes_);
    server_.budget().leave(id_);
    sd_event_source_disable_unref(source_);
    sd_event_source_disable_unref(timer_);
    sd_event_source_disable_unref(hold_timer_);
}

Result<void> Connection::start() {
    const int error = sd_event_add_io(
        server_.event(), &source_, socket_.get(), EPOLLIN,
        [](sd_event_source*, int, uint32_t events, void* self) {
            auto* connection = static_cast<Connection*>(self);
            connection->server_.settle(connection->id_, connection->on_socket(events));
            return 0;
        },
        this);
    if (error < 0) return fail_errno("watch a client's socket", -error);
    return {};
}

void Connection::listen_for(uint32_t events) {
    // Fails only for a source that isn't there.
    sd_event_source_set_io_events(source_, events);
}

bool Connection::on_socket(uint32_t events) {
    if (state_ == State::writing) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) return write_some();
        return true;
    }
    if (state_ == State::reading && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) return read_some();
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        if (state_ != State::in_work) return false;
        // Reported again and again otherwise. A search is given up, a write finished all the same.
        *gone_ = true;
        sd_event_source_set_enabled(source_, SD_EVENT_OFF);
    }
    return true;
}

bool Connection::read_some() {
    for (int i = 0; i < reads_per_event && state_ == State::reading; ++i) {
        if (!reserve()) return true;
        const std::span<std::byte> buffer = server_.scratch();
        const ssize_t got = receive(buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (got < 0) return false;
        if (got == 0) {
            ended_ = true;
            reader_.end();
            return take({});
        }
        note_progress(static_cast<size_t>(got));
        if (!take(buffer.first(static_cast<size_t>(got)))) return false;
        if (static_cast<size_t>(got) < buffer.size()) break;  // the socket is empty
    }
    return true;
}

// A descriptor that comes along is kept for the request, of those who may pass one.
ssize_t Connection::receive(std::span<std::byte> buffer) {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    const cmsghdr* const header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return got;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    auto passed = std::make_shared<UniqueFd>(descriptor);
    if (is_powerful(caller_)) caller_.passed = std::move(passed);
    return got;
}

// Room for one read more, where the client's own share is used up.
bool Connection::reserve() {
    const uint64_t wanted = reader_.held_bytes() + server_.scratch().size();
    const uint64_t charge = wanted > 2 * free_bytes ? wanted - free_bytes : 0;
    if (charge <= charged_bytes_) return true;
    if (!server_.budget().take(id_, charge - charged_bytes_)) {
        state_ = State::waiting_for_budget;
        listen_for(0);
        set_deadline(false);
        return false;
    }
    charged_bytes_ = charge;
    return true;
}

bool Connection::on_budget() {
    if (state_ != State::waiting_for_budget) return true;
    state_ = State::reading;
    listen_for(EPOLLIN);
    set_deadline(true);
    return read_some();
}

bool Connection::take(std::span<const std::byte> bytes) {
    const size_t used = reader_.feed(bytes, server_.limits().request_bytes_max);
    if (reader_.failure()) return refuse(*reader_.failure(), reader_.text());
    if (!reader_.complete()) {
        if (ended_) return false;
        set_deadline(reader_.midway());
        return true;
    }
    pending_.assign(bytes.begin() + static_cast<ptrdiff_t>(used), bytes.end());
    state_ = State::in_work;
    listen_for(0);
    set_deadline(false);
    text_ = reader_.text();
    server_.submit({id_, reader_.take(), caller_});
    caller_.passed = nullptr;
    return true;
}

bool Connection::take_pending() {
    const std::vector<std::byte> bytes = std::exchange(pending_, {});
    return take(bytes);
}

// The last words to a client whose bytes can't be understood any more.
bool Connection::refuse(const Error& error, bool text) {
    Message message = error_message(error);
    message.text = text;
    last_ = true;
    return on_reply(encode_parts(std::move(message)));
}

bool Connection::on_reply(Encoded reply, std::chrono::microseconds held_back) {
    server_.budget().give_back(std::exchange(charged_bytes_, 0));
    server_.budget().leave(id_);
    if (*gone_) return false;
    reply_ = std::move(reply);
    written_ = 0;
    if (held_back.count() > 0 && !server_.stopping() && hold(held_back)) {
        state_ = State::holding_back;
        return true;
    }
    return send_reply();
}

bool Connection::hold(std::chrono::microseconds time) {
    const auto time_us = static_cast<uint64_t>(time.count());
    if (hold_timer_ != nullptr) {
        return sd_event_source_set_time_relative(hold_timer_, time_us) >= 0 &&
               sd_event_source_set_enabled(hold_timer_, SD_EVENT_ONESHOT) >= 0;
    }
    return sd_event_add_time_relative(
               server_.event(), &hold_timer_, CLOCK_MONOTONIC, time_us, timer_accuracy_us,
               [](sd_event_source*, uint64_t, void* self) {
                   auto* connection = static_cast<Connection*>(self);
                   connection->server_.settle(connection->id_, connection->send_reply());
                   return 0;
               },
               this) >= 0;
}

bool Connection::send_reply() {
    state_ = State::writing;
    set_deadline(true);
    return write_some();
}

bool Connection::write_some() {
    while (written_ < reply_.bytes()) {
        std::array<iovec, 2> rest = reply_.rest(written_);
        msghdr message{};
        message.msg_iov = rest.data();
        message.msg_iovlen = rest.size();
        const ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            listen_for(EPOLLOUT);
            return true;
        }
        if (sent < 0) return false;
        written_ += static_cast<size_t>(sent);
        note_progress(static_cast<size_t>(sent));
    }
    return after_reply();
}

bool Connection::after_reply() {
    reply_ = {};
    written_ = 0;
    set_deadline(false);
    if (last_) return false;
    if (server_.stopping()) return say_farewell();
    state_ = State::reading;
    listen_for(EPOLLIN);
    if (!pending_.empty()) return take_pending();
    return !ended_ || read_some();
}

bool Connection::on_stop() {
    if (state_ == State::holding_back) {
        sd_event_source_set_enabled(hold_timer_, SD_EVENT_OFF);
        return send_reply();
    }
    return state_ == State::in_work || state_ == State::writing || say_farewell();
}

// As the reply to the request that comes next, whether it is on its way or not.
bool Connection::say_farewell() {
    return refuse({ErrorCode::unavailable, "the daemon is stopping, and has not begun the request",
                   "ask again when it is back"},
                  reader_.midway() ? reader_.text() : text_);
}

bool Connection::on_timeout() {
    deadline_set_ = false;
    if (state_ != State::reading) return false;
    return refuse({ErrorCode::timed_out, "the rest of the request did not come in time",
                   "server.request_timeout_s is the time that a client has"},
                  reader_.text());
}

void Connection::note_progress(size_t bytes) {
    progress_bytes_ += bytes;
    if (deadline_set_ && progress_bytes_ >= progress_bytes_min) {
        deadline_set_ = false;
        set_deadline(true);
    }
}

void Connection::set_deadline(bool wanted) {
    if (wanted == deadline_set_) return;
    deadline_set_ = wanted;
    progress_bytes_ = 0;
    if (!wanted) {
        if (timer_ != nullptr) sd_event_source_set_enabled(timer_, SD_EVENT_OFF);
        return;
    }
    const uint64_t time_us = server_.limits().request_timeout_s * us_per_s;
    if (timer_ != nullptr) {
        sd_event_source_set_time_relative(timer_, time_us);
        sd_event_source_set_enabled(timer_, SD_EVENT_ONESHOT);
        return;
    }
    // Without memory for a timer the client is served without one.
    sd_event_add_time_relative(
        server_.event(), &timer_, CLOCK_MONOTONIC, time_us, 0,
        [](sd_event_source*, uint64_t, void* self) {
            auto* connection = static_cast<Connection*>(self);
            connection->server_.settle(connection->id_, connection->on_timeout());
            return 0;
        },
        this);
}

}  // namespace vexfs
