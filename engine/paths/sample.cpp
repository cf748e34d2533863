// SPDX-License-Identifier: Apache-2.0
#include "engine/paths/sample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/parallel.h"

namespace vexfs::paths {
namespace {

using codes::no_node;

constexpr size_t block_nodes = 256;
constexpr size_t candidates = 3 * calibrated_limit;  // by codes, to be compared exactly
constexpr size_t pending_max = 16 * candidates;

struct Link {
    float distance;
    uint32_t node;

    bool operator<(const Link& other) const {
        return distance != other.distance ? distance < other.distance : node < other.node;
    }
};

// The nearest of what it is offered, in batches.
class Nearest {
  public:
    float threshold() const { return threshold_; }
    void offer(const Link& link) { links_.push_back(link); }
    void settle(size_t most) {
        if (links_.size() <= most) return;
        std::nth_element(links_.begin(), links_.begin() + candidates, links_.end());
        links_.resize(candidates);
        threshold_ = std::max_element(links_.begin(), links_.end())->distance;
    }
    std::vector<Link>& links() { return links_; }

  private:
    float threshold_ = std::numeric_limits<float>::infinity();
    std::vector<Link> links_;
};

// The candidates of all queries among the nodes [first, end), by codes.
std::vector<Nearest> nearest_by_codes(const codes::Int8Table& table, const codes::Int8Table& queries,
                                      size_t first, size_t end) {
    std::vector<uint32_t> ids(queries.count());
    std::iota(ids.begin(), ids.end(), 0U);
    codes::Int8Block left, right;
    left.pack_rows(queries, ids.data(), ids.size());
    std::vector<float> distances(queries.count() * block_nodes);
    std::vector<uint32_t> below(block_nodes + 16);
    std::vector<Nearest> nearest(queries.count());
    for (size_t start = first; start < end; start += block_nodes) {
        ids.resize(std::min(block_nodes, end - start));
        std::iota(ids.begin(), ids.end(), static_cast<uint32_t>(start));
        right.pack_columns(table, ids.data(), ids.size());
        simd::code_kernels().int8_distances(left.rows(0), queries.count(), right.panel(), ids.size(),
                                            distances.data(), block_nodes);
        for (size_t i = 0; i < queries.count(); ++i) {
            const float* row = &distances[i * block_nodes];
            const size_t found =
                simd::code_kernels().select_below(row, ids.size(), nearest[i].threshold(), below.data());
            for (size_t k = 0; k < found; ++k) nearest[i].offer({row[below[k]], ids[below[k]]});
            nearest[i].settle(pending_max);
        }
    }
    for (Nearest& one : nearest) one.settle(candidates);
    return nearest;
}

}  // namespace

float order_of(simd::Metric metric, const float* query, const float* vector, size_t dimension) {
    const simd::Kernels& kernels = simd::kernels();
    if (metric == simd::Metric::euclidean) return kernels.euclidean_squared(query, vector, dimension);
    const float product = kernels.dot(query, vector, dimension);
    if (metric == simd::Metric::dot) return -product;
    const float squares = kernels.dot(vector, vector, dimension);
    return squares > 0 ? -product / std::sqrt(squares) : 0;
}

Sample take_sample(const codes::Int8Table& table, const codes::Space& space,
                   FunctionRef<const float*(uint32_t)> vector, size_t nodes_max, unsigned threads) {
    Sample sample;
    if (table.count() <= candidates) return sample;
    const size_t step = (table.count() + nodes_max - 1) / nodes_max;
    std::vector<const float*>& vectors = sample.vectors;  // kept: a row may go meanwhile
    for (size_t node = step / 2; node < table.count(); node += step) {
        const float* found = vector(static_cast<uint32_t>(node));
        if (found == nullptr) continue;
        sample.nodes.push_back(static_cast<uint32_t>(node));
        vectors.push_back(found);
    }
    const size_t count = sample.nodes.size(), coded = space.coded_dimension();
    sample.neighbours.resize(count * calibrated_limit, no_node);
    sample.queries.resize(count * coded);
    codes::Int8Table queries(count, coded);
    for (size_t i = 0; i < count; ++i) {
        space.transform_query(vectors[i], &sample.queries[i * coded]);
        queries.set(i, &sample.queries[i * coded]);
    }
    const size_t shares = std::max(1U, threads), share = (table.count() + shares - 1) / shares;
    std::vector<std::vector<Nearest>> nearest(shares);
    parallel_for(threads, shares, [&](unsigned, size_t i) {
        nearest[i] = nearest_by_codes(table, queries, std::min(i * share, table.count()),
                                      std::min((i + 1) * share, table.count()));
    });
    parallel_for(threads, count, [&](unsigned, size_t i) {
        std::vector<Link> links;
        for (auto& of_share : nearest)
            links.insert(links.end(), of_share[i].links().begin(), of_share[i].links().end());
        if (links.size() > candidates) {
            std::nth_element(links.begin(), links.begin() + candidates, links.end());
            links.resize(candidates);
        }
        std::erase_if(links, [&](Link& link) {
            const float* other = link.node == sample.nodes[i] ? nullptr : vector(link.node);
            if (other != nullptr)
                link.distance = order_of(space.metric(), vectors[i], other, space.dimension());
            return other == nullptr;
        });
        std::sort(links.begin(), links.end());
        for (size_t k = 0; k < std::min<size_t>(calibrated_limit, links.size()); ++k)
            sample.neighbours[i * calibrated_limit + k] = links[k].node;
    });
    return sample;
}

}  // namespace vexfs::paths
