// SPDX-License-Identifier: Apache-2.0
// Files of the machine's disk, through each backend.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <numeric>
#include <thread>

#include "engine/storage/disk.h"
#include "tests/engine/storage/page_cache.h"
#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

std::vector<std::byte> bytes_of(size_t count, unsigned seed) {
    std::vector<std::byte> bytes(count);
    uint32_t state = seed + 1;
    for (std::byte& value : bytes)
        value = static_cast<std::byte>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}

// As parts of many sizes, from a byte to a few pieces of what goes to the disk at once.
std::vector<iovec> cut(std::vector<std::byte>& bytes) {
    std::vector<iovec> parts;
    size_t at = 0;
    for (size_t size = 1; at < bytes.size(); size = size < 3'000'000 ? size * 2 : 1) {
        const size_t taken = std::min(size, bytes.size() - at);
        parts.push_back({bytes.data() + at, taken});
        at += taken;
    }
    return parts;
}

std::vector<std::byte> content_of(File& file) {
    std::vector<std::byte> bytes(file.size().value());
    REQUIRE(file.read_at(0, bytes));
    return bytes;
}

// No file may grow beyond that while it lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    void (*handler_)(int);
    rlimit before_{};
};

}  // namespace

TEST_CASE("what is written is read back, whatever its size and its parts") {
    const TemporaryDirectory directory;
    const auto file = real_disk().create(directory / "file").value();
    auto bytes = bytes_of(GENERATE(1, 4096, 1'000'000, 9'000'001), 1);
    const bool synced = GENERATE(false, true);
    const auto parts = cut(bytes);
    constexpr uint64_t offset = 77;
    REQUIRE((synced ? file->write_and_sync(offset, parts) : file->write_at(offset, parts)));
    CHECK(file->size().value() == offset + bytes.size());
    std::vector<std::byte> read(bytes.size());
    REQUIRE(file->read_at(offset, read));
    CHECK(read == bytes);
}

TEST_CASE("more parts than the system takes at once are written all the same") {
    const TemporaryDirectory directory;
    const auto file = real_disk().create(directory / "file").value();
    auto bytes = bytes_of(5'000 * 700, 2);
    std::vector<iovec> parts;
    for (size_t at = 0; at < bytes.size(); at += 700) parts.push_back({bytes.data() + at, 700});
    REQUIRE(file->write_at(0, parts));
    REQUIRE(file->write_and_sync(bytes.size(), {parts.data(), 1'500}));
    auto wanted = bytes;
    wanted.insert(wanted.end(), bytes.begin(), bytes.begin() + 1'500 * 700);
    CHECK(content_of(*file) == wanted);
}

TEST_CASE("nothing to write is written") {
    const TemporaryDirectory directory;
    const auto file = real_disk().create(directory / "file").value();
    CHECK(file->write_at(0, {}));
    const iovec empty{nullptr, 0};
    CHECK(file->write_and_sync(0, {&empty, 1}));
    CHECK(file->size().value() == 0);
}

TEST_CASE("a read beyond the end says which file ends where") {
    const TemporaryDirectory directory;
    const auto file = real_disk().create(directory / "file").value();
    auto bytes = bytes_of(600'000, 3);
    REQUIRE(file->write_at(0, cut(bytes)));
    std::vector<std::byte> into(GENERATE(1'000'000, 600'001));
    const auto read = file->read_at(0, into);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::corrupt);
    CHECK(read.error().message == directory / "file" + " ends at 600000, more was expected");
}

TEST_CASE("a write that has no room fails with the file's name, and what fits may be there") {
    const TemporaryDirectory directory;
    const std::string path = directory / "file";
    const auto file = real_disk().create(path).value();
    const size_t size = GENERATE(100'000, 5'000'000);  // in one piece, in several
    const bool synced = GENERATE(false, true);
    auto bytes = bytes_of(size, 4);
    const iovec part{bytes.data(), bytes.size()};
    {
        const FileSizeLimit limit(size - 10);
        const auto written = synced ? file->write_and_sync(0, {&part, 1}) : file->write_at(0, {&part, 1});
        REQUIRE_FALSE(written);
        CHECK(written.error().message.find("write " + path) == 0);
        CHECK(written.error().code != ErrorCode::io_error);
    }
    CHECK(file->size().value() <= size - 10);
    // The file is as good as before.
    REQUIRE(file->truncate(0));
    REQUIRE(file->write_and_sync(0, {&part, 1}));
    CHECK(content_of(*file) == bytes);
}

TEST_CASE("threads write and read files of one disk at once") {
    const TemporaryDirectory directory;
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (unsigned i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            auto bytes = bytes_of(3'500'000, i);
            const iovec part{bytes.data(), bytes.size()};
            const auto file = real_disk().create(directory / std::to_string(i)).value();
            std::vector<std::byte> read(bytes.size());
            bool well = true;
            for (int round = 0; round < 3; ++round)
                well = well && file->write_and_sync(0, {&part, 1}) && file->read_at(0, read) && read == bytes;
            if (well) ++good;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 4);
}

TEST_CASE("a bulk file goes past the page cache where the file system can, its unaligned end through it") {
    const TemporaryDirectory directory;
    const std::string path = directory / "file";
    const auto file = real_disk().create_bulk(path).value();
    constexpr size_t aligned_bytes = size_t{4} << 20, end_bytes = 100;
    const auto bytes = bytes_of(aligned_bytes + end_bytes, 5);
    const std::unique_ptr<std::byte, void (*)(void*)> buffer(
        static_cast<std::byte*>(std::aligned_alloc(direct_alignment, 2 * aligned_bytes)), std::free);
    std::ranges::copy(bytes, buffer.get());
    const iovec whole{buffer.get(), aligned_bytes}, end{buffer.get() + aligned_bytes, end_bytes};
    CHECK(is_aligned(0, {&whole, 1}));
    CHECK_FALSE(is_aligned(aligned_bytes, {&end, 1}));
    REQUIRE(file->write_at(0, {&whole, 1}));
    const PageCache cache(path);
    if (file->direct()) {
        CHECK(cache.pages() == 0);
    } else {
        WARN("no direct I/O in " << directory.path());
    }
    REQUIRE(file->write_and_sync(aligned_bytes, {&end, 1}));
    CHECK(content_of(*file) == bytes);
}
