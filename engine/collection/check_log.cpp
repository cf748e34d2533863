// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/check_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vexfs {

using format::RecordKind;

namespace {

std::string consequence_of(const LogDamage& damage, uint32_t dimension) {
    if (damage.header) {
        const uint32_t count = damage.header->count;
        switch (static_cast<RecordKind>(damage.header->kind)) {
            case RecordKind::insert:
                return fmt::format(
                    "{} points that one request wrote are lost; those that they replaced are "
                    "back",
                    count);
            case RecordKind::erase: return fmt::format("{} points that were deleted may be back", count);
            case RecordKind::metadata:
                return fmt::format("{} points have the metadata they had before", count);
            case RecordKind::moved:
                return fmt::format("{} points are lost where the log that they were moved from is gone",
                                   count);
            default: return "one record is lost";
        }
    }
    const std::string records =
        damage.records == 0 ? "some records" : fmt::format("{} records", damage.records);
    if (damage.bytes == 0) return fmt::format("{} are lost; points deleted by them may be back", records);
    return fmt::format("{} with up to {} rows are lost; points deleted by them may be back", records,
                       rows_max_of(damage, dimension));
}

}  // namespace

uint64_t rows_max_of(const LogDamage& damage, uint32_t dimension) {
    if (damage.header) {
        return has_vectors(static_cast<RecordKind>(damage.header->kind)) ? damage.header->count : 0;
    }
    // Each has an id, a vector and the length of its metadata.
    return damage.bytes / (sizeof(uint64_t) + uint64_t{dimension} * sizeof(float) + sizeof(uint32_t));
}

// What its marks say was synced.
uint64_t CheckedLog::check_page(const File& disk_file, CheckReport& report) const {
    std::array<std::byte, format::records_offset> bytes{};
    const auto add = [&](uint64_t offset, Severity severity, std::string what, std::string consequence) {
        report.add({file, offset, 0, severity, Part::log, std::move(what), std::move(consequence), repair});
    };
    const std::string closed = "no record is lost by it, but the collection can't be opened";
    if (auto got = disk_file.read_at(0, bytes); !got) {
        add(0, Severity::damage, got.error().message, closed);
        return 0;
    }
    const SegmentPage page(bytes);
    if (const auto found = segment_identity(page); !found) {
        add(0, Severity::damage, found.error().message, closed);
    } else if (*found != identity) {
        add(0, Severity::damage, "the header is that of another segment", closed);
    }
    const std::string harmless = "no data are lost";
    if (const auto schema = schema_copy(page); !schema) {
        add(format::schema_offset, Severity::warning, schema.error().message,
            "no data are lost; a lost manifest would be made again from another log's copy, if there is one");
    }
    const SyncMarks marks = sync_marks(page, identity.seed());
    for (size_t i = 0; i < marks.damaged.size(); ++i) {
        if (marks.damaged[i])
            add(format::sync_mark_offsets[i], Severity::warning, "a mark of what was synced is damaged",
                harmless);
    }
    if (const uint64_t stray = first_stray_byte(page); stray != page.size())
        add(stray, Severity::warning, "there is a byte where none belongs", harmless);
    return marks.synced_bytes;
}

Result<void> CheckedLog::check(const File& disk_file, CheckReport& report,
                               FunctionRef<bool(uint64_t)> reached) const {
    const auto add = [&](const LogDamage& damage) {
        report.add({file, damage.offset, damage.bytes, Severity::damage, Part::log, damage.why,
                    consequence_of(damage, identity.dimension), repair});
    };
    const auto size = disk_file.size();
    if (!size) {
        report.add({file, 0, 0, Severity::damage, Part::log, size.error().message,
                    "the collection can't be opened", repair});
        return {};
    }
    uint64_t synced = std::max(synced_bytes, check_page(disk_file, report));
    std::vector<LogDamage> damages;
    uint64_t rows_found = 0;
    LogScan scan(disk_file, identity, std::min(end.value_or(*size), *size));
    VEXFS_TRY(scan.run({[&](const ScannedRecord& record) -> Result<void> {
                            ++report.records;
                            if (static_cast<RecordKind>(record.header.kind) == RecordKind::insert)
                                rows_found += record.header.count;
                            return {};
                        },
                        [&](const LogDamage& damage) -> Result<void> {
                            damages.push_back(damage);
                            return {};
                        },
                        reached}));
    report.rows += rows_found;
    synced = std::max(synced, scan.synced_bytes());
    for (const LogDamage& damage : damages) {
        if (may_be_torn && damage.offset >= synced) {
            report.add({file, damage.offset, *size - damage.offset, Severity::note, Part::log, damage.why,
                        "none: it is what a crash leaves of writes that were not acknowledged",
                        "the next opening cuts it off"});
            return {};
        }
        add(damage);
    }
    const uint64_t needed = std::max(end.value_or(0), synced);
    if (*size < needed) {
        add({*size, needed - *size,
             fmt::format("the file ends here, {} bytes of it were on the disk", needed), std::nullopt, 0});
    } else if (next_first_sequence && *next_first_sequence > scan.next_sequence() &&
               scan.next_sequence() != 0) {
        const uint64_t missing = *next_first_sequence - scan.next_sequence();
        add({*size, 0,
             fmt::format("records {} to {} are missing behind this place", scan.next_sequence(),
                         *next_first_sequence - 1),
             std::nullopt, missing});
    } else if (damages.empty() && rows && *rows != rows_found) {
        report.add({file, 0, 0, Severity::damage, Part::log,
                    fmt::format("the log has {} rows, the manifest says {}", rows_found, *rows),
                    "the collection can't be opened", repair});
    }
    if (end && !may_be_torn && rows && *size > *end) {
        report.add({file, *end, *size - *end, Severity::warning, Part::log,
                    "there are bytes behind the log's end", "no data are lost", repair});
    }
    return {};
}

}  // namespace vexfs
