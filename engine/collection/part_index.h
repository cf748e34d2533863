// SPDX-License-Identifier: Apache-2.0
// An index of parts, each built in bulk over the rows of a range and never changed: new rows get a part of
// their own, parts are merged as they become many, and refined when there is nothing else to do.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <span>

#include "engine/collection/index.h"
#include "engine/paths/part.h"

namespace vexfs {

// What a plan is made from: the parts' ranges with their dead rows, and the rows in all.
struct PartState {
    paths::RowRange range;
    uint32_t dead = 0;
};

// The first row of the part to build, which takes the place of all parts from there on and of the rows behind
// them; none where nothing is due. New rows are waited for: until there are many, until none have come for a
// while (`idle`), or not at all (`all`, which leaves one part in the end).
std::optional<uint32_t> plan_part(std::span<const PartState> parts, uint32_t rows, bool idle, bool all);

class PartIndex final : public Index {
  public:
    struct Saved {
        std::shared_ptr<const paths::Part> part;
        std::string file;  // empty where it is on no disk
    };

    // `parts` cover the rows from 0 on without a gap.
    PartIndex(const Schema& schema, std::vector<Saved> parts);

    uint32_t indexed() const override;
    // Builds, merges or refines a part; a second caller meanwhile has nothing to do.
    bool work(const RowTable& rows, const IndexWork& work) override;
    bool settled() const override;
    uint32_t unsaved_rows() const override;
    Answer search(const IndexQuery& query, std::vector<Neighbour>& out) const override;
    std::optional<double> expected_us(const IndexQuery& query) const override;
    paths::CalibrationPoint calibration(double target_recall) const override;
    size_t memory_bytes() const override;
    // Parts never change, so that building goes on meanwhile.
    Result<std::vector<ManifestIndex>> save(Disk& disk, const std::string& directory,
                                            const std::function<std::string()>& new_file, bool bulk) override;
    void forget_saved() override;

  private:
    using Parts = std::vector<Saved>;

    std::shared_ptr<const Parts> parts() const {
        const std::lock_guard lock(mutex_);
        return parts_;
    }
    // Parts are replaced by who works, their files' names by who saves.
    void update(FunctionRef<void(Parts&)> change);
    bool idle(uint32_t rows);
    const std::vector<PartState>& states(const RowTable& rows);
    bool build(const RowTable& rows, uint32_t first, const IndexWork& work);
    bool refine(const RowTable& rows, const IndexWork& work);

    const Schema schema_;  // as it was: of what can change while it serves, nothing is used

    std::mutex work_mutex_;  // of who builds or refines
    uint32_t rows_seen_ = 0, killed_seen_ = 0;
    std::vector<PartState> states_;  // as they were when killed_seen_ were dead
    std::chrono::steady_clock::time_point rows_seen_at_;

    mutable std::mutex mutex_;
    std::shared_ptr<const Parts> parts_;
};

}  // namespace vexfs
