// SPDX-License-Identifier: Apache-2.0
// Why the kernel took a module or gave it up not, in words.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace vexfs::tuner {

// What this machine says beside the number of the error.
struct ModuleFacts {
    std::string release;            // of the kernel that runs
    std::string built_for;          // the module's vermagic; empty where there is no file of it
    std::string lockdown;           // "integrity", "confidentiality", or "" for none
    bool modules = true;            // the kernel can load modules at all
    bool modules_disabled = false;  // kernel.modules_disabled: none until the next start
    bool root = false;
    std::string log;  // the kernel's last line on the module, or ""
};

// The release at the front of a vermagic: "6.1.0-28-amd64 SMP preempt mod_unload" has "6.1.0-28-amd64".
std::string release_in(const std::string& vermagic);

Error why_not_loaded(int error_number, const ModuleFacts& facts);
Error why_not_unloaded(int error_number, const ModuleFacts& facts);

}  // namespace vexfs::tuner
