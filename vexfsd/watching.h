// SPDX-License-Identifier: Apache-2.0
// Takes a snapshot of a service every second, in a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "vexfsd/requests/service.h"

namespace vexfs {

class Watching {
  public:
    static constexpr std::chrono::seconds interval{1};

    // Ends with this object; the service must outlast it.
    explicit Watching(Service& service);
    // How long ago the last snapshot was there, or this object was made. Thread-safe.
    std::chrono::steady_clock::duration since_last() const {
        return std::chrono::steady_clock::now() - last_.load();
    }

  private:
    void watch(Service& service, const std::stop_token& stop);

    std::atomic<std::chrono::steady_clock::time_point> last_ = std::chrono::steady_clock::now();
    std::jthread thread_;
};

// How the kernel's tuned values are: looked at every few seconds, for whoever asks more often.
std::function<TuningFigures()> tuning_watch();

}  // namespace vexfs
