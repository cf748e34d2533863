// SPDX-License-Identifier: Apache-2.0
// A part of the index of an lsh collection: hash tables and sketches of the rows of a range. Exact distances
// are those of the vectors in the log, so that a row takes a bit per dimension and a place in each table.
//
// Tables, lists and the scan of all sketches are measured on the part's own data, and what is never the
// cheapest is not kept: on data without structure no bucket is better than another.
#pragma once

#include <memory>
#include <optional>

#include "engine/codes/space.h"
#include "engine/lists/lists.h"
#include "engine/lsh/sketches.h"
#include "engine/lsh/tables.h"
#include "engine/paths/part.h"
#include "engine/paths/sample.h"

namespace vexfs {
class ChecksummedReader;
}

namespace vexfs::lsh {

struct PartParameters {
    LshParameters lsh;
    uint64_t seed = 1;

    bool operator==(const PartParameters&) const = default;
};

// Hash tables with the sketches by which nodes of their buckets are compared.
struct HashIndex {
    Tables tables;
    Sketches sketches;

    // About the `breadth` nearest by their sketches in so many buckets. Returns how many nodes were looked
    // at.
    size_t search(const float* query, size_t nodes, size_t dimension, size_t buckets, size_t breadth,
                  lists::Shortlist& nearest) const;
};

struct AccessPaths {
    std::unique_ptr<const lists::Lists> lists;
    std::unique_ptr<const HashIndex> hashes;  // null where others are better throughout
    paths::Calibration calibration;           // of no points where the part is too small to measure on

    // `nearest` gets the nodes to be compared exactly.
    size_t search(const float* query, const paths::Setting& setting, size_t nodes,
                  lists::Shortlist& nearest) const;
};

class Part final : public paths::Part {
  public:
    // Over `rows`, all of `range`, whose vectors ([dimension]) `vector` gives. Null when it was stopped.
    static std::unique_ptr<Part> build(size_t dimension, simd::Metric metric, paths::RowRange range,
                                       std::vector<uint32_t> rows, FunctionRef<const float*(uint32_t)> vector,
                                       const PartParameters& parameters, const paths::PartWork& work);

    paths::RowRange range() const override { return range_; }
    size_t nodes() const override { return rows_.size(); }
    size_t memory_bytes() const override;
    const paths::Calibration& calibration() const override { return access_.calibration; }
    paths::Setting setting_of(uint32_t breadth) const override { return {paths::Path::sketch, breadth, 0}; }
    size_t search(const float* query, const paths::Setting& setting, size_t wanted,
                  const paths::Selection& selection, std::vector<uint32_t>& rows) const override;
    bool refined() const override { return true; }
    std::unique_ptr<paths::Part> refine(FunctionRef<const float*(uint32_t)> vector,
                                        const paths::PartWork& work) const override;

    Result<void> save(const std::string& path, Disk& disk = posix_disk(), bool bulk = false) const override;
    // Corrupt for a damaged file, and no number in it is trusted; one that was built with other parameters is
    // invalid_argument.
    static Result<std::unique_ptr<Part>> load(const std::string& path, size_t dimension, simd::Metric metric,
                                              const PartParameters& parameters, Disk& disk = posix_disk());

  private:
    static Result<std::unique_ptr<Part>> read(ChecksummedReader& file, const std::string& path,
                                              size_t dimension, simd::Metric metric,
                                              const PartParameters& parameters);
    Part(paths::RowRange range, std::vector<uint32_t> rows, std::unique_ptr<const codes::Space> space,
         AccessPaths access, const PartParameters& parameters);

    paths::RowRange range_;
    std::vector<uint32_t> rows_;  // of each node
    std::unique_ptr<const codes::Space> space_;
    AccessPaths access_;
    PartParameters parameters_;  // it was built with
};

}  // namespace vexfs::lsh
