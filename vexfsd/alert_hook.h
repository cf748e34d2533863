// SPDX-License-Identifier: Apache-2.0
// Logs alerts, and tells of each by the administrator's command, one after the other, in a thread of its own.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "vexfsd/raised_file.h"
#include "vexfsd/watch/alerts.h"

namespace vexfs {

class AlertHook {
  public:
    // `raised` is kept up to what it is told.
    AlertHook(std::string command, RaisedFile raised);
    // Ends the command that runs.
    ~AlertHook();
    AlertHook(const AlertHook&) = delete;
    AlertHook& operator=(const AlertHook&) = delete;

    // An empty one is none.
    void set_command(std::string command);
    void tell(const AlertEvent& event);

  private:
    void work(const std::stop_token& stop);

    RaisedFile raised_;  // of the thread
    std::mutex mutex_;   // guards what follows
    std::condition_variable_any changed_;
    std::string command_;
    std::deque<AlertEvent> events_;
    std::jthread thread_;
};

}  // namespace vexfs
