// SPDX-License-Identifier: Apache-2.0
#include "engine/payload/payload_index.h"

#include <algorithm>

#include "engine/base/parallel.h"
#include "engine/filter/fields.h"

namespace vexfs::payload {
namespace {

using nlohmann::json;

constexpr size_t looked_at_max = 4'096;  // rows whose metadata a query reads without a column being made
constexpr uint32_t lag_share = 16;       // a column is brought on when it lags by such a part of its rows
constexpr size_t changes_max = 1 << 20;
constexpr uint32_t strip_rows = 4'096;

json parsed(std::string_view metadata) {
    auto object = metadata.empty() ? json::object() : json::parse(metadata, nullptr, false);
    return object.is_object() ? object : json::object();
}

size_t lag_max(uint32_t rows) {
    return std::max<size_t>(looked_at_max, rows / lag_share);
}

// A column in the making: what it takes over and what it is to read.
struct Making {
    const Path* path;
    std::shared_ptr<const Column> before;
    uint32_t rows_before = 0;
    Roaring again;  // rows below those that are read again
    std::vector<Column::Entry> entries;
    Roaring exist;

    bool reads(uint32_t row) const { return row >= rows_before || again.contains(row); }
    void read(const json& metadata, uint32_t row) {
        bool found = false;
        filter::any_value(metadata, *path, [&](const json& value) {
            entries.push_back({value, row});
            found = true;
            return false;
        });
        if (found) exist.add(row);
    }
};

// Each row is parsed once for all columns.
void read_rows(std::vector<Making>& makings, uint32_t rows, PayloadIndex::Metadata metadata,
               unsigned threads) {
    uint32_t first = rows;
    Roaring again;
    for (const Making& making : makings) {
        first = std::min(first, making.rows_before);
        again |= making.again;
    }
    std::vector<uint32_t> single(again.cardinality());
    again.toUint32Array(single.data());
    std::erase_if(single, [&](uint32_t row) { return row >= first; });
    const size_t strips = (rows - first + strip_rows - 1) / strip_rows;
    std::mutex mutex;
    parallel_for(threads, strips + 1, [&](unsigned, size_t strip) {
        std::vector<Making> mine;
        for (const Making& making : makings)
            mine.push_back({making.path, nullptr, making.rows_before, making.again, {}, {}});
        const auto read = [&](uint32_t row) {
            const auto text = metadata(row);
            if (!text) return;
            const json object = parsed(*text);
            for (Making& making : mine)
                if (making.reads(row)) making.read(object, row);
        };
        if (strip == strips) {
            for (const uint32_t row : single) read(row);
        } else {
            const auto begin = first + static_cast<uint32_t>(strip) * strip_rows;
            for (uint32_t row = begin; row < std::min(rows, begin + strip_rows); ++row) read(row);
        }
        const std::lock_guard lock(mutex);
        for (size_t i = 0; i < makings.size(); ++i) {
            std::ranges::move(mine[i].entries, std::back_inserter(makings[i].entries));
            makings[i].exist |= mine[i].exist;
        }
    });
}

// What was not used for the longest time.
template <class Map>
auto oldest_of(Map& map) {
    return std::ranges::min_element(map, {}, [](const auto& entry) { return entry.second.used; });
}

}  // namespace

void PayloadIndex::changed(uint32_t row) {
    const std::lock_guard lock(mutex_);
    if (changes_.size() >= changes_max) {
        changes_begin_ += changes_.size();
        changes_.clear();
    }
    if (fields_.empty() && answers_.empty() && changes_.empty()) {
        ++changes_begin_;  // who makes a first column meanwhile makes it again
        return;
    }
    changes_.push_back(row);
}

std::optional<std::vector<uint32_t>> PayloadIndex::changed_since(uint64_t changes) const {
    if (changes < changes_begin_) return std::nullopt;
    return std::vector<uint32_t>(changes_.begin() + static_cast<ptrdiff_t>(changes - changes_begin_),
                                 changes_.end());
}

void PayloadIndex::keep(const std::string& filter, const std::shared_ptr<const Answer>& answer) {
    const auto bytes = [](const std::string& text, const Answer& of) {
        return text.size() + of.taken.getSizeInBytes(false) + sizeof of;
    };
    const std::lock_guard lock(mutex_);
    auto& [kept, used] = answers_[filter];
    if (kept) answers_bytes_ -= bytes(filter, *kept);
    kept = answer;
    used = ++stamp_;
    answers_bytes_ += bytes(filter, *answer);
    while (answers_.size() > answers_max || (answers_bytes_ > answers_bytes_max && !answers_.empty())) {
        const auto oldest = oldest_of(answers_);
        answers_bytes_ -= bytes(oldest->first, *oldest->second.kept);
        answers_.erase(oldest);
    }
}

std::shared_ptr<const Answer> PayloadIndex::answer(const Filter& filter, uint32_t rows, Metadata metadata,
                                                   unsigned threads) {
    if (auto found = kept(filter, rows, metadata)) return found;
    const std::set<Path> paths = fields_of(filter.root());
    auto made = evaluated(filter, paths, rows, metadata, threads);
    keep(filter.text(), made);
    return made;
}

// The answer of before, with what was written since.
std::shared_ptr<const Answer> PayloadIndex::kept(const Filter& filter, uint32_t rows, Metadata metadata) {
    std::shared_ptr<const Answer> before;
    std::vector<uint32_t> changed;
    uint64_t now = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto entry = answers_.find(filter.text());
        if (entry == answers_.end()) return nullptr;
        entry->second.used = ++stamp_;
        before = entry->second.kept;
        now = changes();
        auto since = changed_since(before->changes);
        if (!since || since->size() > looked_at_max) return nullptr;
        changed = std::move(*since);
    }
    if (rows <= before->rows && changed.empty()) return before;
    if (rows > before->rows && rows - before->rows > looked_at_max) return nullptr;
    auto after = std::make_shared<Answer>(*before);
    const auto look = [&](uint32_t row) {
        const auto text = metadata(row);
        if (text && filter.matches(*text)) after->taken.add(row);
    };
    for (const uint32_t row : changed) {
        after->taken.remove(row);
        look(row);
    }
    for (uint32_t row = before->rows; row < rows; ++row) look(row);
    after->count = after->taken.cardinality();
    after->rows = std::max(rows, before->rows);
    after->changes = now;
    keep(filter.text(), after);
    return after;
}

std::shared_ptr<const Answer> PayloadIndex::evaluated(const Filter& filter, const std::set<Path>& paths,
                                                      uint32_t rows, Metadata metadata, unsigned threads) {
    auto made = std::make_shared<Answer>();
    made->experience = std::make_shared<Experience>();
    made->rows = rows;
    const auto look = [&](uint32_t row) {
        const auto text = metadata(row);
        if (text && filter.matches(*text)) made->taken.add(row);
    };
    uint32_t covered = 0;
    std::vector<uint32_t> changed;
    if (paths.size() > columns_max) {
        const std::lock_guard lock(mutex_);
        made->changes = changes();
    } else {
        const Fields good = fields(paths, rows, metadata, threads);
        covered = rows;
        for (const auto& [path, field] : good) covered = std::min(covered, field.rows);
        {
            const std::lock_guard lock(mutex_);
            made->changes = changes();
            for (const auto& [path, field] : good) {
                auto since = changed_since(field.changes);
                if (!since) {
                    covered = 0;  // too many at once: all rows are looked at
                    break;
                }
                changed.insert(changed.end(), since->begin(), since->end());
            }
        }
        made->taken = evaluate(
            filter.root(), [&](const Path& path) -> const Column& { return *good.at(path).column; }, covered);
        for (const uint32_t row : changed) {
            made->taken.remove(row);
            if (row < covered) look(row);
        }
    }
    for (uint32_t row = covered; row < rows; ++row) look(row);
    made->taken.runOptimize();
    made->count = made->taken.cardinality();
    return made;
}

std::optional<PayloadIndex::Field> PayloadIndex::good_field(const Path& path, uint32_t rows) {
    const std::lock_guard lock(mutex_);
    const auto entry = fields_.find(path);
    if (entry == fields_.end()) return std::nullopt;
    entry->second.used = ++stamp_;
    const Field& field = entry->second.kept;
    const auto since = changed_since(field.changes);
    if (!since || since->size() > lag_max(field.rows)) return std::nullopt;
    if (rows > field.rows && rows - field.rows > lag_max(field.rows)) return std::nullopt;
    return field;
}

PayloadIndex::Fields PayloadIndex::fields(const std::set<Path>& paths, uint32_t rows, Metadata metadata,
                                          unsigned threads) {
    Fields good;
    const auto look_up = [&] {
        for (const Path& path : paths) {
            if (good.contains(path)) continue;
            if (auto field = good_field(path, rows)) good.emplace(path, std::move(*field));
        }
        return good.size() == paths.size();
    };
    if (look_up()) return good;
    const std::lock_guard making_lock(making_mutex_);
    if (look_up()) return good;
    std::vector<Making> makings;
    uint64_t now = 0;
    {
        const std::lock_guard lock(mutex_);
        now = changes();
        for (const Path& path : paths) {
            if (good.contains(path)) continue;
            Making& making = makings.emplace_back();
            making.path = &path;
            const auto entry = fields_.find(path);
            if (entry == fields_.end()) continue;
            const Field& field = entry->second.kept;
            const auto since = changed_since(field.changes);
            if (!since) continue;
            making.before = field.column;
            making.rows_before = field.rows;
            rows =
                std::max(rows, field.rows);  // others have come on meanwhile: what changed there is read, too
            for (const uint32_t row : *since)
                if (row < field.rows) making.again.add(row);
        }
    }
    read_rows(makings, rows, metadata, threads);
    for (Making& making : makings) {
        Field field{std::make_shared<const Column>(std::move(making.entries), making.exist,
                                                   making.before.get(), making.again),
                    rows, now};
        const std::lock_guard lock(mutex_);
        fields_[*making.path] = {field, ++stamp_};
        if (fields_.size() > columns_max) fields_.erase(oldest_of(fields_));
        good.emplace(*making.path, std::move(field));
    }
    return good;
}

size_t PayloadIndex::memory_bytes() const {
    const std::lock_guard lock(mutex_);
    size_t bytes = answers_bytes_ + changes_.size() * sizeof(uint32_t);
    for (const auto& [path, field] : fields_) bytes += field.kept.column->memory_bytes();
    return bytes;
}

size_t PayloadIndex::columns() const {
    const std::lock_guard lock(mutex_);
    return fields_.size();
}

}  // namespace vexfs::payload
