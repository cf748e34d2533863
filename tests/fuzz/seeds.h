// SPDX-License-Identifier: Apache-2.0
// First inputs of the targets: valid ones, made by the code that writes such files, so that they follow the
// formats by themselves.
#pragma once

#include <string>
#include <vector>

namespace vexfs::fuzz {

std::vector<std::string> segment_log_seeds();
std::vector<std::string> manifest_seeds();
std::vector<std::string> index_file_seeds();
std::vector<std::string> frame_seeds();
std::vector<std::string> filter_seeds();
std::vector<std::string> npy_seeds();
std::vector<std::string> vector_file_seeds();

}  // namespace vexfs::fuzz
