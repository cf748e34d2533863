// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/prune.h"

#include <algorithm>
#include <limits>

namespace vexfs::graph {

std::span<const Link> Pruner::prune(uint32_t node, std::vector<Link>& candidates, size_t count,
                                    std::span<const float> alphas) {
    std::sort(candidates.begin(), candidates.end());
    size_t unique = 0;
    for (const Link& candidate : candidates) {
        const bool repeated = unique > 0 && candidates[unique - 1].node == candidate.node;
        if (candidate.node != node && !repeated) candidates[unique++] = candidate;
    }
    candidates.resize(unique);
    for (const Link& candidate : candidates) table_.prefetch(candidate.node);

    kept_.clear();
    states_.assign(candidates.size(), {});
    if (decoded_.size() < count) decoded_.resize(count);
    for (const float alpha : alphas) {
        for (size_t i = 0; i < candidates.size() && kept_.size() < count; ++i) {
            State& state = states_[i];
            if (state.taken) continue;
            const Link& candidate = candidates[i];
            // A kept one hides the candidate where alpha * distance(kept, candidate) <= candidate.distance:
            // the greatest quotient of the two tells for every alpha.
            const uint8_t* bytes = table_.bytes(candidate.node);
            const codes::Int8Factors& factors = table_.factors(candidate.node);
            while (state.ratio < alpha && state.compared < kept_.size()) {
                const float between = decoded_[state.compared++].distance(kernels_, bytes, factors);
                const float ratio =
                    between > 0 ? candidate.distance / between : std::numeric_limits<float>::infinity();
                state.ratio = std::max(state.ratio, ratio);
            }
            if (state.ratio >= alpha) continue;
            state.taken = true;
            decoded_[kept_.size()].set(bytes, factors, table_.dimension());
            kept_.push_back(candidate);
        }
        if (kept_.size() == count) break;
    }
    return kept_;
}

}  // namespace vexfs::graph
