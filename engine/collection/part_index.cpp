// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/part_index.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/heap.h"
#include "engine/collection/part_kinds.h"

namespace vexfs {
namespace {

constexpr uint32_t new_rows_many = 16'384;   // what a scan beside the graphs takes without being felt
constexpr uint32_t new_rows_few = 1'024;     // below, a scan is as fast as a graph
constexpr uint32_t new_rows_most = 262'144;  // are never waited for
// Rows a second, some times as many as one CPU builds: what is built beside them would be built again.
constexpr double surge_rate = 100'000;
constexpr auto rate_over = std::chrono::milliseconds(20);
// New rows come first: only parts that are small beside them are built together with them. When there is
// time, or there are many parts, one is merged with what follows unless it is so many times as large.
constexpr double joined_factor = 0.25;
constexpr double merge_factor = 2;
constexpr size_t parts_many = 8;
constexpr double recall_judged = 0.9;  // of the searches by which the cost of a node is known
constexpr auto idle_after = std::chrono::milliseconds(300);

struct Chosen {
    paths::Setting setting;
    size_t ef;           // about so many nodes are expanded where it is a walk
    double cost_us = 0;  // of a search for calibrated_limit rows, 0 where it was not measured
};

// The nearest rows that are selected are so many of the nearest of all.
size_t limit_among_all(const IndexQuery& query) {
    return static_cast<size_t>(std::ceil(static_cast<double>(query.limit) / query.share));
}

// Of the nodes that a walk for the nearest of all looks at: those of one for calibrated_limit rows, and some
// for each further row.
double walk_grows(const Chosen& chosen, size_t limit) {
    constexpr double nodes_per_row = 1.5;
    const double more = static_cast<double>(limit) - paths::calibrated_limit;
    return 1 + std::max(more, 0.0) * nodes_per_row / static_cast<double>(std::max<size_t>(chosen.ef, 1));
}

Chosen setting_for(const paths::Part& part, const IndexQuery& query) {
    const auto at_most_all = [&](paths::Setting setting) {
        if (query.share < 1) setting.breadth = std::min(setting.breadth, static_cast<uint32_t>(part.nodes()));
        return setting;
    };
    const double recall = query.target_recall > 0 ? query.target_recall : recall_judged;
    const paths::CalibrationPoint measured = part.calibration().for_recall(recall);
    if (query.target_recall > 0 && measured.setting.breadth > 0)
        return {at_most_all(for_limit(measured.setting, limit_among_all(query))),
                static_cast<size_t>(measured.seen), measured.cost_us};
    const size_t ef = std::max(query.ef, query.limit);
    paths::Setting setting = part.setting_of(static_cast<uint32_t>(ef));
    setting.breadth = static_cast<uint32_t>(
        std::min(std::ceil(setting.breadth / query.share), static_cast<double>(UINT32_MAX)));
    const double node_us = measured.seen > 0 ? measured.cost_us / measured.seen : 0;
    return {at_most_all(setting), ef, static_cast<double>(ef) * node_us};
}

// Nodes that a walk may look at where only some are selected.
size_t nodes_within(const IndexQuery& query, const Chosen& chosen) {
    if (chosen.cost_us == 0 || chosen.ef == 0) return SIZE_MAX;
    const double nodes = query.budget_us / chosen.cost_us * static_cast<double>(chosen.ef);
    return nodes < 1e9 ? std::max(static_cast<size_t>(nodes), size_t{64}) : SIZE_MAX;
}

}  // namespace

std::optional<uint32_t> plan_part(std::span<const PartState> parts, uint32_t rows, Pace pace, bool all) {
    const uint32_t covered = parts.empty() ? 0 : parts.back().range.end;
    const uint32_t fresh = rows - covered;
    const auto less_than = [&](size_t i, double factor) {
        return parts[i].range.count() < factor * (rows - parts[i].range.end);
    };
    const auto merged_from = [&](size_t end) {
        size_t i = 0;
        while (i < end && !less_than(i, merge_factor)) ++i;
        return i;
    };
    // A part with more than a fifth of its rows dead is built anew, with all behind it.
    size_t first = parts.size();
    for (size_t i = 0; i < parts.size(); ++i)
        if (parts[i].dead > parts[i].range.count() / 5) first = std::min(first, i);
    const uint32_t wanted = pace == Pace::rest   ? new_rows_few
                            : pace == Pace::some ? new_rows_many
                                                 : new_rows_most;
    const bool due = fresh >= wanted || (all && fresh > 0);
    if (first < parts.size() || (due && parts.size() >= parts_many)) {
        first = merged_from(first);
    } else if (due) {
        while (first > 0 && less_than(first - 1, joined_factor)) --first;
    } else if (all) {
        first = parts.size() > 1 ? 0 : parts.size();
    } else if (pace == Pace::rest) {
        first = merged_from(first);
    }
    if (first < parts.size()) return parts[first].range.first;
    return due ? std::optional(covered) : std::nullopt;
}

Pace Arrivals::pace(uint32_t rows, Clock::time_point now) {
    if (rows != last_.rows) last_ = {rows, now};
    // What came while nobody asked may have come at once.
    const bool unseen = now - std::exchange(asked_, now) >= idle_after;
    if (unseen || rows - many_.rows >= new_rows_few) many_ = {rows, now};
    if (now - measured_.at >= rate_over) {
        rate_ = (rows - measured_.rows) / std::chrono::duration<double>(now - measured_.at).count();
        measured_ = {rows, now};
    }
    if (now - last_.at >= idle_after) return Pace::rest;
    return rate_ > surge_rate ? Pace::surge : Pace::some;
}

bool Arrivals::calm(Clock::time_point now) const {
    return now - many_.at >= idle_after;
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

bool PartIndex::work(const RowTable& rows, const IndexWork& work) {
    const std::unique_lock lock(work_mutex_, std::try_to_lock);
    if (!lock) return false;
    const uint32_t count = rows.size();
    const auto now = Arrivals::Clock::now();
    const auto first = plan_part(states(rows), count, arrivals_.pace(count, now), work.all);
    // While many rows come, what is refined is soon built anew, and none of them is to wait for it.
    const bool may_refine = work.all || arrivals_.calm(now);
    const bool worked = first ? build(rows, *first, work) : may_refine && refine(rows, work);
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
        const auto [setting, ef, cost_us] = setting_for(*saved.part, query);
        if (setting.path == paths::Path::graph) answer.ef = std::max(answer.ef, ef);
        if (saved.part->nodes() >= largest) answer.path = setting.path;
        largest = std::max(largest, saved.part->nodes());
        const size_t nodes_max = nodes_within(query, {setting, ef, cost_us});
        const size_t compared = saved.part->search(query.vector, setting, paths::reranked(query.limit),
                                                   {query.accept, query.share, nodes_max}, found);
        answer.complete = answer.complete && compared < nodes_max;
        answer.compared += compared;
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

std::optional<double> PartIndex::expected_us(const IndexQuery& query) const {
    double sum_us = 0;
    const auto now = parts();  // which the loop alone would not keep
    for (const Saved& saved : *now) {
        const Chosen chosen = setting_for(*saved.part, query);
        if (chosen.cost_us == 0) return std::nullopt;
        sum_us += chosen.cost_us * walk_grows(chosen, limit_among_all(query));
    }
    return sum_us;
}

std::shared_ptr<const paths::Part> PartIndex::largest() const {
    const auto now = parts();
    const auto largest =
        std::ranges::max_element(*now, {}, [](const Saved& saved) { return saved.part->nodes(); });
    return largest == now->end() ? nullptr : largest->part;
}

paths::CalibrationPoint PartIndex::calibration(double target_recall) const {
    const auto part = largest();
    return part ? part->calibration().for_recall(target_recall) : paths::CalibrationPoint{};
}

std::string_view PartIndex::layout() const {
    const auto part = largest();
    return part ? part->layout() : std::string_view();
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
