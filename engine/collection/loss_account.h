// SPDX-License-Identifier: Apache-2.0
// What of a collection's points is lost by damage to its logs, kept while the logs are read in their order.
#pragma once

#include <tsl/robin_set.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/storage/log_scan.h"

namespace vexfs {

struct LostRange {
    std::string file;
    uint64_t offset = 0, bytes = 0;
    std::string why;
    uint64_t records = 0;   // at least; 0 where it is not known
    uint64_t rows_max = 0;  // that may have been inserted there
};

struct Losses {
    static constexpr size_t ids_max = 10'000;  // of each list below

    std::vector<LostRange> ranges;
    uint64_t bytes = 0;
    uint64_t rows_max = 0;
    // By what the damaged records say, as far as it can be read: points that are lost, that have an older
    // vector, older metadata, or that were deleted and are back.
    std::vector<uint64_t> lost_ids, older_ids, older_metadata_ids, undeleted_ids;
    // Records are lost that tell no ids: more points than those above may be older, or back.
    bool others_may_be_older = false;
};

class LossAccount {
  public:
    // A record that is kept.
    void keep(format::RecordKind kind, std::span<const uint64_t> ids);
    // `ids` are those of the damaged record that can be read, none where its header can't.
    void lose(const std::string& file, const LogDamage& damage, uint32_t dimension,
              std::span<const uint64_t> ids);

    uint64_t points() const { return live_.size(); }
    Losses losses() const;

  private:
    tsl::robin_set<uint64_t> live_;
    std::set<uint64_t> lost_, older_, older_metadata_, undeleted_;
    Losses losses_;
};

}  // namespace vexfs
