// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/part_index.h"

#include <algorithm>

#include "engine/base/heap.h"
#include "engine/collection/part_kinds.h"

namespace vexfs {
namespace {

constexpr uint32_t new_rows_many = 16'384;  // what a scan beside the graphs takes without being felt
constexpr uint32_t new_rows_few = 1'024;    // below, a scan is as fast as a graph
constexpr uint32_t merge_factor =
    2;  // a part is merged with what follows unless it is so many times as large
constexpr auto idle_after = std::chrono::milliseconds(300);

struct Chosen {
    paths::Setting setting;
    size_t ef;  // about so many nodes are expanded where it is a walk
};

Chosen setting_for(const paths::Part& part, const IndexQuery& query) {
    if (query.target_recall > 0) {
        const paths::CalibrationPoint measured = part.calibration().for_recall(query.target_recall);
        if (measured.setting.breadth > 0)
            return {for_limit(measured.setting, query.limit), static_cast<size_t>(measured.seen)};
    }
    const size_t ef = std::max(query.ef, query.limit);
    return {part.setting_of(static_cast<uint32_t>(ef)), ef};
}

}  // namespace

std::optional<uint32_t> plan_part(std::span<const PartState> parts, uint32_t rows, bool idle, bool all) {
    const uint32_t covered = parts.empty() ? 0 : parts.back().range.end;
    const uint32_t fresh = rows - covered;
    // A part with more than a fifth of its rows dead is built anew, with all behind it.
    size_t first = parts.size();
    for (size_t i = 0; i < parts.size(); ++i)
        if (parts[i].dead > parts[i].range.count() / 5) first = std::min(first, i);
    if (first == parts.size()) {
        if (all && (fresh > 0 || parts.size() > 1)) return 0;
        if (fresh < new_rows_few || (fresh < new_rows_many && !idle)) return std::nullopt;
    }
    while (first > 0 && parts[first - 1].range.count() < merge_factor * (rows - parts[first - 1].range.end))
        --first;
    return first < parts.size() ? parts[first].range.first : covered;
}

PartIndex::PartIndex(const Schema& schema, std::vector<Saved> parts)
    : schema_(schema), parts_(std::make_shared<const Parts>(std::move(parts))) {}

uint32_t PartIndex::indexed() const {
    const auto now = parts();
    return now->empty() ? 0 : now->back().part->range().end;
}

void PartIndex::update(FunctionRef<void(Parts&)> change) {
    std::shared_ptr<const Parts> before;  // goes when the lock is free again
    const std::lock_guard lock(mutex_);
    auto made = std::make_shared<Parts>(*parts_);
    change(*made);
    before = std::exchange(parts_, std::move(made));
}

bool PartIndex::idle(uint32_t rows) {
    const auto now = std::chrono::steady_clock::now();
    if (rows != rows_seen_) {
        rows_seen_ = rows;
        rows_seen_at_ = now;
    }
    return now - rows_seen_at_ >= idle_after;
}

bool PartIndex::work(const RowTable& rows, const IndexWork& work) {
    const std::unique_lock lock(work_mutex_, std::try_to_lock);
    if (!lock) return false;
    const uint32_t count = rows.size();
    const auto first = plan_part(states(rows), count, idle(count), work.all);
    const bool worked = first ? build(rows, *first, work) : refine(rows, work);
    if (worked) give_free_memory_back();
    return worked;
}

const std::vector<PartState>& PartIndex::states(const RowTable& rows) {
    const auto now = parts();
    const uint32_t killed = rows.killed();
    const bool changed = states_.size() != now->size() ||
                         (!now->empty() && states_.back().range.end != now->back().part->range().end);
    // Counting passes over all rows, so not for every single one that dies.
    if (!changed && killed - killed_seen_ <= rows.size() / 64) return states_;
    killed_seen_ = killed;
    states_.clear();
    for (const Saved& saved : *now) {
        PartState& state = states_.emplace_back();
        state.range = saved.part->range();
        uint32_t dead = 0;
        for (uint32_t row = state.range.first; row < state.range.end; ++row) dead += rows.dead(row) ? 1 : 0;
        // Rows that were dead when it was built are no burden.
        const auto absent = state.range.count() - static_cast<uint32_t>(saved.part->nodes());
        state.dead = dead - std::min(dead, absent);
    }
    return states_;
}

bool PartIndex::build(const RowTable& rows, uint32_t first, const IndexWork& work) {
    const paths::RowRange range{first, rows.size()};
    std::vector<uint32_t> live;
    for (uint32_t row = rows.next_live(range.first, range.end); row < range.end;
         row = rows.next_live(row + 1, range.end))
        live.push_back(row);
    std::shared_ptr<const paths::Part> built =
        build_part(schema_, range, std::move(live), [&](uint32_t row) { return rows.vector(row); },
                   {work.threads, work.stop});
    if (!built) return false;
    update([&](Parts& now) {
        while (!now.empty() && now.back().part->range().first >= first) now.pop_back();
        now.push_back({std::move(built), {}});
    });
    states_.clear();  // of the part before, where it has the same range
    return true;
}

bool PartIndex::refine(const RowTable& rows, const IndexWork& work) {
    const auto now = parts();
    for (const Saved& saved : *now) {
        if (saved.part->refined()) continue;
        const auto vector = [&](uint32_t row) { return rows.dead(row) ? nullptr : rows.vector(row); };
        std::shared_ptr<const paths::Part> refined = saved.part->refine(vector, {work.threads, work.stop});
        if (!refined) return false;
        update([&](Parts& parts) {
            *std::ranges::find(parts, saved.part, &Saved::part) = {std::move(refined), {}};
        });
        return true;
    }
    return false;
}

bool PartIndex::settled() const {
    const auto now = parts();
    return now->size() <= 1 &&
           std::ranges::all_of(*now, [](const Saved& saved) { return saved.part->refined(); });
}

uint32_t PartIndex::unsaved_rows() const {
    uint32_t rows = 0;
    const auto now = parts();  // which the loop alone would not keep
    for (const Saved& saved : *now)
        if (saved.file.empty()) rows += saved.part->range().count();
    return rows;
}

Index::Answer PartIndex::search(const IndexQuery& query, std::vector<Neighbour>& out) const {
    thread_local std::vector<uint32_t> found;
    out.clear();
    Answer answer;
    size_t largest = 0;
    const auto now = parts();  // which the loop alone would not keep
    for (const Saved& saved : *now) {
        const auto [setting, ef] = setting_for(*saved.part, query);
        if (setting.path == paths::Path::graph) answer.ef = std::max(answer.ef, ef);
        if (saved.part->nodes() >= largest) answer.path = setting.path;
        largest = std::max(largest, saved.part->nodes());
        answer.compared +=
            saved.part->search(query.vector, setting, paths::reranked(query.limit), query.accept, found);
        query.compare(found, out);
        answer.compared += found.size();
    }
    const size_t limit = std::min(query.limit, out.size());
    std::partial_sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(limit), out.end(),
                      [](const Neighbour& a, const Neighbour& b) {
                          return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
                      });
    out.resize(limit);
    return answer;
}

paths::CalibrationPoint PartIndex::calibration(double target_recall) const {
    const auto now = parts();
    const auto largest =
        std::ranges::max_element(*now, {}, [](const Saved& saved) { return saved.part->nodes(); });
    return largest == now->end() ? paths::CalibrationPoint{}
                                 : largest->part->calibration().for_recall(target_recall);
}

size_t PartIndex::memory_bytes() const {
    size_t bytes = 0;
    const auto now = parts();  // which the loop alone would not keep
    for (const Saved& saved : *now) bytes += saved.part->memory_bytes();
    return bytes;
}

Result<std::vector<ManifestIndex>> PartIndex::save(Disk& disk, const std::string& directory,
                                                   const std::function<std::string()>& new_file, bool bulk) {
    Parts saved, written;
    {
        // Behind the step that is under way: what that replaces need not be written.
        const std::lock_guard lock(work_mutex_);
        saved = *parts();
    }
    std::vector<ManifestIndex> files;
    for (Saved& each : saved) {
        if (each.file.empty()) {
            each.file = new_file();
            VEXFS_TRY(each.part->save(directory + "/" + each.file, disk, bulk));
            written.push_back(each);
        }
        files.push_back({each.file, each.part->range().first, each.part->range().end});
    }
    update([&](Parts& now) {
        for (const Saved& each : written) {
            const auto place = std::ranges::find(now, each.part, &Saved::part);
            if (place != now.end()) place->file = each.file;
        }
    });
    return files;
}

void PartIndex::forget_saved() {
    update([](Parts& now) {
        for (Saved& saved : now) saved.file.clear();
    });
}

}  // namespace vexfs
