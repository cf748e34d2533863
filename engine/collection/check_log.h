// SPDX-License-Identifier: Apache-2.0
// The check of one log.
#pragma once

#include "engine/collection/check.h"

namespace vexfs {

struct CheckedLog {
    std::string file;
    SegmentIdentity identity;                     // first_sequence 0 where it is not known
    std::optional<uint64_t> end;                  // of the records, where it is not that of the file
    std::optional<uint64_t> rows;                 // that are inserted in it
    std::optional<uint64_t> next_first_sequence;  // of the log behind
    uint64_t synced_bytes = 0;                    // known to have been on the disk
    bool may_be_torn = false;                     // an opening cuts off what a crash left of its last writes
    std::string repair;                           // the remedy

    // Adds what is found, and what was read, to the report. `reached` is told offsets and stops by returning
    // false, which is timed_out.
    Result<void> check(const File& disk_file, CheckReport& report, FunctionRef<bool(uint64_t)> reached) const;

  private:
    uint64_t check_page(const File& disk_file, CheckReport& report) const;
};

}  // namespace vexfs
