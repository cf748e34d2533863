// SPDX-License-Identifier: Apache-2.0
// What a file of vectors must do, whatever its format.
#pragma once

#include <string>

#include "tests/fuzz/fuzz.h"

namespace vexfs::fuzz {

// Reads a file in several ways. Where it can be read, all agree, and what was read is written and read again
// as the same.
void read_in_all_ways(const std::string& path, const Scratch& scratch);

}  // namespace vexfs::fuzz
