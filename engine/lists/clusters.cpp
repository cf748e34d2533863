// SPDX-License-Identifier: Apache-2.0
#include "engine/lists/clusters.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "engine/codes/panel_distances.h"

namespace vexfs::lists {
namespace {

constexpr size_t list_nodes_wanted = 450;
constexpr size_t lists_min = 16;
constexpr size_t lists_max = 4096;
constexpr size_t sampled_per_list = 64;
constexpr size_t turns = 8;

// The nearest centroid of each of `nodes`.
std::vector<uint32_t> assign(const codes::Int8Table& table, const std::vector<uint32_t>& nodes,
                             const std::vector<float>& centroids, unsigned threads,
                             const std::stop_token& stop) {
    const size_t dimension = table.dimension(), count = centroids.size() / dimension;
    codes::Int8Table coded(count, dimension);
    for (size_t i = 0; i < count; ++i) coded.set(i, &centroids[i * dimension]);
    std::vector<uint32_t> list_of(nodes.size());
    codes::for_distances(table, nodes, coded, threads, stop, [&](size_t i, const float* distances) {
        list_of[i] = static_cast<uint32_t>(std::min_element(distances, distances + count) - distances);
    });
    return list_of;
}

}  // namespace

size_t lists_for(size_t nodes) {
    const size_t wanted = nodes / list_nodes_wanted;
    return wanted < lists_min ? 1 : std::min(wanted, lists_max);
}

Clusters find_clusters(const codes::Int8Table& table, size_t count, uint64_t seed, unsigned threads,
                       const std::stop_token& stop) {
    const size_t dimension = table.dimension();
    std::vector<uint32_t> all(table.count()), sample;
    std::iota(all.begin(), all.end(), 0U);
    std::mt19937_64 engine(seed);
    std::sample(all.begin(), all.end(), std::back_inserter(sample), count * sampled_per_list, engine);
    std::vector<uint32_t> drawn;
    std::sample(sample.begin(), sample.end(), std::back_inserter(drawn), count, engine);
    Clusters clusters;
    clusters.centroids.resize(drawn.size() * dimension);
    for (size_t i = 0; i < drawn.size(); ++i) table.decode(drawn[i], &clusters.centroids[i * dimension]);
    std::vector<float> vector(dimension);
    for (size_t turn = 0; turn < turns && !stop.stop_requested(); ++turn) {
        const auto list_of = assign(table, sample, clusters.centroids, threads, stop);
        std::vector<float> sums(clusters.centroids.size());
        std::vector<uint32_t> counts(drawn.size());
        for (size_t i = 0; i < sample.size(); ++i) {
            table.decode(sample[i], vector.data());
            float* sum = &sums[list_of[i] * dimension];
            for (size_t k = 0; k < dimension; ++k) sum[k] += vector[k];
            ++counts[list_of[i]];
        }
        for (size_t list = 0; list < counts.size(); ++list) {
            float* centroid = &clusters.centroids[list * dimension];
            // One that nothing is nearest to begins anew elsewhere.
            if (counts[list] == 0) table.decode(sample[engine() % sample.size()], centroid);
            for (size_t k = 0; k < dimension && counts[list] > 0; ++k)
                centroid[k] = sums[list * dimension + k] / static_cast<float>(counts[list]);
        }
    }
    clusters.list_of = assign(table, all, clusters.centroids, threads, stop);
    return clusters;
}

}  // namespace vexfs::lists
