// SPDX-License-Identifier: Apache-2.0
// Crashes while a snapshot is made, and behind it.
//
// VEXFS_TEST_SEED chooses what arrives on the platter.
#include <catch2/catch.hpp>

#include "tests/engine/storage/scene.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

const std::string snapshot_directory = "/disk/snapshot";

// What a crash leaves at any call of `work`, by turns a power cut and the death of the process.
template <class Work, class Check>
void crash_at_each_call(SimulatedDisk& disk, uint64_t& seed, Work work, Check check) {
    disk.watch = [&](const DiskCall& call) {
        if (!call.changes) return;
        ++seed;
        const auto left = seed % 3 != 0 ? disk.after_power_cut(seed) : disk.after_process_death(seed);
        INFO("VEXFS_TEST_SEED=" << test_seed() << ", before " << call.name << " of " << call.path);
        check(*left);
    };
    work();
    disk.watch = nullptr;
}

}  // namespace

TEST_CASE("a snapshot outlives any crash as it was, and one in the making harms nothing") {
#ifdef VEXFS_SANITIZED
    constexpr size_t of_last_steps = 4;  // one in so many: all of them take minutes
#else
    constexpr size_t of_last_steps = 1;
#endif
    Model start;
    const auto base = prepared_disk(start);
    uint64_t seed = test_seed();
    size_t turn = 0;
    for (const uint64_t segment_bytes : {one_segment, segment_for_each_write}) {
        for (const Step& first : all_steps()) {
            for (const Step& last : all_steps()) {
                if (turn++ % of_last_steps != 0) continue;
                const auto disk = base->after_power_cut(seed);
                const auto collection = open_collection(*disk, segment_bytes).value();
                History history(start);
                must(history.perform(*collection, first, 1));
                must(disk->make_directory(snapshot_directory));
                const auto serves = [&](SimulatedDisk& left) {
                    const auto opened = open_collection(left, segment_bytes);
                    REQUIRE(opened);
                    const auto found = history.recovered(**opened);
                    INFO(text_of({first, last}) << ": " << (found ? "" : found.error().message));
                    REQUIRE(found);
                };
                crash_at_each_call(
                    *disk, seed, [&] { REQUIRE(collection->snapshot(snapshot_directory)); }, serves);
                const Model taken = history.now();
                crash_at_each_call(
                    *disk, seed, [&] { must(history.perform(*collection, last, 2)); },
                    [&](SimulatedDisk& left) {
                        serves(left);
                        const auto snapshot = LocalCollection::open(left, "points", snapshot_directory, {});
                        REQUIRE(snapshot);
                        REQUIRE(read_back(**snapshot).value().looks_like(taken));
                    });
            }
        }
    }
    CHECK(seed > test_seed() + 5'000 / of_last_steps);
}
