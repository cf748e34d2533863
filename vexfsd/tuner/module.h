// SPDX-License-Identifier: Apache-2.0
// The kernel module vexfs_v2: loaded with the configured parameters, read back from /sys/module, unloaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "vexfsd/config/settings.h"
#include "vexfsd/tuner/kernel_values.h"
#include "vexfsd/tuner/module_failure.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs::tuner {

inline constexpr const char* module_name = "vexfs_v2";

struct ModuleRoots {
    std::string sysfs = "/sys";
    // Where modules of this kernel lie; libkmod's own place, /lib/modules/RELEASE, where it is empty.
    std::string modules;
};

enum class ParameterState {
    same,     // as it is configured
    differs,  // somebody else has set it, or it was configured after the load
    unset,    // the module is not loaded
    missing,  // the loaded module has no such parameter
};
std::string_view name_of(ParameterState state);

struct ModuleParameter {
    std::string name;
    std::string configured;
    std::string actual;  // empty where the module is not loaded
    std::string range;
    ParameterState state = ParameterState::unset;
};

struct ModuleStatus {
    bool loaded = false;
    std::string version;  // of the loaded module, else of the file; empty where neither tells
    std::string file;     // that a load would take
    std::string note;     // why it is not loaded
    std::vector<ModuleParameter> parameters;
};

class Module {
  public:
    // `directory` keeps the reason of the last load that failed.
    explicit Module(ModuleRoots roots = {}, const KernelValues& kernel = machine_values(),
                    std::string directory = state_directory, Disk& disk = posix_disk());

    Result<ModuleStatus> status(const Settings::Module& settings) const;
    // Loads it where it is not loaded, and sets what differs where it is. The error of one that failed is
    // kept for status().
    Result<ModuleStatus> load(const Settings::Module& settings);
    Result<void> unload();

  private:
    static const KernelValues& machine_values();
    Result<void> insert(const Settings::Module& settings);
    Result<void> set_parameters(const Settings::Module& settings) const;
    ModuleFacts facts(const std::string& built_for) const;
    std::string in_module(std::string_view name) const;
    std::string last_failure() const;
    void keep_failure(const Error& error);

    ModuleRoots roots_;
    const KernelValues& kernel_;
    std::string failure_path_, directory_;
    Disk& disk_;
};

}  // namespace vexfs::tuner
