// SPDX-License-Identifier: Apache-2.0
// One segment's log: a file that grows at its end, mapped for reading.
//
// append(), sync() and truncation by one thread at a time; the mapping may be read by all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/storage/disk.h"
#include "engine/storage/record.h"
#include "engine/storage/segment_page.h"

namespace vexfs {

class Segment {
  public:
    // Makes and syncs an empty log that may grow to bytes_max. `schema` is the text of its SchemaCopy.
    static Result<std::unique_ptr<Segment>> create(Disk& disk, const std::string& directory,
                                                   const SegmentIdentity& identity, uint64_t bytes_max,
                                                   std::string_view schema = {});
    // Opens a log. corrupt where its header is not that of `identity`.
    static Result<std::unique_ptr<Segment>> open(Disk& disk, const std::string& directory,
                                                 const SegmentIdentity& identity, uint64_t bytes_max);
    static std::string file_name(uint64_t number);

    // Gives every record to `apply`, in order. Where `sealed_bytes` is not 0 the log must be whole up to
    // there. Else a torn tail, left by a crash, is cut off; what is damaged before bytes that were known to
    // be on the disk, from the log itself (SyncMark, the records) or as synced_bytes, is corrupt, with file
    // and offset. The system is asked to read the log read_ahead_bytes ahead.
    Result<void> replay(uint64_t sealed_bytes, FunctionRef<Result<void>(const RecordView&)> apply,
                        uint64_t synced_bytes = 0, uint64_t read_ahead_bytes = 0);

    // Appends a record and returns it as it lies in the mapping; `durable` has it on the disk then, and all
    // before it. When the disk is full or fails, the log is as it was before; where even that can't be had,
    // the error is io_error and the log must not be written again (broken()).
    Result<RecordView> append(const RecordContent& content, uint64_t sequence, bool durable = false);
    // All that was appended before the call is on the disk when it returns. Thread-safe beside append().
    // After a failure every further call fails with the same error: the system tells it to one of them alone.
    Result<void> sync();

    // Writes a SyncMark where more is on the disk than the last one says. The mark itself reaches the disk
    // with the next sync, here where nothing waits for one. The error is that of a sync; a mark that can't be
    // written is left for the next time. Thread-safe beside append() and sync(), one caller at a time.
    Result<void> mark_synced();

    // The record at an offset where one begins, of those that were replayed or appended.
    RecordView record_at(uint64_t offset) const;

    const SegmentIdentity& identity() const { return identity_; }
    uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }
    uint64_t bytes_max() const { return bytes_max_; }
    bool broken() const { return broken_; }

  private:
    Segment(std::string path, const SegmentIdentity& identity, uint64_t bytes_max, std::unique_ptr<File> file,
            std::unique_ptr<Mapping> mapping, uint64_t bytes, const SyncMarks& marks);
    uint64_t seed() const { return identity_.seed(); }
    uint64_t synced_bytes_seen_after(uint64_t offset, uint64_t end) const;
    Result<void> write_again(uint64_t offset, uint64_t end);
    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts);
    void note_synced(uint64_t bytes);

    std::string path_;
    SegmentIdentity identity_;
    uint64_t bytes_max_;
    std::unique_ptr<File> file_;
    std::unique_ptr<Mapping> mapping_;
    std::atomic<uint64_t> bytes_;         // appended
    std::atomic<uint64_t> synced_bytes_;  // known to be on the disk
    SyncMarks marks_;
    bool broken_ = false;

    std::mutex sync_mutex_;  // one fdatasync at a time
    std::optional<Error> sync_failure_;
};

}  // namespace vexfs
