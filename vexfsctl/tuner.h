// SPDX-License-Identifier: Apache-2.0
// What only root may do on this machine: in this process as root, else by asking vexfs-tuner on the system
// bus, which asks polkit.
#pragma once

#include <memory>
#include <string>

#include "vexfsd/tuner/module.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs::ctl {

class Tuner {
  public:
    virtual ~Tuner() = default;
    virtual Result<tuner::TuningReport> apply(const tuner::Profile& profile) = 0;
    virtual Result<tuner::TuningReport> revert() = 0;
    virtual Result<tuner::ModuleStatus> load(const Settings::Module& settings) = 0;
    virtual Result<void> unload() = 0;
};

// This process's own where it is root's or nobody offers vexfs-tuner on the bus.
std::unique_ptr<Tuner> open_tuner();

const tuner::KernelValues& kernel_values();

}  // namespace vexfs::ctl
