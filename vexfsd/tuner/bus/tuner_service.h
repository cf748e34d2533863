// SPDX-License-Identifier: Apache-2.0
// org.vexfs.Tuner1 served on a bus: reads for all, changes for root and whom polkit lets.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <memory>

#include "engine/base/result.h"

namespace vexfs::tuner {

class TunerService {
  public:
    // On the system bus, where DBUS_SYSTEM_BUS_ADDRESS names no other.
    static Result<std::unique_ptr<TunerService>> open();
    ~TunerService();
    TunerService(const TunerService&) = delete;
    TunerService& operator=(const TunerService&) = delete;

    // Serves until nobody has asked anything for that long.
    Result<void> run(std::chrono::microseconds idle);

  private:
    TunerService() = default;

    sd_bus* bus_ = nullptr;
    sd_bus_slot* slot_ = nullptr;
};

}  // namespace vexfs::tuner
