// SPDX-License-Identifier: Apache-2.0
// A disk in memory that is quick, and on which the address sanitizer sees an access behind a file's end.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/storage/disk.h"

namespace vexfs::fuzz {

inline constexpr size_t memory_file_bytes_max = size_t{64} << 10;  // more is no_space

class MemoryDisk final : public Disk {
  public:
    struct Content;  // of a file, whatever its names are

    // Replaces the file.
    void put(const std::string& path, std::string_view content);

    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path) override;
    Result<std::string> read(const std::string& path, size_t bytes_max) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<void> sync_directory(const std::string& path) override;

  private:
    std::map<std::string, std::shared_ptr<Content>> files_;
};

}  // namespace vexfs::fuzz
