// SPDX-License-Identifier: Apache-2.0
// hnswlib (https://github.com/nmslib/hnswlib): header only, so compiled for this very machine.
#include <hnswlib/hnswlib.h>

#include <atomic>
#include <thread>
#include <vector>

#include "peer.h"

namespace vexfs::bench {
namespace {

class HnswlibPeer : public Peer {
  public:
    explicit HnswlibPeer(const PeerOptions& options) : options_(options) {
        if (options.metric == PeerMetric::euclidean) {
            space_ = std::make_unique<hnswlib::L2Space>(options.dimension);
        } else {
            space_ = std::make_unique<hnswlib::InnerProductSpace>(options.dimension);
        }
    }

    void build(std::span<const float> base, unsigned threads) override {
        const size_t rows = base.size() / options_.dimension;
        index_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), rows, options_.m,
                                                                   options_.ef_construction);
        const auto add = [&](size_t row) { index_->addPoint(base.data() + row * options_.dimension, row); };
        add(0);  // alone: the others start from it
        std::atomic<size_t> next = 1;
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i) {
            workers.emplace_back([&] {
                for (size_t row = next++; row < rows; row = next++) add(row);
            });
        }
    }

    void set_ef_search(uint32_t ef_search) override { index_->setEf(ef_search); }

    void search(std::span<const float> query, std::span<int64_t> found) override {
        auto nearest = index_->searchKnn(query.data(), found.size());  // the farthest on top
        for (; !nearest.empty(); nearest.pop()) {
            found[nearest.size() - 1] = static_cast<int64_t>(nearest.top().second);
        }
    }

  private:
    PeerOptions options_;
    std::unique_ptr<hnswlib::SpaceInterface<float>> space_;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> index_;
};

}  // namespace

std::unique_ptr<Peer> make_hnswlib_peer(const PeerOptions& options) {
    return std::make_unique<HnswlibPeer>(options);
}

}  // namespace vexfs::bench
