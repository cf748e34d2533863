// SPDX-License-Identifier: Apache-2.0
// `search`: a query is written, its hits are read as JSON lines, nearest first. A query is a JSON line, with
// the fields of the operation search or, where it has max_distance, search_range; or raw f32 vectors, as many
// as were written before the read. Hits of more than one vector say in "query" whose they are. An error is a
// line, too.
#pragma once

#include <deque>
#include <string>

#include "vexfsd/tree/stream_file.h"

namespace vexfs {

class SearchFile final : public StreamFile {
  public:
    SearchFile(Service& service, MemoryBudget& budget, bool readable, Caller caller, std::string collection,
               uint32_t dimension, uint64_t request_bytes_max);

  private:
    Outcome<void> take(std::span<const std::byte> bytes) override;
    Outcome<bool> work() override;
    // What nobody reads needs no search.
    Outcome<void> finish() override { return {}; }
    uint64_t held_bytes() const override { return held_.size(); }
    void drop_held() override { held_ = {}; }
    Message next_request();

    Service& service_;
    const Caller caller_;
    const std::string collection_;
    const uint32_t dimension_;
    const uint64_t request_bytes_max_;
    std::string held_;
};

}  // namespace vexfs
