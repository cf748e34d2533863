// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/similar_queries.h"

#include <algorithm>
#include <numeric>

#include "engine/collection/query.h"
#include "engine/collection/recall_probe.h"

namespace vexfs {
namespace {

constexpr size_t group_queries_min = 4;  // fewer than that gain nothing over two searches
constexpr size_t leaders_max = 256;      // each query is compared with each of them
constexpr uint32_t shared_factor = 4;    // hits of a shared search for each that is wanted

// Of unit length, or zero.
std::vector<float> normalised(std::span<const float> vectors, uint32_t dimension) {
    std::vector<float> unit(vectors.begin(), vectors.end());
    for (size_t at = 0; at < unit.size(); at += dimension) {
        const float norm = norm_of(&unit[at], dimension);
        if (norm == 0) continue;
        for (size_t i = at; i < at + dimension; ++i) unit[i] /= norm;
    }
    return unit;
}

std::vector<float> mean_of(std::span<const std::span<const float>> queries) {
    std::vector<float> mean(queries.front().size());
    const float share = 1 / static_cast<float>(queries.size());
    for (const auto query : queries)
        for (size_t i = 0; i < mean.size(); ++i) mean[i] += query[i] * share;
    return mean;
}

size_t farthest_from(std::span<const float> vector, std::span<const std::span<const float>> queries) {
    const simd::Kernels& kernels = simd::kernels();
    const auto distance = [&](std::span<const float> query) {
        return kernels.euclidean_squared(query.data(), vector.data(), vector.size());
    };
    return static_cast<size_t>(std::ranges::max_element(queries, {}, distance) - queries.begin());
}

std::vector<float> distances_of(const std::vector<Hit>& hits) {
    std::vector<float> distances;
    for (const Hit& hit : hits) distances.push_back(hit.distance);
    return distances;
}

// The nearest `limit` of the hits, which have their vectors.
std::vector<Hit> nearest_of(const std::vector<Hit>& hits, const Query& query, const SearchRequest& request) {
    struct Ranked {
        float distance;
        size_t hit;
        auto operator<=>(const Ranked&) const = default;
    };
    std::vector<Ranked> ranked;
    for (size_t i = 0; i < hits.size(); ++i) {
        const std::vector<float>& vector = hits[i].vector;
        ranked.push_back({query.distance(vector.data(), norm_of(vector.data(), vector.size())), i});
    }
    const size_t count = std::min<size_t>(request.limit, ranked.size());
    std::ranges::partial_sort(ranked, ranked.begin() + static_cast<ptrdiff_t>(count));
    std::vector<Hit> nearest;
    for (size_t i = 0; i < count; ++i) {
        const Hit& hit = hits[ranked[i].hit];
        nearest.push_back({hit.id, ranked[i].distance, hit.metadata,
                           request.with_vector ? hit.vector : std::vector<float>()});
    }
    return nearest;
}

}  // namespace

std::vector<std::vector<size_t>> similar_queries(std::span<const float> vectors, uint32_t dimension,
                                                 double similarity) {
    const simd::Kernels& kernels = simd::kernels();
    const std::vector<float> unit = normalised(vectors, dimension);
    std::vector<std::vector<size_t>> groups;
    for (size_t query = 0; query < unit.size() / dimension; ++query) {
        const float* vector = &unit[query * dimension];
        std::vector<size_t>* nearest = nullptr;
        auto best = static_cast<float>(similarity);
        for (std::vector<size_t>& group : groups) {
            const float cosine = kernels.dot(vector, &unit[group.front() * dimension], dimension);
            if (cosine < best) continue;
            best = cosine;
            nearest = &group;
        }
        if (nearest != nullptr) {
            nearest->push_back(query);
        } else if (groups.size() < leaders_max) {
            groups.push_back({query});
        }
    }
    std::erase_if(groups, [](const auto& group) { return group.size() < group_queries_min; });
    return groups;
}

Result<SharedHits> search_together(const Collection& collection, const SearchRequest& request,
                                   std::span<const std::span<const float>> queries, simd::Metric metric,
                                   double recall_min) {
    const std::vector<float> mean = mean_of(queries);
    SearchRequest shared = request;
    shared.query = mean;
    shared.limit = std::min(request.limit * shared_factor, search_limit_max);
    shared.with_vector = true;
    VEXFS_ASSIGN(const SearchReply found, collection.search(shared));
    SearchRequest alone = request;
    const size_t checked = farthest_from(mean, queries);
    alone.query = queries[checked];
    VEXFS_ASSIGN(SearchReply own, collection.search(alone));

    SharedHits answer{
        {}, 0, found.path, found.distances + own.distances + found.hits.size() * queries.size()};
    for (const auto query : queries)
        answer.hits.push_back(nearest_of(found.hits, Query(query, metric), request));
    answer.recall = recall_of(distances_of(answer.hits[checked]), distances_of(own.hits));
    answer.hits[checked] = std::move(own.hits);
    if (answer.recall < recall_min) answer.hits.clear();
    return answer;
}

}  // namespace vexfs
