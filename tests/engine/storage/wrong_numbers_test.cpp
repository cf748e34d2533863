// SPDX-License-Identifier: Apache-2.0
// Files with right checksums and numbers that nobody writes: refused, not followed.
#include <fmt/format.h>
#include <xxhash.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "../temporary_directory.h"
#include "engine/storage/manifest.h"
#include "engine/storage/record.h"

using namespace vexfs;
using namespace vexfs::test;
using nlohmann::json;

namespace {

constexpr uint64_t seed = 7;

// A record with this header and a body of zeros, the checksums right.
struct alignas(64) Log {
    explicit Log(format::RecordHeader header) {
        header.body_checksum = XXH3_64bits(bytes + sizeof header, header.body_bytes);
        header.header_checksum =
            XXH3_64bits_withSeed(&header, offsetof(format::RecordHeader, header_checksum), seed);
        std::memcpy(bytes, &header, sizeof header);
    }
    Result<RecordView> read() const { return read_record(bytes, sizeof bytes, 0, seed); }

    std::byte bytes[4096] = {};
};

format::RecordHeader header_of_an_insert() {
    format::RecordHeader header;
    header.kind = static_cast<uint16_t>(format::RecordKind::insert);
    header.count = 2;
    header.dimension = 3;
    header.body_bytes = 192;
    return header;
}

void check_corrupt(const format::RecordHeader& header) {
    const auto record = Log(header).read();
    REQUIRE_FALSE(record);
    CHECK(record.error().code == ErrorCode::corrupt);
}

json manifest_of(const json& changes) {
    Manifest manifest;
    manifest.schema.dimension = 3;
    json all{{"schema", to_json(manifest.schema)},
             {"salt", 1},
             {"revision", 1},
             {"next_number", 2},
             {"segments", {{{"number", 1}, {"first_sequence", 1}, {"rows", 0}, {"bytes", 0}}}},
             {"index", json::array()},
             {"first_row", 0},
             {"next_id", 0},
             {"import_rows", json::array()}};
    all.merge_patch(changes);
    return all;
}

Result<Manifest> read(const json& manifest) {
    const TemporaryDirectory directory;
    const std::string body = manifest.dump();
    const std::string content =
        fmt::format("vexfs-manifest 1 {:016x}\n{}", XXH3_64bits(body.data(), body.size()), body);
    REQUIRE(replace_file(posix_disk(), directory / "MANIFEST", content));
    return read_manifest(posix_disk(), directory.path());
}

}  // namespace

TEST_CASE("a record whose next one would not be aligned is corrupt") {
    REQUIRE(Log(header_of_an_insert()).read());
    for (const uint64_t bytes : {191u, 193u, 200u}) {
        format::RecordHeader header = header_of_an_insert();
        header.body_bytes = bytes;
        check_corrupt(header);
    }
}

TEST_CASE("a record whose parts are larger than any memory is corrupt") {
    for (const uint32_t dimension : {65'537u, 0x4000'0000u, 0xffff'ffffu}) {
        format::RecordHeader header = header_of_an_insert();
        header.count = 0x8000'0000;
        header.dimension = dimension;
        check_corrupt(header);
    }
}

TEST_CASE("a manifest with a number that is none or out of range is corrupt") {
    REQUIRE(read(manifest_of(json::object())));
    for (const json& wrong : {json(1e65), json(-1), json(1.5), json("1"), json(true)})
        for (const char* change :
             {R"({"salt":null})", R"({"revision":null})", R"({"next_number":null})",
              R"({"schema":{"dimension":null}})", R"({"schema":{"uid":null}})", R"({"schema":{"mode":null}})",
              R"({"segments":[{"number":null,"first_sequence":1,"rows":0,"bytes":0}]})",
              R"({"segments":[{"number":1,"first_sequence":1,"rows":0,"bytes":null}]})",
              R"({"index":[{"file":"1.hnsw","first_row":null,"end_row":1}]})", R"({"first_row":null})",
              R"({"next_id":null})", R"({"import_rows":[[1,null]]})", R"({"import_rows":[[null,1]]})"}) {
            std::string text = change;
            text.replace(text.find("null"), 4, wrong.dump());
            INFO(text);
            const auto manifest = read(manifest_of(json::parse(text)));
            REQUIRE_FALSE(manifest);
            CHECK(manifest.error().code == ErrorCode::corrupt);
        }
}
