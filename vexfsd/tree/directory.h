// SPDX-License-Identifier: Apache-2.0
// A directory that somebody lists.
//
// Each entry comes with the position behind it, at which the listing can be resumed. What is there all the
// while is listed once, whatever comes and goes meanwhile. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/collection/collection.h"
#include "vexfsd/tree/node.h"

namespace vexfs {

struct DirectoryEntry {
    std::string name;
    Node node;
    uint64_t next = 0;  // position
};

class OpenDirectory {
  public:
    virtual ~OpenDirectory() = default;
    // Some entries from a position on, 0 being the first; none at the end. Without "." and "..".
    virtual std::vector<DirectoryEntry> entries(uint64_t position, size_t count_max) const = 0;
};

std::unique_ptr<OpenDirectory> list_of(std::vector<DirectoryEntry> entries);
std::unique_ptr<OpenDirectory> points_of(Node directory, std::shared_ptr<Collection> collection);

}  // namespace vexfs
