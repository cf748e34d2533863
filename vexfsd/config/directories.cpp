// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/directories.h"

#include <filesystem>

namespace vexfs {

std::vector<std::string> configuration_directories() {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path beside = program.parent_path().parent_path() / "lib/vexfs";
    const bool there = !error && std::filesystem::is_directory(beside, error);
    return {there ? beside.string() : VEXFS_LIB_DIR, "/etc/vexfs"};
}

}  // namespace vexfs
