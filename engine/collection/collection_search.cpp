// SPDX-License-Identifier: Apache-2.0
// Searches and look-ups.
//
// A search asks the index for the rows that are in it and scans those that are not yet, by their codes.
// Ranges, `exact` and metrics that the index is not of compare with every row that qualifies, filters with
// those where that is expected to cost less.
#include <fmt/format.h>
#include <tsl/robin_set.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/base/prefetch.h"
#include "engine/collection/local_collection.h"
#include "engine/collection/query.h"

namespace vexfs {
namespace {

constexpr uint64_t probed_bytes_max = uint64_t{8} << 30;  // of vectors: more may have to come from the disk
constexpr size_t asked_every = 8;                         // of Candidates, whether the search is still of use
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr double scanned_recall_min = 0.99;   // of rows that are no nearer than the farthest that is found
constexpr size_t fetched_ahead_bytes = 8192;  // of vectors, ahead of their comparison

// Less is nearer; of equals, the row written first.
bool nearer(const Neighbour& a, const Neighbour& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
}

// Keeps the `limit` nearest of what it is offered.
class Nearest {
  public:
    explicit Nearest(size_t limit) : limit_(limit) {}

    void offer(const Neighbour& candidate) {
        if (heap_.size() == limit_) {
            if (!nearer(candidate, heap_.front())) return;
            std::ranges::pop_heap(heap_, nearer);
            heap_.back() = candidate;
        } else {
            heap_.push_back(candidate);
        }
        std::ranges::push_heap(heap_, nearer);
    }

    std::vector<Neighbour> take() && {
        std::ranges::sort_heap(heap_, nearer);
        return std::move(heap_);
    }

    // What is farther is not among them.
    float distance_max() const { return heap_.size() == limit_ ? heap_.front().distance : infinity; }

  private:
    size_t limit_;
    std::vector<Neighbour> heap_;
};

// The rows to compare with, some at a time: from `first` to before `end`, of those in `of` where there is
// such a set. Some may be dead.
class Candidates {
    static constexpr uint32_t gathered = 64;

  public:
    static constexpr uint32_t at_once = FreshSketches::panel_rows, most = at_once + gathered;

    Candidates(const RowTable& rows, uint32_t first, uint32_t end, const Roaring* of)
        : rows_(rows), next_(first), end_(end), filtered_(of != nullptr) {
        if (!filtered_) return;
        roaring_init_iterator(&of->roaring, &taken_);
        roaring_move_uint32_iterator_equalorlarger(&taken_, first);
    }
    // Those of whole panels whose sketches say that they are farther than next() asks for are left out, but
    // for a share of `recall` of those at just that distance. The codes outlive this, and the query
    // ([dimension], of length 1 for cosine).
    void leave_out_by(const FreshCodes& codes, std::span<const float> query, double recall) {
        if (filtered_) return;
        codes_ = &codes;
        query_ = query;
        recall_ = recall;
    }

    // False at the end.
    bool next(float distance_max) {
        count_ = 0;
        if (filtered_) {
            count_ = roaring_read_uint32_iterator(&taken_, some_.data(), at_once);
            while (count_ > 0 && some_[count_ - 1] >= end_) --count_;
            return count_ > 0;
        }
        // What panels leave is gathered, so that its codes are fetched meanwhile.
        while (count_ < gathered && (next_ = rows_.next_live(next_, end_)) < end_) {
            const uint32_t panel_first = next_ / at_once * at_once;
            const uint32_t panel_end = std::min(panel_first + at_once, end_);
            const std::byte* panel = codes_ != nullptr && panel_end == panel_first + at_once
                                         ? codes_->find_panel(panel_first)
                                         : nullptr;
            const uint32_t first = std::exchange(next_, panel_end);
            if (panel != nullptr) {
                add_near(panel, panel_first, first, distance_max);
            } else {
                for (uint32_t row = first; row < panel_end; ++row) some_[count_++] = row;
            }
        }
        return count_ > 0;
    }
    std::span<const uint32_t> some() const { return {some_.data(), count_}; }

  private:
    // Those of a panel's rows from `first` on that may be near enough.
    void add_near(const std::byte* panel, uint32_t panel_first, uint32_t first, float distance_max) {
        if (!sketched_) sketched_.emplace(codes_->sketches(), query_, recall_);
        const size_t found = sketched_->select(panel, distance_max, &some_[count_]);
        for (const uint32_t place : std::span(&some_[count_], found)) {
            if (panel_first + place < first) continue;
            codes_->prefetch(panel_first + place);
            some_[count_++] = panel_first + place;
        }
    }

    const RowTable& rows_;
    uint32_t next_, end_;
    bool filtered_;
    roaring_uint32_iterator_t taken_{};
    const FreshCodes* codes_ = nullptr;
    std::span<const float> query_;
    double recall_ = 0;
    std::optional<SketchedQuery> sketched_;
    std::array<uint32_t, most> some_;
    uint32_t count_ = 0;
};

// Tells how long each stage of a search took.
class Stopwatch {
  public:
    double lap_us() {
        const auto now = Clock::now();
        return us(now - std::exchange(lap_, now));
    }

  private:
    using Clock = std::chrono::steady_clock;
    static double us(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

    Clock::time_point lap_ = Clock::now();
};

Result<void> check_request(const SearchRequest& request, uint32_t dimension, const std::string& name) {
    if (request.query.size() != dimension) {
        return fail(ErrorCode::dimension_mismatch,
                    fmt::format("the query has {} values, collection {} has dimension {}",
                                request.query.size(), name, dimension));
    }
    for (size_t i = 0; i < request.query.size(); ++i) {
        if (!std::isfinite(request.query[i]))
            return fail(ErrorCode::not_finite,
                        fmt::format("the query holds {} at component {}",
                                    std::isnan(request.query[i]) ? "NaN" : "infinity", i));
    }
    if (request.limit < 1 || request.limit > search_limit_max)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("limit {} is not between 1 and {}", request.limit, search_limit_max));
    if (request.ef_search && (*request.ef_search < 1 || *request.ef_search > 65'536))
        return fail(ErrorCode::invalid_argument,
                    fmt::format("ef_search {} is not between 1 and 65536", *request.ef_search));
    if (request.target_recall && !(*request.target_recall > 0 && *request.target_recall < 1))
        return fail(ErrorCode::invalid_argument,
                    fmt::format("target_recall {} is not between 0 and 1", *request.target_recall));
    return {};
}

}  // namespace

std::shared_ptr<const payload::Answer> LocalCollection::rows_of(const Filter& filter, uint32_t rows) const {
    const auto metadata = [&](uint32_t row) -> std::optional<std::string_view> {
        if (rows_.dead(row)) return std::nullopt;
        return metadata_text(rows_.metadata(row));
    };
    return payload_index_.answer(filter, rows, metadata, index_threads());
}

Result<SearchReply> LocalCollection::search(const SearchRequest& request) const {
    const auto start = RecallProbe::Clock::now();
    const uint64_t generation = generation_.load(std::memory_order_acquire);
    VEXFS_ASSIGN(SearchReply reply, find_nearest(request));
    const auto end = RecallProbe::Clock::now();
    const auto took_us =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(end - start).count());
    ++counters_.searches;
    counters_.distances += reply.distances;
    counters_.search_us_total += took_us;
    uint64_t longest_us = counters_.search_us_max;
    while (longest_us < took_us && !counters_.search_us_max.compare_exchange_weak(longest_us, took_us)) {
    }
    const bool promised =
        !request.filter && !request.ef_search && !request.target_recall && !request.distance_max;
    const bool small = uint64_t{rows_.size()} * dimension_ * sizeof(float) <= probed_bytes_max;
    if (promised && small && reply.plan.visited > 0 && recall_probe_.due(end)) {
        RecallProbe::Query query{{request.query.begin(), request.query.end()}, request.limit, {}, generation};
        for (const Hit& hit : reply.hits) query.distances.push_back(hit.distance);
        recall_probe_.keep(std::move(query));
    }
    return reply;
}

bool LocalCollection::check_recall(const std::stop_token& stop) const {
    const auto kept = recall_probe_.take();
    if (!kept) return false;
    const auto start = RecallProbe::Clock::now();
    SearchRequest request;
    request.query = kept->vector;
    request.limit = kept->limit;
    request.exact = true;
    request.with_metadata = false;
    const auto goes_on = [&]() -> Result<void> {
        if (stop.stop_requested()) return fail(ErrorCode::unavailable, "the store closes");
        return {};
    };
    request.goes_on = FunctionRef<Result<void>()>(goes_on);
    const auto exact = find_nearest(request);
    std::optional<double> recall;
    if (exact && generation_.load(std::memory_order_acquire) == kept->generation) {
        std::vector<float> distances;
        for (const Hit& hit : exact->hits) distances.push_back(hit.distance);
        recall = recall_of(kept->distances, distances);
    }
    recall_probe_.judged(recall, RecallProbe::Clock::now() - start);
    return true;
}

Result<SearchReply> LocalCollection::find_nearest(const SearchRequest& request) const {
    VEXFS_TRY(check_request(request, dimension_, name_));
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    Stopwatch watch;
    const Epochs::Guard guard = epochs_.enter();
    // In this order: what the graph doesn't have is below rows.
    const auto [schema, index] = served();
    const uint32_t indexed = index ? index->indexed() : 0;
    const uint32_t rows = rows_.size();
    const simd::Metric metric = request.metric.value_or(metric_);
    const Query query(request.query, metric);
    SearchReply reply;
    SearchPlan& plan = reply.plan;

    const auto filtered = request.filter != nullptr ? rows_of(*request.filter, rows) : nullptr;
    plan.filter_us = watch.lap_us();
    const std::string by_filter = filtered ? "filter " : "";

    const size_t fetched_ahead =
        std::clamp<size_t>(fetched_ahead_bytes / (dimension_ * sizeof(float)), 4, 32);
    const auto compare = [&](std::span<const uint32_t> some, auto&& found) {
        for (size_t i = 0; i < some.size() + fetched_ahead; ++i) {
            if (i < some.size()) prefetch(rows_.vector(some[i]), dimension_ * sizeof(float));
            if (i < fetched_ahead) continue;
            const uint32_t row = some[i - fetched_ahead];
            found(Neighbour{query.distance(rows_.vector(row), rows_.norm(row)), row});
        }
    };
    const double scanned_recall =
        std::max(request.target_recall.value_or(schema.target_recall), scanned_recall_min);
    // Compares with the rows from `first` on.
    const auto scan = [&](uint32_t first, Nearest& nearest) -> Result<void> {
        ReadAhead ahead = read_ahead();
        const auto by_codes =
            fresh_codes_.memory_bytes() > 0 ? FreshQuery::make(query.vector(), metric) : std::nullopt;
        std::array<uint32_t, Candidates::most> near;
        Candidates candidates(rows_, first, rows, filtered ? &filtered->taken : nullptr);
        if (by_codes && metric == metric_ && !request.exact && !request.distance_max)
            candidates.leave_out_by(fresh_codes_, query.vector(), scanned_recall);
        const float farthest = request.distance_max.value_or(infinity);
        size_t steps = 0;
        while (candidates.next(nearest.distance_max())) {
            std::span<const uint32_t> some = candidates.some();
            size_t count = some.size();
            if (by_codes) {
                count = by_codes->select(fresh_codes_, some, std::min(nearest.distance_max(), farthest),
                                         near.data());
            } else {
                std::ranges::copy(some, near.begin());
            }
            count =
                static_cast<size_t>(std::remove_if(near.begin(), near.begin() + static_cast<ptrdiff_t>(count),
                                                   [&](uint32_t row) { return rows_.dead(row); }) -
                                    near.begin());
            plan.scanned += by_codes ? some.size() : count;
            some = {near.data(), count};
            for (const uint32_t row : some) ahead.at(rows_.vector(row));
            compare(some, [&](const Neighbour& one) {
                if (one.distance <= farthest) nearest.offer(one);
            });
            if (request.goes_on && ++steps % asked_every == 0) VEXFS_TRY((*request.goes_on)());
        }
        plan.scan_us += watch.lap_us();
        return {};
    };

    const auto accept = [&](uint32_t row) {
        return row < indexed && (!filtered || filtered->taken.contains(row)) && !rows_.dead(row);
    };
    const auto compare_all = [&](std::span<const uint32_t> some, std::vector<Neighbour>& out) {
        compare(some, [&](const Neighbour& one) { out.push_back(one); });
    };
    IndexQuery asked{request.query.data(), request.limit, request.ef_search.value_or(schema.hnsw.ef_search),
                     // An explicit ef_search overrides the recall that is promised.
                     request.ef_search ? 0 : request.target_recall.value_or(schema.target_recall), accept,
                     compare_all};
    FilterPlan chosen;
    double expected_us = 0;
    bool every_row = indexed == 0 || request.exact || request.distance_max || metric != metric_;
    if (filtered) {
        plan.matches = filtered->count;
        const auto points = static_cast<double>(std::max<uint64_t>(this->points(), 1));
        plan.selectivity = std::min(1.0, static_cast<double>(filtered->count) / points);
        every_row = every_row || filtered->count <= request.limit;
        if (!every_row) {
            asked.share = plan.selectivity;
            const auto expected = index->expected_us(asked);
            expected_us = expected.value_or(0);
            chosen = filter_planner_.choose(filtered->count, expected, *filtered->experience);
            asked.budget_us = chosen.scan_us;
            every_row = !chosen.by_index;
            plan.expected_scan_us = chosen.scan_us;
            plan.expected_index_us = chosen.index_us;
        }
    }

    std::vector<Neighbour> found;
    bool complete = !every_row;
    if (!every_row) {
        const Index::Answer answer = index->search(asked, found);
        plan.visited = answer.compared;
        complete = answer.complete;
        reply.ef_search = static_cast<uint32_t>(answer.ef);
        reply.path = by_filter;
        reply.path += name_of(answer.path);
        if (indexed < rows) reply.path += "+scan";
        plan.index_us = watch.lap_us();
        if (filtered)
            FilterPlanner::searched(chosen, expected_us, plan.index_us, complete, *filtered->experience);
        if (complete) {
            Nearest nearest(request.limit);
            for (const Neighbour& neighbour : found) nearest.offer(neighbour);
            VEXFS_TRY(scan(indexed, nearest));
            found = std::move(nearest).take();
        }
    }
    // A walk that ends with too few, the rows around it being dead, is no reason to answer with fewer than
    // there are.
    if (!complete ||
        (found.size() < request.limit && found.size() < (filtered ? filtered->count : points()))) {
        reply.path = by_filter + "scan";
        reply.ef_search = 0;
        const double before_us = plan.scan_us;
        Nearest nearest(request.limit);
        VEXFS_TRY(scan(0, nearest));
        found = std::move(nearest).take();
        if (filtered) filter_planner_.scanned(plan.scanned, plan.scan_us - before_us);
    }
    reply.distances = plan.visited + plan.scanned;

    tsl::robin_set<uint64_t> seen;
    reply.hits.reserve(found.size());
    for (const Neighbour& neighbour : found) {
        // While an upsert is being applied, its old row and its new one may both be here.
        const uint64_t id = rows_.id(neighbour.row);
        if (!seen.insert(id).second) continue;
        Hit& hit = reply.hits.emplace_back();
        hit.id = id;
        hit.distance = neighbour.distance;
        if (request.with_metadata) hit.metadata = metadata_text(rows_.metadata(neighbour.row));
        if (request.with_vector)
            hit.vector.assign(rows_.vector(neighbour.row), rows_.vector(neighbour.row) + dimension_);
    }
    std::ranges::stable_sort(reply.hits, [](const Hit& a, const Hit& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
    });
    plan.reply_us = watch.lap_us();
    return reply;
}

uint64_t LocalCollection::points() const {
    const std::shared_lock lock(ids_mutex_);
    return ids_.size();
}

Result<uint32_t> LocalCollection::find(uint64_t id) const {
    const std::shared_lock lock(ids_mutex_);
    const auto entry = ids_.find(id);
    if (entry == ids_.end())
        return fail(ErrorCode::not_found, fmt::format("collection {} has no point with id {}", name_, id));
    return entry->second;
}

Point LocalCollection::point_at(uint32_t row, bool with_vector) const {
    Point point;
    point.id = rows_.id(row);
    point.metadata = metadata_text(rows_.metadata(row));
    if (with_vector) point.vector.assign(rows_.vector(row), rows_.vector(row) + dimension_);
    return point;
}

Result<std::vector<Point>> LocalCollection::get(std::span<const uint64_t> ids, bool with_vector) const {
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    const Epochs::Guard guard = epochs_.enter();
    std::vector<Point> points;
    for (const uint64_t id : ids) {
        if (const auto row = find(id)) points.push_back(point_at(*row, with_vector));
    }
    return points;
}

Result<Collection::Page> LocalCollection::scroll(uint64_t cursor, uint32_t limit, const Filter* filter,
                                                 bool with_vector) const {
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));
    if (limit < 1 || limit > search_limit_max)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("limit {} is not between 1 and {}", limit, search_limit_max));
    const Epochs::Guard guard = epochs_.enter();
    Page page;
    ReadAhead ahead = read_ahead();
    const uint32_t rows = rows_.size();
    const auto filtered = filter != nullptr ? rows_of(*filter, rows) : nullptr;
    uint32_t row = rows_.next_live(static_cast<uint32_t>(std::min<uint64_t>(cursor, rows)), rows);
    for (; row < rows && page.points.size() < limit; row = rows_.next_live(row + 1, rows)) {
        ahead.at(rows_.vector(row));
        if (!filtered || filtered->taken.contains(row)) page.points.push_back(point_at(row, with_vector));
    }
    if (row < rows) page.cursor = row;
    return page;
}

}  // namespace vexfs
