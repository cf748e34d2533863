// SPDX-License-Identifier: Apache-2.0
// Where the tests of crashes and faults begin: a collection with a few points, all of it on the disk.
#pragma once

#include <cstdlib>
#include <stdexcept>

#include "tests/engine/storage/model.h"
#include "tests/engine/storage/simulated_disk.h"

namespace vexfs::test {

inline const std::string scene_directory = "/disk/points";
inline constexpr uint64_t one_segment = 30'000;  // what a simulated file can take
inline constexpr uint64_t segment_for_each_write = format::records_offset + 1;

// VEXFS_TEST_SEED, by which a failure is replayed, or 1.
inline uint64_t test_seed() {
    const char* seed = std::getenv("VEXFS_TEST_SEED");
    return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
}

inline Result<std::shared_ptr<LocalCollection>> open_collection(Disk& disk, uint64_t segment_bytes) {
    CollectionOptions options;
    options.segment_bytes = segment_bytes;
    options.garbage_bytes_min = 0;
    return LocalCollection::open(disk, "points", scene_directory, options);
}

// What is no part of the test.
inline void must(const Result<void>& result) {
    if (!result) throw std::runtime_error(result.error().message);
}

inline std::unique_ptr<SimulatedDisk> prepared_disk(Model& holds) {
    auto disk = std::make_unique<SimulatedDisk>(0);
    Schema schema;
    schema.dimension = model_dimension;
    schema.metric = simd::Metric::euclidean;
    schema.algorithm = Algorithm::flat;  // whose files all go through the disk
    must(disk->make_directory(scene_directory));
    must(LocalCollection::create(*disk, scene_directory, schema));
    const auto collection = open_collection(*disk, one_segment).value();
    History history(holds);
    for (uint64_t number : {1000, 1001}) must(history.perform(*collection, {Action::insert_one}, number));
    holds = history.now();
    return disk;
}

}  // namespace vexfs::test
