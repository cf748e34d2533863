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

// How rows come: none for a while, some, or so fast that what is built meanwhile is soon small beside them.
enum class Pace { rest, some, surge };

// The first row of the part to build, which takes the place of all parts from there on and of the rows behind
// them; none where nothing is due. New rows are waited for: until there are many, more in a surge, until none
// come, or not at all (`all`, which leaves one part in the end).
std::optional<uint32_t> plan_part(std::span<const PartState> parts, uint32_t rows, Pace pace, bool all);

// Tells the pace from the number of rows, asked for now and then.
class Arrivals {
  public:
    using Clock = std::chrono::steady_clock;

    Pace pace(uint32_t rows, Clock::time_point now);
    // Whether for a while only few have come.
    bool calm(Clock::time_point now) const;

  private:
    struct Since {
        uint32_t rows = 0;
        Clock::time_point at{};
    };
    Since last_, many_;  // when a row came, and when many had come
    Clock::time_point asked_{};
    Since measured_;   // the begin of the time over which the rate is taken
    double rate_ = 0;  // rows a second
};

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
    std::string_view layout() const override;
    size_t memory_bytes() const override;
    // Parts never change, so that building goes on meanwhile.
    Result<std::vector<ManifestIndex>> save(Disk& disk, const std::string& directory,
                                            const std::function<std::string()>& new_file, bool bulk) override;
    void forget_saved() override;

  private:
    using Parts = std::vector<Saved>;

    std::shared_ptr<const paths::Part> largest() const;  // null where there are none
    std::shared_ptr<const Parts> parts() const {
        const std::lock_guard lock(mutex_);
        return parts_;
    }
    // Parts are replaced by who works, their files' names by who saves.
    void update(FunctionRef<void(Parts&)> change);
    const std::vector<PartState>& states(const RowTable& rows);
    bool build(const RowTable& rows, uint32_t first, const IndexWork& work);
    bool refine(const RowTable& rows, const IndexWork& work);

    const Schema schema_;  // as it was: of what can change while it serves, nothing is used

    std::mutex work_mutex_;  // of who builds or refines
    Arrivals arrivals_;
    uint32_t killed_seen_ = 0;
    std::vector<PartState> states_;  // as they were when killed_seen_ were dead

    mutable std::mutex mutex_;
    std::shared_ptr<const Parts> parts_;
};

}  // namespace vexfs
