// SPDX-License-Identifier: Apache-2.0
// A proximity graph that is searched by codes alone. A node is one contiguous row:
//
//   blocks of residual codes of its neighbours, relative to the node     [degree / 32] of simd::block_bytes,
//                                                                        of all components or of a projection
//   neighbours                                                           u32 [degree], unused ones no_node
//   the node's own int8 code                                             scale, norm, then [dimension] bytes
//
// With the neighbours' codes in it (layout fast), a hop reads one place of memory (after "SymphonyQG", Gou et
// al., SIGMOD 2025). Without (layout compact), it reads the int8 code of each neighbour that it has not seen,
// and a row takes a fourth to an eighth of the memory.
//
// Immutable once made; searched by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/codes/int8.h"
#include "engine/codes/node.h"
#include "engine/codes/projection.h"
#include "engine/codes/residual.h"
#include "engine/codes/space.h"
#include "engine/graph/links.h"
#include "engine/paths/selection.h"

namespace vexfs::graph {

using codes::no_node;

struct Layout {
    size_t dimension;  // of the space: coded
    size_t degree;     // a multiple of 32 where there are residual codes
    unsigned bits;     // of a residual code: 1 or 2; 0 where there are none
    size_t kept = dimension;  // components of a residual code: all, or those of a projection

    size_t blocks() const { return bits > 0 ? degree / simd::block_codes : 0; }
    size_t block_bytes() const { return simd::block_bytes(kept / 4, bits); }
    size_t neighbours_offset() const { return blocks() * block_bytes(); }
    size_t factors_offset() const { return neighbours_offset() + degree * sizeof(uint32_t); }
    size_t code_offset() const { return factors_offset() + sizeof(codes::Int8Factors); }
    // Of whole cache lines where one is read after the other.
    size_t row_bytes() const {
        const size_t unit = bits > 0 ? 64 : 8;
        return (code_offset() + dimension + unit - 1) / unit * unit;
    }

    // With residual codes of two bits of fewer components.
    Layout with(size_t components) const { return {dimension, degree, 2, components}; }
};

// A node that a search expanded, with its distance by int8 codes (squared, of the space).
struct Found {
    float distance;
    uint32_t node;
};

// A walk ends where all of the best so far are expanded, or before that where none is left within `reach`
// times the distance of the last of the `nearest` found, reach.h; reach 0 is no such end.
struct Walk {
    size_t ef;  // breadth: the number of nodes kept as the best so far
    float reach = 0;
    size_t nearest = 0;
};

struct SearchScratch;  // memory that searches of a thread use again

class Graph {
  public:
    // A walk can come to every node: links are put in the place of others where it needs that.
    // projection: onto layout.kept dimensions, where these are not all.
    Graph(const codes::Int8Table& table, LinkTable links, const Layout& layout, unsigned threads,
          std::shared_ptr<const codes::Projection> projection = nullptr);

    // To be read from a file: rows() is to be filled, and consistent() says whether it was with what can be
    // followed and compared safely.
    Graph(size_t nodes, const Layout& layout, uint32_t entry, std::vector<uint32_t> loose,
          std::shared_ptr<const codes::Projection> projection);
    std::byte* rows() { return memory_.data(); }
    bool consistent() const;
    // To be called when the rows are there.
    void choose_starts();

    size_t nodes() const { return nodes_; }
    const Layout& layout() const { return layout_; }
    const std::shared_ptr<const codes::Projection>& projection() const { return projection_; }
    size_t memory_bytes() const {
        return memory_.resident_bytes() + (projection_ ? projection_->memory_bytes() : 0);
    }

    // query: [dimension], of the space. `found` gets every node that was expanded, in no order: as many as
    // the walk's breadth and some more, or fewer where its reach ended it. `without`: a node that is passed
    // by as if it were not there.
    void search(const float* query, const Walk& walk, std::vector<Found>& found,
                uint32_t without = no_node) const;
    // Goes on until the nearest that were accepted are so many: `nearest`, reach and what is found are of
    // these, all else of what is walked through. Returns how many nodes were expanded, of which those are a
    // part.
    size_t search(const float* query, const Walk& walk, const paths::Selection& of_nodes,
                  std::vector<Found>& found) const;
    // The nodes with their distances.
    void compare(const float* query, std::span<const uint32_t> nodes, std::vector<Found>& found) const;

    const std::byte* row(size_t node) const { return memory_.data() + node * layout_.row_bytes(); }
    uint32_t entry() const { return entry_; }
    // Nodes that no walk comes to; searches compare with each of them. Mostly none.
    const std::vector<uint32_t>& loose() const { return loose_; }

    // What it was made of.
    codes::Int8Table codes() const;
    LinkTable links(const codes::Int8Table& table, unsigned threads) const;

  private:
    const uint32_t* neighbours(size_t node) const {
        return reinterpret_cast<const uint32_t*>(row(node) + layout_.neighbours_offset());
    }
    void begin(SearchScratch& scratch) const;
    void prepare(SearchScratch& scratch, const float* query, const Walk& walk) const;
    template <class Visitor>
    void walk(const float* query, SearchScratch& scratch, Visitor visitor) const;
    template <class Rows, class Visitor>
    void expand(Rows rows, SearchScratch& scratch, Visitor& visitor) const;
    void fill(const codes::Int8Table& table, const LinkTable& links, unsigned threads);

    Layout layout_;
    std::shared_ptr<const codes::Projection> projection_;
    size_t nodes_;
    uint32_t entry_ = 0;
    std::vector<uint32_t> loose_;
    // Nodes from all over the graph, with their codes side by side: a walk begins at the nearest of them, so
    // that it starts in the right one of clusters that hardly have links between them. The first is the
    // entry.
    std::vector<uint32_t> starts_;
    codes::Int8Table start_codes_{0, 0};
    AnonymousMemory memory_;
};

}  // namespace vexfs::graph
