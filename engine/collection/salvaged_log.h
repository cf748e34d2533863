// SPDX-License-Identifier: Apache-2.0
// A new log that gets whole records of an old one, numbered anew.
#pragma once

#include <memory>

#include "engine/storage/log_scan.h"

namespace vexfs {

class SalvagedLog {
  public:
    static Result<SalvagedLog> create(Disk& disk, const std::string& directory,
                                      const SegmentIdentity& identity, std::string_view schema);

    // corrupt where the record is not read as it was a moment ago.
    Result<void> append(const File& from, const ScannedRecord& record);
    Result<void> sync() { return file_->sync(); }

    // What a record becomes: rows that were moved are inserted.
    static format::RecordKind kind_of(const ScannedRecord& record);

    uint64_t records() const { return records_; }
    uint64_t rows() const { return rows_; }
    uint64_t bytes() const { return bytes_; }
    uint64_t next_sequence() const { return identity_.first_sequence + records_; }

  private:
    SalvagedLog(std::unique_ptr<File> file, const SegmentIdentity& identity)
        : file_(std::move(file)), identity_(identity) {}

    std::unique_ptr<File> file_;
    SegmentIdentity identity_;
    uint64_t bytes_ = format::records_offset;
    uint64_t records_ = 0, rows_ = 0;
};

}  // namespace vexfs
