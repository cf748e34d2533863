// SPDX-License-Identifier: Apache-2.0
// Submissions to a ring that are interrupted, or for which the kernel has no memory: what could not be run
// there is run without it, and nothing is lost or done twice.
#include <catch2/catch.hpp>
#include <cerrno>
#include <numeric>

#include "engine/storage/uring_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr size_t bytes = size_t{40} << 20;  // more pieces than a ring takes at once

std::vector<std::byte> some_bytes() {
    std::vector<std::byte> content(bytes);
    for (size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>(i * 7 / 3);
    return content;
}

// Fails from the call `first` on with that errno, `times` times.
struct Failing {
    int error_number;
    unsigned first, times;
    unsigned calls = 0;

    int operator()(io_uring* ring, unsigned wait_for) {
        ++calls;
        if (calls >= first && calls < first + times) return -error_number;
        return io_uring_submit_and_wait(ring, wait_for);
    }
};

}  // namespace

TEST_CASE("a submission that is interrupted or finds no memory loses nothing") {
    const int error_number = GENERATE(EINTR, EAGAIN, EBUSY, ENOMEM);
    const unsigned first = GENERATE(1u, 2u, 3u);
    const unsigned times = GENERATE(1u, 5u);
    CAPTURE(error_number, first, times);
    auto failing = std::make_shared<Failing>(Failing{error_number, first, times});
    const auto made =
        make_uring_disk([failing](io_uring* ring, unsigned wait_for) { return (*failing)(ring, wait_for); });
    if (!made) {
        WARN("no io_uring: " << made.error().message);
        return;
    }
    const TemporaryDirectory directory;
    static const std::vector<std::byte> content = some_bytes();
    const auto file = (*made)->create(directory / "file").value();
    const iovec whole{const_cast<std::byte*>(content.data()), content.size()};
    REQUIRE(file->write_at(0, {&whole, 1}));
    const iovec little{const_cast<std::byte*>(content.data()), 1'000};
    REQUIRE(file->write_and_sync(bytes, {&little, 1}));
    CHECK(file->size().value() == bytes + 1'000);
    std::vector<std::byte> back(bytes + 1'000);
    REQUIRE(file->read_at(0, back));
    CHECK(std::equal(content.begin(), content.end(), back.begin()));
    CHECK(std::equal(back.end() - 1'000, back.end(), content.begin()));
    CHECK(failing->calls > first);
}

TEST_CASE("a ring that takes nothing is not used again, and its operations are not begun") {
    unsigned calls = 0;
    auto made = Ring::create([&](io_uring*, unsigned) {
        ++calls;
        return -EAGAIN;
    });
    if (!made) {
        WARN("no io_uring: " << made.error().message);
        return;
    }
    std::byte byte{};
    const iovec part{&byte, 1};
    RingOperation operation{RingOperation::Kind::read, -1, 0, {&part, 1}};
    (*made)->run({&operation, 1});
    CHECK((*made)->broken());
    CHECK(operation.result == -ECANCELED);
    CHECK(calls == 1);
}

TEST_CASE("an interrupted submission is made again on the same ring") {
    unsigned calls = 0;
    auto made = Ring::create([&](io_uring* ring, unsigned wait_for) {
        return ++calls <= 3 ? -EINTR : io_uring_submit_and_wait(ring, wait_for);
    });
    if (!made) {
        WARN("no io_uring: " << made.error().message);
        return;
    }
    std::byte byte{};
    const iovec part{&byte, 1};
    RingOperation operation{RingOperation::Kind::read, -1, 0, {&part, 1}};
    (*made)->run({&operation, 1});
    CHECK_FALSE((*made)->broken());
    CHECK(operation.result == -EBADF);
    CHECK(calls == 4);
}
