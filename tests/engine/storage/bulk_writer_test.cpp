// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/bulk_writer.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("a file that is written in parts of any size holds them one behind the other") {
    constexpr size_t buffer = size_t{1} << 20;
    const bool bulk = GENERATE(false, true);
    const size_t odd = GENERATE(0, 1, 4096);
    CAPTURE(bulk, odd);
    const TemporaryDirectory directory;
    const std::string path = directory / "file";
    BulkWriter writer(bulk ? real_disk().create_bulk(path).value() : real_disk().create(path).value());
    std::vector<std::byte> expected;
    for (const size_t size : {odd, size_t{5}, buffer, 3 * buffer + odd, buffer - 5, 2 * buffer, odd}) {
        std::vector<std::byte> part(size);
        for (size_t i = 0; i < size; ++i) part[i] = static_cast<std::byte>(i * 31 + size);
        REQUIRE(writer.write(part.data(), part.size()));
        expected.insert(expected.end(), part.begin(), part.end());
        CHECK(writer.bytes() == expected.size());
    }
    REQUIRE(writer.finish());
    CHECK(writer.bytes() == expected.size());
    std::vector<std::byte> written(writer.file().size().value());
    REQUIRE(writer.file().read_at(0, written));
    CHECK(written == expected);
}

TEST_CASE("a file that nothing is written to is empty") {
    const TemporaryDirectory directory;
    BulkWriter writer(real_disk().create_bulk(directory / "file").value());
    REQUIRE(writer.finish());
    CHECK(writer.file().size().value() == 0);
}
