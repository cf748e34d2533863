// SPDX-License-Identifier: Apache-2.0
// The HNSW graph: Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs" (2016, arXiv:1603.09320); names of parameters as there.
//
// A node is a row of the collection: rows are added under their own numbers, in any order, each once. The
// graph keeps its own copy of each vector in the form that its distance wants (unit length for cosine), next
// to the node's links.
//
// add() and search() may run at the same time from any number of threads. search() takes no lock and sees a
// row once its add() has returned. save() wants no add() meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/result.h"
#include "engine/collection/schema.h"
#include "engine/storage/disk.h"

namespace vexfs {

struct Neighbour {
    float distance = 0;  // as metric distances are reported, see simd/distance.h
    uint32_t row = 0;
};

class Hnsw {
  public:
    Hnsw(uint32_t dimension, simd::Metric metric, const HnswParameters& parameters);
    ~Hnsw();
    Hnsw(const Hnsw&) = delete;
    Hnsw& operator=(const Hnsw&) = delete;

    static constexpr uint32_t row_max = (uint32_t{1} << 31) - 1;

    // vector: [dimension], finite. row: at most row_max, and must not have been added before. Throws
    // std::bad_alloc where the memory for it can't be had.
    void add(uint32_t row, const float* vector);

    // The `limit` rows nearest to query ([dimension]) that `accept` takes, nearest first, into `out` (cleared
    // before). Rows that it refuses are walked through but not returned. ef is raised to limit where it is
    // lower. Returns the number of distances computed.
    size_t search(const float* query, size_t limit, size_t ef, FunctionRef<bool(uint32_t)> accept,
                  std::vector<Neighbour>& out) const;

    uint32_t size() const;  // rows added
    uint32_t layer_count() const;
    size_t memory_bytes() const;  // resident, all told

    // The whole graph as one checksummed file. save() writes and syncs PATH itself, `bulk` as with
    // Disk::create_bulk(); the caller renames.
    // load() is corrupt for a damaged file and never trusts a number in it; parameters other than those it
    // was built with (m, max_m, ef_construction, ml, seed; not ef_search) are invalid_argument.
    Result<void> save(const std::string& path, Disk& disk = posix_disk(), bool bulk = false) const;
    static Result<std::unique_ptr<Hnsw>> load(const std::string& path, uint32_t dimension,
                                              simd::Metric metric, const HnswParameters& parameters,
                                              Disk& disk = posix_disk());

    struct Graph;  // hnsw_graph.h

  private:
    std::unique_ptr<Graph> graph_;
};

}  // namespace vexfs
