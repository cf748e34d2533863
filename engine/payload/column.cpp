// SPDX-License-Identifier: Apache-2.0
#include "engine/payload/column.h"

#include <algorithm>
#include <iterator>

#include "engine/filter/values.h"

namespace vexfs::payload {
namespace {

using nlohmann::json;
using Comparison = Filter::Node::Comparison;

constexpr size_t common_rows = 256;  // from here on, a bitmap takes less than a list

bool less(const json& a, const json& b) {
    return filter::compare(a, b) < 0;
}

size_t heap_bytes(const json& value) {
    if (value.is_string()) return sizeof(std::string) + value.get_ref<const std::string&>().capacity();
    if (!value.is_structured()) return 0;
    size_t bytes = value.size() * sizeof(json);
    for (const json& part : value) bytes += heap_bytes(part);
    return bytes;
}

}  // namespace

Column::Column(std::vector<Entry> entries, const Roaring& exist, const Column* before, const Roaring& gone) {
    std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
        const auto order = filter::compare(a.value, b.value);
        return order != 0 ? order < 0 : a.row < b.row;
    });
    const auto of_before = [&](size_t value, std::vector<uint32_t>& rows) {
        before->take_rows(value, rows);
        if (!gone.isEmpty()) std::erase_if(rows, [&](uint32_t row) { return gone.contains(row); });
    };
    const size_t old_values = before != nullptr ? before->values() : 0;
    size_t old = 0;
    std::vector<uint32_t> rows;
    for (size_t next = 0; next < entries.size() || old < old_values;) {
        rows.clear();
        const bool take_old =
            old < old_values && (next == entries.size() || !less(entries[next].value, before->values_[old]));
        const bool take_new =
            next < entries.size() && (!take_old || !less(before->values_[old], entries[next].value));
        json value = take_new ? entries[next].value : before->values_[old];
        if (take_old) of_before(old++, rows);
        if (take_new) {
            for (; next < entries.size() && !less(value, entries[next].value); ++next)
                rows.push_back(entries[next].row);
        }
        std::ranges::sort(rows);
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        if (!rows.empty()) append(std::move(value), std::move(rows));
        rows = {};
    }
    if (before != nullptr) exist_ = before->exist_ - gone;
    exist_ |= exist;
    exist_.runOptimize();
    values_.shrink_to_fit();
    starts_.shrink_to_fit();
    rows_.shrink_to_fit();
    memory_bytes_ += values_.size() * sizeof(json) + starts_.size() * sizeof(uint64_t) +
                     rows_.size() * sizeof(uint32_t) + exist_.getSizeInBytes(false);
}

void Column::append(json value, std::vector<uint32_t> rows) {
    if (rows.size() >= common_rows) {
        Roaring& bitmap =
            common_.emplace_back(static_cast<uint32_t>(values_.size()), Roaring(rows.size(), rows.data()))
                .second;
        bitmap.runOptimize();
        memory_bytes_ += bitmap.getSizeInBytes(false);
    } else {
        rows_.insert(rows_.end(), rows.begin(), rows.end());
    }
    memory_bytes_ += heap_bytes(value);
    values_.push_back(std::move(value));
    starts_.push_back(rows_.size());
}

void Column::take_rows(size_t value, std::vector<uint32_t>& rows) const {
    const auto common =
        std::ranges::lower_bound(common_, value, {}, [](const auto& one) { return one.first; });
    if (common != common_.end() && common->first == value) {
        rows.resize(common->second.cardinality());
        common->second.toUint32Array(rows.data());
    } else {
        rows.assign(rows_.begin() + starts_[value], rows_.begin() + starts_[value + 1]);
    }
}

Roaring Column::rows_of(size_t first, size_t end) const {
    if (first >= end) return {};
    std::vector<uint32_t> rare(rows_.begin() + starts_[first], rows_.begin() + starts_[end]);
    std::ranges::sort(rare);
    Roaring rows(rare.size(), rare.data());
    auto common = std::ranges::lower_bound(common_, first, {}, [](const auto& one) { return one.first; });
    for (; common != common_.end() && common->first < end; ++common) rows |= common->second;
    return rows;
}

size_t Column::lower_bound(const json& value) const {
    return static_cast<size_t>(std::ranges::lower_bound(values_, value, less) - values_.begin());
}

size_t Column::upper_bound(const json& value) const {
    return static_cast<size_t>(std::ranges::upper_bound(values_, value, less) - values_.begin());
}

Roaring Column::any_of(std::span<const json> values) const {
    Roaring rows;
    for (const json& value : values) rows |= rows_of(lower_bound(value), upper_bound(value));
    return rows;
}

// Values of one type stand together, and numbers and strings have an order in filters.
Roaring Column::compared(Comparison comparison, const json& with) const {
    const auto unordered = [&](const json& value) { return !filter::are_ordered(value, with); };
    const size_t lower = lower_bound(with), upper = upper_bound(with);
    const auto at = [&](size_t value) { return values_.begin() + static_cast<ptrdiff_t>(value); };
    const auto type_begins = [&] {
        return static_cast<size_t>(std::partition_point(values_.begin(), at(lower), unordered) -
                                   values_.begin());
    };
    const auto type_ends = [&] {
        return static_cast<size_t>(std::partition_point(at(upper), values_.end(), std::not_fn(unordered)) -
                                   values_.begin());
    };
    switch (comparison) {
        case Comparison::less: return rows_of(type_begins(), lower);
        case Comparison::less_or_equal: return rows_of(type_begins(), upper);
        case Comparison::greater: return rows_of(upper, type_ends());
        case Comparison::greater_or_equal: return rows_of(lower, type_ends());
    }
    return {};
}

Roaring Column::between(const json& low, const json& high) const {
    return rows_of(lower_bound(low), upper_bound(high));
}

}  // namespace vexfs::payload
