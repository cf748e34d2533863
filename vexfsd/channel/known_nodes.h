// SPDX-License-Identifier: Apache-2.0
// Nodes that their description doesn't say: states of points, and files that are copied in. The last ones
// that were told are kept; one that is forgotten is looked up again by its name. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "vexfsd/tree/node.h"

namespace vexfs::channel {

class KnownNodes {
  public:
    void remember(uint64_t number, const Node& node);
    std::optional<Node> find(uint64_t number);

  private:
    struct Known {
        uint64_t number = 0;
        Node node;
    };
    std::mutex mutex_;  // guards what follows
    std::list<Known> by_use_;
    std::unordered_map<uint64_t, std::list<Known>::iterator> by_number_;
};

}  // namespace vexfs::channel
