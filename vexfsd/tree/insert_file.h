// SPDX-License-Identifier: Apache-2.0
// `insert`: frames of the operations insert and upsert, rows of raw f32, or JSON lines as of a .jsonl file:
// {"vector":[...],"id":7,"metadata":{...}} or the vector alone. Rows and lines are inserted a batch at a time
// while they come, and the rest at fsync and close, which fail where one of them failed; nothing is taken
// after a failure. Who can read gets a JSON line for each batch, with the ids, or a frame for each frame.
#pragma once

#include <optional>
#include <string>

#include "vexfsd/requests/frame_reader.h"
#include "vexfsd/tree/stream_file.h"
#include "vexfsd/tree/written_kind.h"

namespace vexfs {

class InsertFile final : public StreamFile {
  public:
    InsertFile(Service& service, MemoryBudget& budget, bool readable, Caller caller, std::string collection,
               uint32_t dimension, uint64_t request_bytes_max);

    uint32_t row_bytes() const override { return dimension_ * static_cast<uint32_t>(sizeof(float)); }

  private:
    // Rows on their way to one request.
    struct Batch {
        std::vector<float> vectors;
        std::vector<uint64_t> ids;  // of all rows or of none
        std::string metadata;       // a line for each row
        bool any_metadata = false;
        uint64_t rows = 0;
        uint64_t bytes() const;
    };

    Outcome<void> take(std::span<const std::byte> bytes) override;
    Outcome<bool> work() override;
    Outcome<void> finish() override;
    uint64_t held_bytes() const override;
    void drop_held() override;

    // Inserts of what is held all that is whole; what is not yet a batch only where `all`.
    Outcome<void> insert(bool all, bool ended);
    Outcome<void> insert_rows(bool all);
    Outcome<void> insert_lines(bool all, bool ended);
    Outcome<void> insert_frames();
    Outcome<void> add_line(std::string_view line);
    Outcome<void> send();
    Outcome<void> reply_to_frame(RawMessage frame);

    Service& service_;
    const Caller caller_;
    const std::string collection_;
    const uint32_t dimension_;
    const uint64_t request_bytes_max_;
    std::optional<WrittenKind> kind_;
    std::string held_;
    FrameReader reader_;
    Batch batch_;
    uint64_t lines_ = 0;  // seen
    std::optional<Failure> failure_;
};

}  // namespace vexfs
