// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/measured_disk.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/storage/real_disk.h"
#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace std::chrono_literals;

TEST_CASE("a measured disk counts reads, writes and syncs with their bytes") {
    const TemporaryDirectory directory;
    MeasuredDisk disk(real_disk());
    const std::string content(1000, 'x');
    const iovec part{const_cast<char*>(content.data()), content.size()};
    {
        const auto file = disk.create(directory / "file").value();
        REQUIRE(file->write_at(0, {&part, 1}));
        REQUIRE(file->write_at(1000, {&part, 1}));
        REQUIRE(file->sync());
        REQUIRE(file->write_and_sync(2000, {&part, 1}));
        std::vector<std::byte> into(500);
        REQUIRE(file->read_at(0, into));
        CHECK(file->size().value() == 3000);
    }
    CHECK(disk.read(directory / "file", 1 << 20).value() == content + content + content);
    REQUIRE(disk.sync_directory(directory.path()));
    const IoStats stats = disk.io_stats();
    CHECK(stats.writes.operations == 3);
    CHECK(stats.writes.bytes == 3000);
    CHECK(stats.reads.operations == 2);
    CHECK(stats.reads.bytes == 3500);
    CHECK(stats.syncs.operations == 3);
    CHECK(stats.syncs.max_latency_ms > 0);
    CHECK(stats.syncs.avg_latency_ms <= stats.syncs.max_latency_ms);
    uint64_t in_histogram = 0;
    for (const HistogramCounts::Octave& octave : stats.syncs.latency_ns.octaves())
        in_histogram += octave.count;
    CHECK(in_histogram == 3);
    CHECK(stats.writes.errors + stats.reads.errors + stats.syncs.errors == 0);
}

TEST_CASE("what fails is counted as an error, without bytes") {
    const TemporaryDirectory directory;
    MeasuredDisk disk(real_disk());
    const auto file = disk.create(directory / "file").value();
    std::vector<std::byte> into(10);
    CHECK_FALSE(file->read_at(0, into));
    CHECK_FALSE(disk.read(directory / "none", 10));
    CHECK_FALSE(disk.sync_directory(directory / "none"));
    const IoStats stats = disk.io_stats();
    CHECK(stats.reads.errors == 2);
    CHECK(stats.reads.bytes == 0);
    CHECK(stats.syncs.errors == 1);
}

TEST_CASE("a file may outlive the disk that measures it") {
    const TemporaryDirectory directory;
    auto disk = std::make_unique<MeasuredDisk>(real_disk());
    const auto file = disk->create(directory / "file").value();
    disk.reset();
    CHECK(file->sync());
}

TEST_CASE("rates are those of the last seconds, totals and latencies of all") {
    const IoMeter::Clock::time_point start{};
    IoMeter meter(start);
    for (int i = 0; i < 30; ++i) meter.record(2ms, 100, false, start + 500ms);
    CHECK(meter.figures(start + 900ms).iops == Approx(30));
    CHECK(meter.figures(start + 9900ms).iops == Approx(3));
    CHECK(meter.figures(start + 9900ms).bytes_per_second == Approx(300));
    meter.record(6ms, 1000, false, start + 10'500ms);
    CHECK(meter.figures(start + 10'600ms).iops == Approx(.1));
    CHECK(meter.figures(start + 10'600ms).bytes_per_second == Approx(100));
    CHECK(meter.figures(start + 60s).iops == 0);
    const IoFigures figures = meter.figures(start + 60s);
    CHECK(figures.operations == 31);
    CHECK(figures.bytes == 4000);
    CHECK(figures.avg_latency_ms == Approx(66. / 31));
    CHECK(figures.max_latency_ms == Approx(6));
}
