// SPDX-License-Identifier: Apache-2.0
// org.vexfs.Tuner1 as those meet it who ask. Blocks; one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/bus/handles.h"
#include "vexfsd/tuner/module.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs::tuner {

class TunerClient {
  public:
    // None where nobody offers it on the system bus.
    static std::optional<TunerClient> open();

    Result<TuningReport> apply(const std::string& profile);
    Result<TuningReport> revert();
    Result<ModuleStatus> load();
    Result<void> unload();
    // mounting.h says what they do.
    Result<void> mount(const std::string& backend, const std::string& directory);
    Result<void> unmount(const std::string& directory);
    Result<UniqueFd> open_device();

  private:
    explicit TunerClient(sd_bus* bus) : bus_(bus) {}
    Result<bus::BusMessage> call(const char* method, std::initializer_list<const char*> arguments = {});

    bus::Bus bus_;
};

}  // namespace vexfs::tuner
