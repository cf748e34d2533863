// SPDX-License-Identifier: Apache-2.0
// Files of a collection.
#include <iterator>
#include <numeric>
#include <random>

#include "engine/graph/part.h"
#include "engine/index/hnsw.h"
#include "engine/storage/manifest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/index_file.h"
#include "tests/fuzz/memory_disk.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/segment_log.h"

namespace vexfs::fuzz {
namespace {

std::string segment_input(bool sealed, uint8_t synced_units, const std::string& log) {
    SegmentInput head{};
    head.sealed = sealed ? 1 : 0;
    head.synced_units = synced_units;
    take_page(head, log);
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) +
           log.substr(format::records_offset);
}

// Insert, metadata, erase and an insert of an import, with a sync in between.
std::string segment_with_all_kinds() {
    MemoryDisk disk;
    const auto segment =
        Segment::create(disk, "docs", fuzzed_segment, memory_file_bytes_max, R"({"dimension":3})").value();
    const uint64_t ids[] = {1, 2, 3};
    const float vectors[] = {1, 2, 3, -1, 0.5F, 1e-3F, 0, 0, 1e9F};
    const std::string_view metadata[] = {R"({"word":"one"})", "", R"({"n":[1,2]})"};
    uint64_t sequence = fuzzed_segment.first_sequence;
    segment->append({format::RecordKind::insert, ids, vectors, metadata, {}}, sequence++).value();
    require(segment->sync().has_value(), "a log can be synced");
    require(segment->mark_synced().has_value(), "what is synced can be noted");
    segment->append({format::RecordKind::metadata, {ids, 2}, {}, {metadata, 2}, {}}, sequence++).value();
    segment->append({format::RecordKind::erase, {ids, 1}, {}, {}, {}}, sequence++).value();
    segment->append({format::RecordKind::insert, {ids, 1}, {vectors, 3}, {}, {0xabcd, 1}}, sequence).value();
    return disk.read("docs/" + Segment::file_name(fuzzed_segment.number), memory_file_bytes_max).value();
}

std::string manifest_of(Manifest manifest) {
    MemoryDisk disk;
    require(write_manifest(disk, "docs", manifest).has_value(), "a manifest can be written");
    return disk.read("docs/MANIFEST", memory_file_bytes_max).value();
}

std::vector<float> some_vectors(size_t rows) {
    std::mt19937 random(1);
    std::vector<float> values(rows * index_dimension);
    for (float& value : values) value = static_cast<float>(random() % 2001) / 1000 - 1;
    return values;
}

std::string part_input(IndexFile kind, simd::Metric metric, uint32_t count, bool refined,
                       const HnswParameters& parameters = index_parameters()) {
    const Scratch scratch;
    const std::vector<float> vectors = some_vectors(count);
    const auto vector = [&](uint32_t row) { return vectors.data() + size_t{row - 4} * index_dimension; };
    std::vector<uint32_t> rows(count);
    std::iota(rows.begin(), rows.end(), 4);
    const graph::PartOptions options{parameters, 1, {}};
    std::unique_ptr<paths::Part> part =
        graph::Part::build(index_dimension, metric, {4, 4 + count}, rows, vector, options);
    if (refined) part = part->refine(vector, {1, {}});
    require(part->save(scratch / "part").has_value(), "a part can be saved");
    return static_cast<char>(kind) + scratch.read("part");
}

std::string lsh_input(uint32_t count) {
    const Scratch scratch;
    const std::vector<float> vectors = some_vectors(count);
    const auto vector = [&](uint32_t row) { return vectors.data() + size_t{row - 4} * index_dimension; };
    std::vector<uint32_t> rows(count);
    std::iota(rows.begin(), rows.end(), 4);
    const auto part = lsh::Part::build(index_dimension, simd::Metric::dot, {4, 4 + count}, rows, vector,
                                       lsh_parameters(), {1, {}});
    require(part->save(scratch / "lsh").has_value(), "a part of hash tables can be saved");
    return static_cast<char>(IndexFile::lsh_dot) + scratch.read("lsh");
}

std::string hnsw_input(IndexFile kind, simd::Metric metric, uint32_t count) {
    const Scratch scratch;
    const std::vector<float> vectors = some_vectors(count);
    Hnsw graph(index_dimension, metric, index_parameters());
    for (uint32_t row = 0; row < count; ++row) graph.add(row, vectors.data() + row * index_dimension);
    graph.add(count, vectors.data());  // the same once more
    require(graph.save(scratch / "hnsw").has_value(), "a graph can be saved");
    return static_cast<char>(kind) + scratch.read("hnsw");
}

}  // namespace

std::vector<std::string> segment_log_seeds() {
    const std::string log = segment_with_all_kinds();
    return {segment_input(false, 0, log), segment_input(true, 0, log),
            segment_input(false, 1, log.substr(0, log.size() - 100)),
            segment_input(false, 0, log.substr(0, format::records_offset))};
}

std::vector<std::string> manifest_seeds() {
    Manifest manifest;
    manifest.schema.dimension = 3;
    manifest.salt = fuzzed_segment.salt;
    manifest.segments = {{1, 1, 0, 0}};
    Manifest full = manifest;
    full.schema.preset = "balanced";
    full.schema.target_recall = 0.95;
    full.schema.hnsw.ml = 0.5;
    full.next_number = 9;
    full.segments = {{1, 1, 1000, 409'600}, {5, 17, 0, 4096}};
    full.index = {{"00000007.hnsw", 0, 900}, {"00000008.hnsw", 900, 1000}};
    return {manifest_of(manifest), manifest_of(full)};
}

std::vector<std::string> index_file_seeds() {
    return {part_input(IndexFile::part_dot, simd::Metric::dot, 7, false),
            part_input(IndexFile::part_cosine, simd::Metric::cosine, 12, true),
            part_input(IndexFile::part_cosine, simd::Metric::cosine, 1, false),
            part_input(IndexFile::part_cosine, simd::Metric::cosine, 70, false),  // with a calibration
            part_input(IndexFile::compact_part, simd::Metric::euclidean, 12, true,
                       index_parameters(GraphLayout::compact)),
            lsh_input(7),
            lsh_input(60),
            hnsw_input(IndexFile::hnsw_euclidean, simd::Metric::euclidean, 20),
            hnsw_input(IndexFile::hnsw_manhattan, simd::Metric::manhattan, 3)};
}

}  // namespace vexfs::fuzz
