// SPDX-License-Identifier: Apache-2.0
// vexfsctl on another machine, by ssh(1).
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::ctl {

// What it runs on the other machine to reach the daemon's socket; people have no use for it.
inline constexpr const char* bridge_noun = "stdio-bridge";

// The command that runs vexfsctl there; with a terminal, where a program or a password needs one.
std::vector<std::string> ssh_command(const std::string& host, const std::vector<std::string>& arguments,
                                     bool terminal);
// Pointers into the words, for exec.
std::vector<char*> argv_of(std::vector<std::string>& words);
Error no_ssh(int error_number);

// Becomes that command; comes back where it can't.
Error become_vexfsctl_there(const std::string& host, const std::vector<std::string>& arguments);

}  // namespace vexfs::ctl
