// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/connect.h"

#include <algorithm>
#include <unordered_set>

namespace vexfs::graph {
namespace {

constexpr int rounds = 4;

class Reachable {
  public:
    explicit Reachable(const LinkTable& links) : links_(links), reached_(links.nodes()) {}

    bool has(uint32_t node) const { return reached_[node]; }
    void spread(uint32_t from) {
        constexpr size_t fetched_ahead = 4;
        reached_[from] = true;
        waiting_.assign(1, from);
        for (size_t next = 0; next < waiting_.size(); ++next) {
            if (next + fetched_ahead < waiting_.size()) links_.prefetch(waiting_[next + fetched_ahead]);
            for (const Link& link : links_.of(waiting_[next])) {
                if (reached_[link.node]) continue;
                reached_[link.node] = true;
                waiting_.push_back(link.node);
            }
        }
    }

  private:
    const LinkTable& links_;
    std::vector<bool> reached_;
    std::vector<uint32_t> waiting_;  // first come, first served
};

}  // namespace

std::vector<uint32_t> connect(LinkTable& links, uint32_t entry) {
    std::unordered_set<uint64_t> made;  // links of this function, which it doesn't replace: from, to
    const auto key = [](uint32_t from, uint32_t to) { return uint64_t{from} << 32 | to; };
    std::vector<uint32_t> lost;
    for (int round = 0; round < rounds; ++round) {
        Reachable reach(links);
        if (links.nodes() > 0) reach.spread(entry);
        lost.clear();
        for (uint32_t node = 0; node < links.nodes(); ++node) {
            if (reach.has(node)) continue;
            lost.push_back(node);
            // From the nearest of its own neighbours that is reached, or from the entry.
            Link back{0, node};
            uint32_t from = entry;
            for (const Link& link : links.of(node)) {
                if (!reach.has(link.node)) continue;
                from = link.node;
                back.distance = link.distance;
                break;
            }
            const std::span<Link> of_from = links.of(from);
            if (of_from.size() < links.capacity()) {
                links.append(from, back);
            } else {
                const auto replaced = std::find_if(of_from.rbegin(), of_from.rend(), [&](const Link& link) {
                    return !made.contains(key(from, link.node));
                });
                if (replaced == of_from.rend()) continue;
                *replaced = back;
            }
            made.insert(key(from, node));
            reach.spread(node);
        }
        if (lost.empty()) return lost;
    }
    // What the last round linked may have cost others their link.
    Reachable reach(links);
    reach.spread(entry);
    lost.clear();
    for (uint32_t node = 0; node < links.nodes(); ++node)
        if (!reach.has(node)) lost.push_back(node);
    return lost;
}

}  // namespace vexfs::graph
