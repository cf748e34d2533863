// SPDX-License-Identifier: Apache-2.0
// The machine's file systems. See disk.h.
#pragma once

#include "engine/base/unique_fd.h"
#include "engine/storage/posix_file.h"

namespace vexfs {

class PosixDisk : public Disk {
  public:
    Result<std::unique_ptr<File>> create(const std::string& path) override;
    Result<std::unique_ptr<File>> create_bulk(const std::string& path) override;
    Result<std::unique_ptr<File>> open(const std::string& path) override;
    Result<std::string> read(const std::string& path, size_t bytes_max) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> link(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<void> sync_directory(const std::string& path) override;

  protected:
    virtual std::unique_ptr<File> file(const std::string& path, UniqueFd fd, UniqueFd direct_fd);
};

}  // namespace vexfs
