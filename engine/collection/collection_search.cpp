// SPDX-License-Identifier: Apache-2.0
// Searches and look-ups.
//
// A search asks the index for the rows that are in it and scans those that are not yet. Filters, ranges
// and `exact` compare with every row that qualifies.
#include <fmt/format.h>
#include <tsl/robin_set.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/base/prefetch.h"
#include "engine/collection/local_collection.h"

namespace vexfs {
namespace {

constexpr size_t compared_ahead = 6;  // rows whose vectors are fetched ahead of their comparison

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

  private:
    size_t limit_;
    std::vector<Neighbour> heap_;
};

// A query made ready for its metric: distance to a row, as it is reported.
class Query {
  public:
    Query(std::span<const float> query, simd::Metric metric)
        : vector_(query.begin(), query.end()), metric_(metric) {
        if (metric != simd::Metric::cosine) return;
        const float norm = std::sqrt(kernels_.dot(vector_.data(), vector_.data(), vector_.size()));
        if (norm > 0) {
            for (float& value : vector_) value /= norm;
        }
    }

    float distance(const float* row, float row_norm) const {
        const size_t dimension = vector_.size();
        switch (metric_) {
            case simd::Metric::cosine:
                return row_norm > 0 ? 1 - kernels_.dot(vector_.data(), row, dimension) / row_norm : 1;
            case simd::Metric::euclidean:
                return std::sqrt(kernels_.euclidean_squared(vector_.data(), row, dimension));
            case simd::Metric::dot: return -kernels_.dot(vector_.data(), row, dimension);
            case simd::Metric::manhattan: return kernels_.manhattan(vector_.data(), row, dimension);
        }
        return 0;
    }

  private:
    const simd::Kernels& kernels_ = simd::kernels();
    std::vector<float> vector_;
    simd::Metric metric_;
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

Result<SearchReply> LocalCollection::search(const SearchRequest& request) const {
    const auto start = std::chrono::steady_clock::now();
    VEXFS_TRY(check_request(request, dimension_, name_));
    if (dropped_) return fail(ErrorCode::not_found, fmt::format("collection {} was deleted", name_));

    const Epochs::Guard guard = epochs_.enter();
    // In this order: what the graph doesn't have is below rows.
    const auto [schema, index] = served();
    const uint32_t indexed = index ? index->indexed() : 0;
    const uint32_t rows = rows_.size();
    const Query query(request.query, metric_);
    SearchReply reply;

    const auto scan = [&](uint32_t first, Nearest& nearest) {
        ReadAhead ahead = read_ahead();
        for (uint32_t row = rows_.next_live(first, rows); row < rows; row = rows_.next_live(row + 1, rows)) {
            ahead.at(rows_.vector(row));
            if (request.filter != nullptr && !request.filter->matches(metadata_text(rows_.metadata(row))))
                continue;
            const float distance = query.distance(rows_.vector(row), rows_.norm(row));
            ++reply.distances;
            if (!request.distance_max || distance <= *request.distance_max) nearest.offer({distance, row});
        }
    };

    std::vector<Neighbour> found;
    const bool every_row = indexed == 0 || request.exact || request.filter != nullptr || request.distance_max;
    if (!every_row) {
        // An explicit ef_search overrides the recall that is promised.
        const double target = request.ef_search ? 0 : request.target_recall.value_or(schema.target_recall);
        const auto accept = [&](uint32_t row) { return row < indexed && !rows_.dead(row); };
        const auto compare = [&](std::span<const uint32_t> some, std::vector<Neighbour>& out) {
            for (size_t i = 0; i < some.size() + compared_ahead; ++i) {
                if (i < some.size()) prefetch(rows_.vector(some[i]), dimension_ * sizeof(float));
                if (i < compared_ahead) continue;
                const uint32_t row = some[i - compared_ahead];
                out.push_back({query.distance(rows_.vector(row), rows_.norm(row)), row});
            }
        };
        const IndexQuery asked{request.query.data(),
                               request.limit,
                               request.ef_search.value_or(schema.hnsw.ef_search),
                               target,
                               accept,
                               compare};
        const Index::Answer answer = index->search(asked, found);
        reply.distances = answer.compared;
        reply.ef_search = static_cast<uint32_t>(answer.ef);
        reply.path = name_of(answer.path);
        if (indexed < rows) reply.path += "+scan";
        Nearest nearest(request.limit);
        for (const Neighbour& neighbour : found) nearest.offer(neighbour);
        scan(indexed, nearest);
        found = std::move(nearest).take();
    }
    // A walk that ends with too few, the rows around it being dead, is no reason to answer with fewer than
    // there are.
    if (every_row || found.size() < request.limit) {
        std::shared_lock lock(ids_mutex_);
        const size_t points = ids_.size();
        lock.unlock();
        if (every_row || found.size() < points) {
            reply.path = request.filter != nullptr ? "filter scan" : "scan";
            reply.ef_search = 0;
            Nearest nearest(request.limit);
            scan(0, nearest);
            found = std::move(nearest).take();
        }
    }

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

    const auto took = std::chrono::steady_clock::now() - start;
    const auto took_us =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    ++counters_.searches;
    counters_.distances += reply.distances;
    counters_.search_us_total += took_us;
    uint64_t longest_us = counters_.search_us_max;
    while (longest_us < took_us && !counters_.search_us_max.compare_exchange_weak(longest_us, took_us)) {
    }
    return reply;
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
    uint32_t row = rows_.next_live(static_cast<uint32_t>(std::min<uint64_t>(cursor, rows)), rows);
    for (; row < rows && page.points.size() < limit; row = rows_.next_live(row + 1, rows)) {
        ahead.at(rows_.vector(row));
        if (filter == nullptr || filter->matches(metadata_text(rows_.metadata(row))))
            page.points.push_back(point_at(row, with_vector));
    }
    if (row < rows) page.cursor = row;
    return page;
}

}  // namespace vexfs
