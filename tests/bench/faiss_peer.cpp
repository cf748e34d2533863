// SPDX-License-Identifier: Apache-2.0
// Faiss's IndexHNSWFlat (https://github.com/facebookresearch/faiss), from Debian's libfaiss.a.
#include <faiss/IndexHNSW.h>
#include <omp.h>

#include <vector>

#include "peer.h"

namespace vexfs::bench {
namespace {

// Of normalised vectors the Euclidean order is the cosine's, and Faiss computes it without the wrapper that
// turns the sign of inner products.
faiss::MetricType metric_of(PeerMetric metric) {
    return metric == PeerMetric::dot ? faiss::METRIC_INNER_PRODUCT : faiss::METRIC_L2;
}

class FaissPeer : public Peer {
  public:
    explicit FaissPeer(const PeerOptions& options)
        : index_(static_cast<int>(options.dimension), static_cast<int>(options.m),
                 metric_of(options.metric)) {
        index_.hnsw.efConstruction = static_cast<int>(options.ef_construction);
    }

    void build(std::span<const float> base, unsigned threads) override {
        omp_set_num_threads(static_cast<int>(threads));
        index_.add(static_cast<faiss::Index::idx_t>(base.size()) / index_.d, base.data());
        omp_set_num_threads(1);
    }

    void set_ef_search(uint32_t ef_search) override { index_.hnsw.efSearch = static_cast<int>(ef_search); }

    void search(std::span<const float> query, std::span<int64_t> found) override {
        distances_.resize(found.size());
        index_.search(1, query.data(), static_cast<faiss::Index::idx_t>(found.size()), distances_.data(),
                      found.data());
    }

  private:
    faiss::IndexHNSWFlat index_;
    std::vector<float> distances_;
};

}  // namespace

std::unique_ptr<Peer> make_faiss_peer(const PeerOptions& options) {
    return std::make_unique<FaissPeer>(options);
}

}  // namespace vexfs::bench
