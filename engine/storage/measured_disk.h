// SPDX-License-Identifier: Apache-2.0
// A disk that measures another: File::read_at and Disk::read are reads,
// write_at a write, sync and sync_directory syncs; write_and_sync is one of each, its time the sync's.
//
// What is read through a mapping is the page cache's business and not seen here.
#pragma once

#include <memory>

#include "engine/storage/forwarding_disk.h"
#include "engine/storage/io_meter.h"

namespace vexfs {

struct IoStats {
    IoFigures reads, writes, syncs;
    // Files made by create_bulk(), and those of them that go past the page cache.
    uint64_t bulk_files = 0, direct_files = 0;
    uint64_t direct_write_bytes = 0;
};

class MeasuredDisk final : public ForwardingDisk {
  public:
    // `below` outlives it; its files may outlive it.
    explicit MeasuredDisk(Disk& below);

    IoStats io_stats() const;

    Result<std::unique_ptr<File>> create_bulk(const std::string& path) override;
    Result<std::string> read(const std::string& path, size_t bytes_max) override;
    Result<void> sync_directory(const std::string& path) override;

    struct Meters;  // shared with the files

  protected:
    std::unique_ptr<File> wrap(const std::string& path, std::unique_ptr<File> below) override;

  private:
    std::shared_ptr<Meters> meters_;
};

}  // namespace vexfs
