// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/manifest.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/base/xxh3.h"
#include "engine/collection/row_table.h"
#include "engine/storage/format.h"

namespace vexfs {
namespace {

using nlohmann::json;

constexpr size_t manifest_bytes_max = size_t{64} << 20;
constexpr std::string_view heading = "vexfs-manifest ";

std::string path_of(const std::string& directory) {
    return fmt::format("{}/{}", directory, manifest_name);
}

std::string checksum_of(std::string_view body, uint64_t version) {
    return fmt::format("{:016x}", xxh3(body.data(), body.size(), version - 1));
}

uint64_t number_of(std::string_view text) {
    uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

json to_json(const Manifest& manifest) {
    json segments = json::array();
    for (const ManifestSegment& segment : manifest.segments) {
        segments.push_back({{"number", segment.number},
                            {"first_sequence", segment.first_sequence},
                            {"rows", segment.rows},
                            {"bytes", segment.bytes}});
    }
    json index = json::array();
    for (const ManifestIndex& file : manifest.index)
        index.push_back({{"file", file.file}, {"first_row", file.first_row}, {"end_row", file.end_row}});
    json value{{"schema", to_json(manifest.schema)}, {"salt", manifest.salt},
               {"revision", manifest.revision},      {"next_number", manifest.next_number},
               {"segments", std::move(segments)},    {"index", std::move(index)},
               {"first_row", manifest.first_row},    {"next_id", manifest.next_id},
               {"import_rows", manifest.import_rows}};
    return value;
}

// Throws json::exception where there is no whole number of that name.
uint64_t number_at(const json& value, const auto& name) {
    const json& number = value.at(name);
    if (!number.is_number_unsigned())
        throw json::type_error::create(302, fmt::format("{} is no number", name), &number);
    return number;
}

Result<Manifest> from_json(const json& value) {
    Manifest manifest;
    VEXFS_ASSIGN(manifest.schema, schema_from_json(value.at("schema")));
    manifest.salt = number_at(value, "salt");
    manifest.revision = number_at(value, "revision");
    manifest.next_number = number_at(value, "next_number");
    for (const json& segment : value.at("segments"))
        manifest.segments.push_back({number_at(segment, "number"), number_at(segment, "first_sequence"),
                                     number_at(segment, "rows"), number_at(segment, "bytes")});
    for (const json& file : value.at("index"))
        manifest.index.push_back({file.at("file"), number_at(file, "first_row"), number_at(file, "end_row")});
    manifest.first_row = number_at(value, "first_row");
    manifest.next_id = number_at(value, "next_id");
    for (const json& import : value.at("import_rows"))
        manifest.import_rows[number_at(import, size_t{0})] = number_at(import, size_t{1});
    return manifest;
}

}  // namespace

Result<Manifest> read_manifest(Disk& disk, const std::string& directory) {
    const std::string path = path_of(directory);
    VEXFS_ASSIGN(const std::string text, disk.read(path, manifest_bytes_max));
    const auto damaged = [&](std::string_view why) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path, why),
                    "restore the file from a backup; the logs beside it hold the vectors");
    };

    const size_t newline = text.find('\n');
    if (!text.starts_with(heading) || newline == std::string::npos) return damaged("this is not a manifest");
    std::string_view head = std::string_view(text).substr(heading.size(), newline - heading.size());
    const std::string_view version = head.substr(0, head.find(' '));
    const std::string_view body = std::string_view(text).substr(newline + 1);
    head.remove_prefix(std::min(head.size(), version.size() + 1));
    // A newer one proves by its seed that its version is no damage.
    if (version != std::to_string(format::version) && head == checksum_of(body, number_of(version))) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has format version {}, this vexfs reads version {}", path, version,
                                format::version),
                    "use the newer vexfs that wrote it");
    }
    if (version != std::to_string(format::version)) return damaged("its first line is none of a manifest");
    if (head != checksum_of(body, format::version)) return damaged("it fails its checksum");
    try {
        auto manifest = from_json(json::parse(body));
        if (!manifest) return damaged(manifest.error().message);
        if (manifest->segments.empty()) return damaged("it names no segment");
        if (manifest->first_row > RowTable::rows_max) return damaged("there are no rows of such numbers");
        return manifest;
    } catch (const json::exception& error) {
        return damaged(error.what());
    }
}

Result<void> write_manifest(Disk& disk, const std::string& directory, Manifest& manifest) {
    ++manifest.revision;
    const std::string body = to_json(manifest).dump() + "\n";
    return replace_file(
        disk, path_of(directory),
        fmt::format("{}{} {}\n{}", heading, format::version, checksum_of(body, format::version), body));
}

}  // namespace vexfs
