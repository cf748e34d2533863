// SPDX-License-Identifier: Apache-2.0
// Completion scripts, made from the tree of nouns, verbs and options.
//
// A script consists of four tables and a driver in the shell's own language. With PATH as
// "/collection/create":
//   is_path PATH             whether there is such a noun or verb
//   option_kind PATH:OPTION  what the option's value is; fails where it takes none
//   argument_kind PATH:N     what the argument number N (from 1) is
//   words PATH               the verbs and options there, with their descriptions
// A kind is "words A B C", "file", "directory", "collection", "preset" or "nothing".
#pragma once

#include <string>

#include "vexfsctl/cli.h"

namespace vexfs::ctl {

std::string bash_completion(const Cli& cli);
std::string zsh_completion(const Cli& cli);
std::string fish_completion(const Cli& cli);

}  // namespace vexfs::ctl
