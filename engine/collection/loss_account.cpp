// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/loss_account.h"

#include <algorithm>

#include "engine/collection/check.h"

namespace vexfs {

using format::RecordKind;

namespace {

std::vector<uint64_t> some_of(const std::set<uint64_t>& ids) {
    std::vector<uint64_t> some;
    for (const uint64_t id : ids) {
        if (some.size() == Losses::ids_max) break;
        some.push_back(id);
    }
    return some;
}

}  // namespace

void LossAccount::keep(RecordKind kind, std::span<const uint64_t> ids) {
    for (const uint64_t id : ids) {
        older_metadata_.erase(id);
        if (kind == RecordKind::metadata) continue;
        lost_.erase(id);
        older_.erase(id);
        undeleted_.erase(id);
        if (kind == RecordKind::erase) {
            live_.erase(id);
        } else {
            live_.insert(id);
        }
    }
}

void LossAccount::lose(const std::string& file, const LogDamage& damage, uint32_t dimension,
                       std::span<const uint64_t> ids) {
    const uint64_t rows_max = rows_max_of(damage, dimension);
    losses_.ranges.push_back({file, damage.offset, damage.bytes, damage.why, damage.records, rows_max});
    losses_.bytes += damage.bytes;
    losses_.rows_max += rows_max;
    if (!damage.header || ids.size() < damage.header->count) losses_.others_may_be_older = true;
    if (!damage.header) return;
    const auto kind = static_cast<RecordKind>(damage.header->kind);
    for (const uint64_t id : ids) {
        const bool live = live_.contains(id);
        if (kind == RecordKind::metadata) {
            if (live) older_metadata_.insert(id);
        } else if (kind == RecordKind::erase) {
            if (live) undeleted_.insert(id);
        } else if (kind == RecordKind::moved && live) {
            continue;  // what it was moved from is still there
        } else {
            (live ? older_ : lost_).insert(id);
        }
    }
}

Losses LossAccount::losses() const {
    Losses losses = losses_;
    losses.lost_ids = some_of(lost_);
    losses.older_ids = some_of(older_);
    losses.older_metadata_ids = some_of(older_metadata_);
    losses.undeleted_ids = some_of(undeleted_);
    return losses;
}

}  // namespace vexfs
