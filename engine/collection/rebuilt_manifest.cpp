// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/rebuilt_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/storage/segment.h"

namespace vexfs {
namespace {

// 0 for a file of another kind.
uint64_t number_of(std::string_view file, std::string_view extension) {
    uint64_t number = 0;
    std::from_chars(file.data(), file.data() + file.size(), number);
    return fmt::format("{:08}{}", number, extension) == file ? number : 0;
}

struct Log {
    uint64_t number = 0;
    std::optional<SegmentIdentity> identity;  // none where the header is damaged
    std::optional<Schema> schema;
};

std::optional<Log> read_page(Disk& disk, const std::string& path, uint64_t number) {
    const auto file = disk.open(path);
    std::array<std::byte, format::records_offset> page{};
    // One that is shorter was never begun.
    if (!file || !(*file)->read_at(0, page)) return std::nullopt;
    Log log{number, std::nullopt, std::nullopt};
    if (const auto identity = segment_identity(SegmentPage(page)); identity && identity->number == number)
        log.identity = *identity;
    const auto text = schema_copy(SegmentPage(page));
    if (!text || text->empty()) return log;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (auto schema = json.is_discarded() ? fail(ErrorCode::corrupt, "") : schema_from_json(json))
        log.schema = std::move(*schema);
    return log;
}

}  // namespace

Result<RebuiltManifest> rebuild_manifest(Disk& disk, const std::string& directory,
                                         const std::vector<std::string>& files) {
    std::vector<Log> logs;
    std::map<uint64_t, size_t> salts;
    RebuiltManifest rebuilt;
    Manifest& manifest = rebuilt.manifest;
    for (const std::string& file : files) {
        const uint64_t number = number_of(file, ".log");
        manifest.next_number = std::max({manifest.next_number, number + 1, number_of(file, ".hnsw") + 1});
        if (number == 0) continue;
        auto log = read_page(disk, fmt::format("{}/{}", directory, file), number);
        if (!log) continue;
        if (log->identity) ++salts[log->identity->salt];
        logs.push_back(std::move(*log));
    }
    std::ranges::sort(logs, {}, &Log::number);
    const auto most = std::ranges::max_element(salts, {}, [](const auto& salt) { return salt.second; });
    if (most == salts.end())
        return fail(ErrorCode::corrupt, fmt::format("no log in {} has a header that can be read", directory),
                    "restore the collection from a backup");
    manifest.salt = most->first;
    for (const Log& log : logs) {
        const bool other = log.identity && log.identity->salt != manifest.salt;
        if (other) {
            rebuilt.left_out.push_back(Segment::file_name(log.number));
            continue;
        }
        manifest.segments.push_back({log.number, log.identity ? log.identity->first_sequence : 0, 0, 0});
        if (!log.schema) continue;
        manifest.schema = *log.schema;
        rebuilt.schema_from = Segment::file_name(log.number);
    }
    if (rebuilt.schema_from.empty()) {
        return fail(ErrorCode::corrupt,
                    fmt::format("no log in {} has a copy of the schema that can be read", directory),
                    "restore the collection from a backup");
    }
    return rebuilt;
}

}  // namespace vexfs
