// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/read_ahead.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/storage/page_cache.h"
#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr size_t file_bytes = size_t{16} << 20;

}  // namespace

TEST_CASE("a pass has its window read ahead of it, and nothing behind that") {
    const TemporaryDirectory directory;
    const std::string path = directory / "file";
    const auto file = real_disk().create(path).value();
    const std::string content(file_bytes, 'x');
    const iovec part{const_cast<char*>(content.data()), content.size()};
    REQUIRE(file->write_and_sync(0, {&part, 1}));
    const PageCache cache(path);
    cache.forget();
    if (cache.holds(file_bytes / 2)) {
        WARN("this file system keeps its files in memory");
        return;
    }
    const auto mapping = file->map(file_bytes).value();
    ReadAhead(0).at(mapping->data());
    ReadAhead ahead(1 << 20);
    ahead.at(mapping->data() + (4 << 20));
    for (int i = 0; i < 3000 && !cache.holds((5 << 20) - 1); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(cache.holds(4 << 20));
    CHECK(cache.holds((5 << 20) - 1));
    CHECK_FALSE(cache.holds(0));
    CHECK_FALSE(cache.holds(10 << 20));
    // The pass goes on, and jumps.
    ahead.at(mapping->data() + (4 << 20) + (700 << 10));
    ahead.at(mapping->data() + (12 << 20));
    const auto reads = [&] { return cache.holds((5 << 20) + (600 << 10)) && cache.holds((13 << 20) - 1); };
    for (int i = 0; i < 3000 && !reads(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(reads());
    CHECK_FALSE(cache.holds(10 << 20));
}

TEST_CASE("a pass may end at a mapping's end and run over any memory") {
    std::vector<std::byte> memory(3 << 20);
    ReadAhead ahead(64 << 20);
    for (size_t at = 0; at < memory.size(); at += 1000) ahead.at(memory.data() + at);
    ahead.at(nullptr);
    SUCCEED();
}
