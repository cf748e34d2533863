// SPDX-License-Identifier: Apache-2.0
// A part of a collection's index: what makes a range of its rows searchable, in one or several ways, each of
// which was measured.
//
// Immutable once made; searched by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/paths/calibration.h"
#include "engine/paths/selection.h"
#include "engine/storage/disk.h"

namespace vexfs::paths {

struct RowRange {
    uint32_t first = 0, end = 0;
    uint32_t count() const { return end - first; }
};

struct PartWork {
    unsigned threads = 1;
    std::stop_token stop;
};

class Part {
  public:
    virtual ~Part() = default;

    virtual RowRange range() const = 0;
    virtual size_t nodes() const = 0;  // rows that are in it
    virtual size_t memory_bytes() const = 0;
    virtual const Calibration& calibration() const = 0;
    // Of a graph's rows, by the name of a GraphLayout; empty where there are none.
    virtual std::string_view layout() const { return {}; }
    // What a search of a breadth takes where no recall is to be held, or nothing was measured.
    virtual Setting setting_of(uint32_t breadth) const = 0;

    // Rows of the selection, to be compared exactly: the `wanted` nearest by int8 distance, or where there
    // are no int8 codes, all that a search of that breadth comes upon. Returns how many were looked at.
    virtual size_t search(const float* query, const Setting& setting, size_t wanted,
                          const Selection& selection, std::vector<uint32_t>& rows) const = 0;

    // Whether refine() can't make it better.
    virtual bool refined() const = 0;
    // A better one of the same rows; `vector` gives those of rows ([dimension]), null for one that is gone.
    // Null when it was stopped.
    virtual std::unique_ptr<Part> refine(FunctionRef<const float*(uint32_t)> vector,
                                         const PartWork& work) const = 0;

    // One checksummed file, written and synced (`bulk` as with Disk::create_bulk()); the caller renames.
    virtual Result<void> save(const std::string& path, Disk& disk = posix_disk(),
                              bool bulk = false) const = 0;
};

}  // namespace vexfs::paths
