// SPDX-License-Identifier: Apache-2.0
// A library that VexFS is measured beside, as Debian packages it: an HNSW graph built at once over float32
// rows and searched one query at a time. For the metric cosine, rows and queries come normalised.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace vexfs::bench {

enum class PeerMetric { cosine, euclidean, dot };

struct PeerOptions {
    uint32_t dimension = 0;
    uint32_t m = 16;
    uint32_t ef_construction = 200;
    PeerMetric metric = PeerMetric::cosine;
};

class Peer {
  public:
    virtual ~Peer() = default;
    // base: [rows, dimension], not needed any more afterwards. Once only.
    virtual void build(std::span<const float> base, unsigned threads) = 0;
    virtual void set_ef_search(uint32_t ef_search) = 0;
    // Fills `found` with row numbers on the calling thread alone; what isn't found stays as it was.
    virtual void search(std::span<const float> query, std::span<int64_t> found) = 0;
};

std::unique_ptr<Peer> make_hnswlib_peer(const PeerOptions& options);
std::unique_ptr<Peer> make_faiss_peer(const PeerOptions& options);

}  // namespace vexfs::bench
