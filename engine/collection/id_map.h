// SPDX-License-Identifier: Apache-2.0
// Which row an id has: a hash table of row numbers alone, 7 to 10 bytes for each id, as the ids stand in the
// rows.
//
// Open addressing, linear probing. Slots follow the order of the hashes, so that growing passes over memory
// once. Not thread-safe: find() beside find() only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vexfs {

// IdOf: uint64_t operator()(uint32_t row) const, the id of a row that is in the map; rows are below
// UINT32_MAX.
template <class IdOf>
class IdMap {
  public:
    explicit IdMap(IdOf id_of) : id_of_(id_of) {}

    size_t size() const { return size_; }
    size_t memory_bytes() const { return tags_.capacity() + rows_.capacity() * sizeof(uint32_t); }

    std::optional<uint32_t> find(uint64_t id) const {
        const size_t slot = slot_of(id, mix(id));
        if (slot == nowhere) return std::nullopt;
        return rows_[slot];
    }
    bool contains(uint64_t id) const { return slot_of(id, mix(id)) != nowhere; }

    // The row that it takes the place of, where the id was there.
    std::optional<uint32_t> put(uint64_t id, uint32_t row) {
        const uint64_t hash = mix(id);
        if (const size_t slot = slot_of(id, hash); slot != nowhere) {
            const uint32_t before = rows_[slot];
            rows_[slot] = row;
            return before;
        }
        if ((size_ + 1) * 4 > tags_.size() * 3) grow();
        place(hash, row);
        ++size_;
        return std::nullopt;
    }

    // The row that it had, where the id was there.
    std::optional<uint32_t> erase(uint64_t id) {
        size_t hole = slot_of(id, mix(id));
        if (hole == nowhere) return std::nullopt;
        const uint32_t row = rows_[hole];
        // Those behind move up, unless that is before their home.
        for (size_t slot = next(hole); tags_[slot] != empty; slot = next(slot)) {
            const size_t home = home_of(mix(id_of_(rows_[slot])));
            if (distance(home, slot) < distance(hole, slot)) continue;
            tags_[hole] = tags_[slot];
            rows_[hole] = rows_[slot];
            hole = slot;
        }
        tags_[hole] = empty;
        --size_;
        return row;
    }

  private:
    static constexpr size_t nowhere = SIZE_MAX;
    static constexpr size_t slots_min = 16;
    static constexpr uint8_t empty = 0;

    // The finaliser of MurmurHash3: ids that differ in high bits alone must not meet in one slot.
    static uint64_t mix(uint64_t id) {
        id = (id ^ (id >> 33)) * 0xff51afd7ed558ccd;
        id = (id ^ (id >> 33)) * 0xc4ceb9fe1a85ec53;
        return id ^ (id >> 33);
    }
    // Of the lower bits; the upper ones choose the slot.
    static uint8_t tag_of(uint64_t hash) { return static_cast<uint8_t>(hash | 0x80); }
    size_t home_of(uint64_t hash) const {
        __extension__ using Wide = unsigned __int128;
        return static_cast<size_t>((Wide{hash} * tags_.size()) >> 64);
    }
    size_t next(size_t slot) const { return slot + 1 == tags_.size() ? 0 : slot + 1; }
    size_t distance(size_t from, size_t to) const {
        return to >= from ? to - from : to + tags_.size() - from;
    }

    size_t slot_of(uint64_t id, uint64_t hash) const {
        if (size_ == 0) return nowhere;
        for (size_t slot = home_of(hash); tags_[slot] != empty; slot = next(slot))
            if (tags_[slot] == tag_of(hash) && id_of_(rows_[slot]) == id) return slot;
        return nowhere;
    }
    void place(uint64_t hash, uint32_t row) {
        size_t slot = home_of(hash);
        while (tags_[slot] != empty) slot = next(slot);
        tags_[slot] = tag_of(hash);
        rows_[slot] = row;
    }
    void grow() {
        const size_t slots = tags_.size() < slots_min ? slots_min : tags_.size() + tags_.size() / 2;
        std::vector<uint8_t> tags(slots, empty);
        std::vector<uint32_t> rows(slots);
        tags.swap(tags_);
        rows.swap(rows_);
        for (size_t slot = 0; slot < tags.size(); ++slot)
            if (tags[slot] != empty) place(mix(id_of_(rows[slot])), rows[slot]);
    }

    IdOf id_of_;
    std::vector<uint8_t> tags_;   // of each slot: empty, or seven bits of the hash
    std::vector<uint32_t> rows_;  // beside them
    size_t size_ = 0;
};

}  // namespace vexfs
