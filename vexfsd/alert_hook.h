// SPDX-License-Identifier: Apache-2.0
// Logs alerts, and runs the administrator's command for each, one after the other, in a thread of its own.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "vexfsd/watch/alerts.h"

namespace vexfs {

class AlertHook {
  public:
    explicit AlertHook(std::string command);
    // Ends the command that runs.
    ~AlertHook();
    AlertHook(const AlertHook&) = delete;
    AlertHook& operator=(const AlertHook&) = delete;

    // Empty runs none.
    void set_command(std::string command);
    void tell(const AlertEvent& event);

  private:
    void work(const std::stop_token& stop);

    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    std::string command_;
    std::deque<AlertEvent> events_;
    std::jthread thread_;
};

}  // namespace vexfs
