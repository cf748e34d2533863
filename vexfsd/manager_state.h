// SPDX-License-Identifier: Apache-2.0
// What manager_bus.cpp and manager_methods.cpp share: the connection to the bus, in a thread of its own, and
// what the methods and properties ask for. All but begin() and tell() belong to that thread.
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/unique_fd.h"
#include "engine/collection/store.h"
#include "vexfsd/bus/handles.h"
#include "vexfsd/requests/service.h"

namespace vexfs {

// Of a ManagerState.
extern const sd_bus_vtable manager_vtable[];

class ManagerState {
  public:
    using Send = std::function<int(sd_bus*)>;
    // What properties tell, as it was seen last.
    struct Seen {
        std::vector<std::string> collections;  // sorted
        std::string status;
        nlohmann::json mount = nlohmann::json::object();
    };

    ManagerState(Service& service, const Store& store, std::function<void()> reload)
        : service_(service), store_(store), reload_(std::move(reload)) {}

    Result<void> begin();
    // Sends a signal soon. Thread-safe.
    void tell(Send signal);

    nlohmann::json ask(nlohmann::json request, const Caller& caller) const;
    // As who may do everything, such as after polkit has let somebody.
    nlohmann::json ask(nlohmann::json request) const;
    const std::string& data_directory() const { return store_.directory(); }
    void reload() const { reload_(); }
    const Seen& seen() const { return seen_; }
    // Signals what has changed.
    void look_again();

  private:
    using Clock = std::chrono::steady_clock;
    struct UnrefEvent {
        void operator()(sd_event* event) const { sd_event_unref(event); }
    };

    void run(const std::stop_token& stop);
    Result<void> open();
    void keep_up();
    void send_waiting();
    Seen look() const;
    void wake() const;

    Service& service_;
    const Store& store_;
    const std::function<void()> reload_;

    std::unique_ptr<sd_event, UnrefEvent> event_;
    bus::Bus bus_;  // before the event loop
    Clock::time_point next_try_{};
    Seen seen_;

    UniqueFd woken_;
    std::mutex mutex_;  // guards what follows
    std::deque<Send> waiting_;
    std::jthread thread_;  // ends before the rest does
};

}  // namespace vexfs
