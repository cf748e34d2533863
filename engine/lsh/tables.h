// SPDX-License-Identifier: Apache-2.0
// Hash tables of locality-sensitive hashing, each a tree of buckets: a bucket with more nodes than wanted is
// halved by the table's next function ("LSH forest", Bawa, Condie & Ganesan, WWW 2005). A search looks
// through the buckets of all tables in the order of how far the query is from them ("Multi-probe LSH", Lv et
// al., VLDB 2007): a hyperplane that lies between counts with its squared distance.
//
// Immutable once made; searched by any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <type_traits>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/lsh/functions.h"

namespace vexfs::lsh {

// Of the nodes of a table in the order of its buckets: [first, end). An inner one has two children, numbered
// one behind the other, the first of the negative side; children is 0 for a bucket.
struct Branch {
    uint32_t first = 0, end = 0;
    uint32_t children = 0;
};
static_assert(sizeof(Branch) == 12 && std::is_trivially_copyable_v<Branch>);

struct Table {
    std::vector<Branch> branches;  // the root first
    std::vector<uint32_t> nodes;

    // Whether it has each of `count` nodes once, and no branch leads anywhere but down, to `levels` at most.
    bool consistent(size_t count, size_t levels) const;
};

class Tables {
  public:
    // Of no use when it was stopped.
    Tables(const codes::Int8Table& codes, const LshParameters& parameters, uint64_t seed, unsigned threads,
           const std::stop_token& stop);
    Tables(Functions functions, std::vector<Table> tables)
        : functions_(std::move(functions)), tables_(std::move(tables)) {}

    const Functions& functions() const { return functions_; }
    std::span<const Table> tables() const { return tables_; }
    size_t memory_bytes() const;

    // Calls `body` with the nodes of one bucket after the other that has any, the nearest first, `buckets` at
    // most.
    void probe(const codes::Int8Query& query, size_t buckets,
               FunctionRef<void(std::span<const uint32_t>)> body) const;

  private:
    Functions functions_;
    std::vector<Table> tables_;
};

}  // namespace vexfs::lsh
