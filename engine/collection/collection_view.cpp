// SPDX-License-Identifier: Apache-2.0
// Views of a collection's points, and lists of them.
#include <algorithm>

#include "engine/collection/local_collection.h"

namespace vexfs {

PointsState LocalCollection::points_state() const {
    const std::lock_guard write(write_mutex_);
    return state_now();
}

PointsState LocalCollection::state_now() const {
    PointsState state{instance_, next_sequence_, 0, 0, manifest_.salt};
    const std::shared_lock lock(ids_mutex_);
    state.points = ids_.size();
    const uint64_t fixed_bytes = sizeof(uint64_t) + dimension_ * sizeof(float) + sizeof(uint32_t);
    state.metadata_bytes = live_bytes_ - state.points * fixed_bytes;
    return state;
}

PointView LocalCollection::view(ViewOf what) const {
    const Epochs::Guard guard = epochs_.enter();
    PointView view;
    view.what_ = what;
    {
        const std::lock_guard write(write_mutex_);
        view.state_ = state_now();
        for (const OpenSegment& segment : segments_) view.logs_.push_back(segment.log);
        if (what == ViewOf::ids) view.ids_.reserve(view.state_.points);
        if (what == ViewOf::metadata) view.entries_.reserve(view.state_.points);
        const uint32_t rows = rows_.size();
        for (uint32_t row = rows_.next_live(0, rows); row < rows; row = rows_.next_live(row + 1, rows)) {
            switch (what) {
                case ViewOf::vectors: view.add_vector(rows_.vector(row), dimension_); break;
                case ViewOf::ids: view.ids_.push_back(rows_.id(row)); break;
                case ViewOf::metadata: view.add_metadata(rows_.metadata(row)); break;
            }
        }
    }
    if (what == ViewOf::ids) view.bytes_ = view.ids_.size() * sizeof(uint64_t);
    if (what == ViewOf::metadata) view.lay_lines_out();
    return view;
}

std::vector<Collection::Listed> LocalCollection::list_ids(uint64_t cursor, uint32_t limit) const {
    std::vector<Listed> listed;
    if (dropped_) return listed;
    const Epochs::Guard guard = epochs_.enter();
    const uint32_t rows = rows_.size();
    uint32_t row = rows_.next_live(static_cast<uint32_t>(std::min<uint64_t>(cursor, rows)), rows);
    for (; row < rows && listed.size() < limit; row = rows_.next_live(row + 1, rows))
        listed.push_back({rows_.id(row), uint64_t{row} + 1});
    return listed;
}

}  // namespace vexfs
