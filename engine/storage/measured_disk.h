// SPDX-License-Identifier: Apache-2.0
// A disk that passes everything on to another and measures it: File::read_at and Disk::read are reads,
// write_at a write, sync and sync_directory syncs; write_and_sync is one of each, its time the sync's.
//
// What is read through a mapping is the page cache's business and not seen here.
#pragma once

#include <memory>

#include "engine/storage/disk.h"
#include "engine/storage/io_meter.h"

namespace vexfs {

struct IoStats {
    IoFigures reads, writes, syncs;
    // Files made by create_bulk(), and those of them that go past the page cache.
    uint64_t bulk_files = 0, direct_files = 0;
    uint64_t direct_write_bytes = 0;
};

class MeasuredDisk final : public Disk {
  public:
    // `below` outlives it; its files may outlive it.
    explicit MeasuredDisk(Disk& below);

    IoStats io_stats() const;

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

    struct Meters;  // shared with the files

  private:
    Disk& below_;
    std::shared_ptr<Meters> meters_;
};

}  // namespace vexfs
