// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "vexfsd/server/peer.h"

namespace vexfs {
namespace {

constexpr int accepts_per_event = 64;
constexpr uint64_t accept_pause_us = 100'000;

// The client has said nothing yet, or its first byte tells how it wants to be answered.
void send_busy(int socket, uint64_t clients_max) {
    char first = 0;
    const bool text = recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first == '{';
    Message message =
        error_message({ErrorCode::busy, fmt::format("{} clients are connected already", clients_max),
                       "try again later, or raise server.max_clients"});
    message.text = text;
    const auto bytes = encode(message);
    // It fits into the buffer of a new socket, or the client is gone.
    (void)send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Server::Server(sd_event* event, UniqueFd listener, const ServerLimits& limits)
    : event_(sd_event_ref(event)),
      listener_(std::move(listener)),
      limits_(limits),
      budget_(limits.inflight_bytes_max),
      scratch_(Connection::free_bytes) {}

Server::~Server() {
    sd_event_source_disable_unref(listener_source_);
    sd_event_source_disable_unref(workers_source_);
    sd_event_source_disable_unref(pause_timer_);
    workers_.reset();
    connections_.clear();
    sd_event_unref(event_);
}

Result<std::unique_ptr<Server>> Server::start(sd_event* event, UniqueFd listener, unsigned running_max,
                                              Handler handler, const ServerLimits& limits) {
    std::unique_ptr<Server> server(new Server(event, std::move(listener), limits));
    VEXFS_ASSIGN(server->workers_, Workers::start(running_max, limits.in_work_max, std::move(handler)));
    VEXFS_TRY(server->watch());
    return server;
}

Result<void> Server::watch() {
    int error = sd_event_add_io(
        event_, &listener_source_, listener_.get(), EPOLLIN,
        [](sd_event_source*, int, uint32_t, void* self) {
            static_cast<Server*>(self)->accept_clients();
            return 0;
        },
        this);
    if (error < 0) return fail_errno("watch the listening socket", -error);
    error = sd_event_add_io(
        event_, &workers_source_, workers_->ready_fd(), EPOLLIN,
        [](sd_event_source*, int, uint32_t, void* self) {
            static_cast<Server*>(self)->deliver_replies();
            return 0;
        },
        this);
    if (error < 0) return fail_errno("watch the workers", -error);
    // Made while there are descriptors: a pause begins when there are none.
    error = sd_event_add_time_relative(
        event_, &pause_timer_, CLOCK_MONOTONIC, accept_pause_us, 0,
        [](sd_event_source*, uint64_t, void* self) {
            sd_event_source_set_enabled(static_cast<Server*>(self)->listener_source_, SD_EVENT_ON);
            return 0;
        },
        this);
    if (error < 0) return fail_errno("make a timer", -error);
    error = sd_event_source_set_enabled(pause_timer_, SD_EVENT_OFF);
    if (error < 0) return fail_errno("stop a timer", -error);
    return {};
}

void Server::set_limits(const ServerLimits& limits) {
    limits_ = limits;
    budget_.set_limit(limits.inflight_bytes_max);
    workers_->set_in_work_max(limits.in_work_max);
}

void Server::accept_clients() {
    for (int i = 0; i < accepts_per_event; ++i) {
        UniqueFd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            add_client(std::move(socket));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        if (errno == EINTR || errno == ECONNABORTED) continue;
        pause_accepting(errno);
        return;
    }
}

// Out of descriptors or memory: the socket stays readable, so trying at once would only burn the CPU.
void Server::pause_accepting(int error_number) {
    spdlog::warn("can't take another client: {}", std::strerror(error_number));
    if (sd_event_source_set_time_relative(pause_timer_, accept_pause_us) < 0 ||
        sd_event_source_set_enabled(pause_timer_, SD_EVENT_ONESHOT) < 0) {
        return;
    }
    sd_event_source_set_enabled(listener_source_, SD_EVENT_OFF);
}

void Server::add_client(UniqueFd socket) {
    if (connections_.size() >= limits_.clients_max) {
        spdlog::warn("refused a client: {} are connected, server.max_clients", connections_.size());
        send_busy(socket.get(), limits_.clients_max);
        return;
    }
    auto caller = caller_of(socket.get());
    if (!caller) {
        spdlog::warn("refused a client: {}", caller.error().message);
        return;
    }
    const uint64_t id = next_id_++;
    auto connection = std::make_unique<Connection>(*this, id, std::move(socket), std::move(*caller));
    if (auto started = connection->start(); !started) {
        spdlog::warn("refused a client: {}", started.error().message);
        return;
    }
    connections_.emplace(id, std::move(connection));
    clients_ = connections_.size();
}

ServerLoad Server::load() const {
    const Workers::Load load = workers_->load();
    return {clients_, load.in_work, load.waiting};
}

void Server::deliver_replies() {
    for (Workers::Done& done : workers_->take_done()) {
        const auto found = connections_.find(done.connection);
        if (found != connections_.end()) {
            settle(done.connection, found->second->on_reply(std::move(done.reply), done.held_back));
        }
    }
}

void Server::settle(uint64_t connection, bool goes_on) {
    if (!goes_on) connections_.erase(connection);
    while (const auto waiter = budget_.next()) {
        const auto found = connections_.find(*waiter);
        if (found != connections_.end() && !found->second->on_budget()) connections_.erase(found);
    }
    clients_ = connections_.size();
    check_stopped();
}

void Server::stop(std::function<void()> stopped) {
    stopping_ = true;
    stopped_ = std::move(stopped);
    sd_event_source_disable_unref(listener_source_);
    listener_source_ = nullptr;
    sd_event_source_disable_unref(pause_timer_);
    pause_timer_ = nullptr;
    listener_.reset();
    std::erase_if(connections_, [](const auto& entry) { return !entry.second->on_stop(); });
    clients_ = connections_.size();
    check_stopped();
}

void Server::check_stopped() {
    if (!stopping_ || !connections_.empty() || !stopped_) return;
    const auto stopped = std::exchange(stopped_, nullptr);
    stopped();
}

}  // namespace vexfs
