// SPDX-License-Identifier: Apache-2.0
// Takes a snapshot of a service every second, in a thread of its own.
#pragma once

#include <thread>

#include "vexfsd/requests/service.h"

namespace vexfs {

class Watching {
  public:
    // Ends with this object; the service must outlast it.
    explicit Watching(Service& service);

  private:
    std::jthread thread_;
};

// How the kernel's tuned values are: looked at every few seconds, for whoever asks more often.
std::function<TuningFigures()> tuning_watch();

}  // namespace vexfs
