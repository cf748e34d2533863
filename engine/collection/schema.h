// SPDX-License-Identifier: Apache-2.0
// What a collection is: its dimension, metric, algorithm and their parameters, with the limits that hold for
// each.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/simd/distance.h"

namespace vexfs {

inline constexpr uint32_t dimension_max = 65'536;
inline constexpr size_t collection_name_bytes_max = 128;
inline constexpr size_t metadata_bytes_max = 1 << 20;  // of one point

enum class Algorithm { hnsw, lsh, flat };

// When an acknowledged write is on the disk. sync: an fdatasync for each call; group (the default): one
// shared by all calls that wait, see IoParameters::write_batch_size; async: behind the acknowledgement, see
// IoParameters::sync_frequency.
enum class Durability { sync, group, async };

// What a node of a graph built in bulk has in memory beside its own code (graph/graph.h). fast: the
// neighbours and their codes; compact: the neighbours alone, a fourth to an eighth of the memory for half the
// speed or so. What is asked for as fast is compact all the same where its data are better scanned than
// walked through (graph/part.cpp).
enum class GraphLayout { fast, compact };

// Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using HNSW graphs" (2016). A
// graph that is built in bulk (graph/part.h) is the lowest layer alone, and its searches start from a sample
// of its nodes; m and ml are those of the graph of rows inserted one by one (index/hnsw.h), which Manhattan
// distance has; layout is that of graphs built in bulk alone.
struct HnswParameters {
    uint32_t m = 16;                 // links made for a new node, and kept on the upper layers: 2 to 128
    uint32_t max_m = 32;             // links kept on layer 0: m to 256
    uint32_t ef_construction = 200;  // breadth of the search for a node's links: 1 to 4,096
    uint32_t ef_search = 100;        // breadth of a search where no recall is to be held: 1 to 65,536
    double ml = 0;                   // level factor, up to 4; 0 is "auto", 1/ln m
    uint64_t seed = 1;               // of the levels
    GraphLayout layout = GraphLayout::fast;

    bool operator==(const HnswParameters&) const = default;
};

// How the hyperplanes of hash functions are drawn: at random, or learned from the data (lsh/functions.h).
enum class Projection { random, learned };

// Locality-sensitive hashing, lsh/tables.h.
struct LshParameters {
    uint32_t num_tables = 10;     // 1 to 128
    uint32_t num_functions = 20;  // hash functions of a table, as far as its buckets need them: 1 to 64
    uint32_t bucket_size = 200;   // points of a bucket, above which it is halved: 1 to 65,536
    Projection projection_type = Projection::random;

    bool operator==(const LshParameters&) const = default;
};

// How a collection uses its disk. All can change while it serves.
struct IoParameters {
    // How far ahead of a pass over the logs the system is asked to read, in KiB: scans, scrolls, replay. 0
    // leaves it to the system's own guess. 0 to 65,536.
    uint32_t read_ahead_kb = 1024;
    // Under `group`, up to so many writes that are under way gather before their fdatasync (2 ms or 4 MiB at
    // most, see GroupCommit); 1 waits for nobody. 1 to 65,536.
    uint32_t write_batch_size = 64;
    // Under `async`, an fdatasync is started after so many calls, and half a second after the write in any
    // case; 0 is by time alone. 0 to 1,000,000,000.
    uint32_t sync_frequency = 1000;
    // Files that are written once and in large pieces, those of the index, go past the page cache where the
    // file system can (Disk::create_bulk).
    bool use_direct_io = false;

    bool operator==(const IoParameters&) const = default;
};

// The names by which they are set.
inline constexpr std::array<std::string_view, 4> io_parameter_names{"read_ahead_kb", "write_batch_size",
                                                                    "sync_frequency", "use_direct_io"};

// Who may use a collection, as with a file: read for searches, write for changes.
struct Access {
    uint32_t uid = 0;
    uint32_t gid = 0;
    uint32_t mode = 0660;

    bool operator==(const Access&) const = default;
};

struct Schema {
    uint32_t dimension = 0;
    simd::Metric metric = simd::Metric::cosine;
    Algorithm algorithm = Algorithm::hnsw;
    HnswParameters hnsw;  // ef_search and seed are those of lsh as well
    LshParameters lsh;
    Durability durability = Durability::group;
    IoParameters io;
    double target_recall = 0;  // recall@10 that searches hold by what was measured; 0 is none
    std::string preset;        // the preset it was made from, or empty
    Access access;

    bool operator==(const Schema&) const = default;
};

std::string_view name_of(simd::Metric metric);
std::string_view name_of(Algorithm algorithm);
std::string_view name_of(Durability durability);
std::string_view name_of(GraphLayout layout);
std::string_view name_of(Projection projection);
Result<simd::Metric> metric_from_name(std::string_view name);
Result<Algorithm> algorithm_from_name(std::string_view name);
Result<Durability> durability_from_name(std::string_view name);
Result<GraphLayout> layout_from_name(std::string_view name);
Result<Projection> projection_from_name(std::string_view name);

// 1 to 128 bytes of letters, digits, '.', '_' and '-', the first a letter, a digit or '_'.
Result<void> check_collection_name(std::string_view name);

// A whole number between the two, both included.
bool in_range(const nlohmann::json& value, uint64_t low, uint64_t high);

// Sets one parameter by its name in the presets, the CLI's --set and the requests ("m", "ef_search",
// "durability", ...). An unknown name, a wrong type or a value out of range is invalid_argument, and the
// message names the range.
// ef_search takes target_recall away: who names a breadth wants that one. Set target_recall after it.
Result<void> set_parameter(Schema& schema, std::string_view name, const nlohmann::json& value);

// Everything that set_parameter can't see at once: a dimension in range, max_m not below m, a metric that the
// algorithm has.
Result<void> check(const Schema& schema);

// {"dimension":100,"metric":"cosine","algorithm":"hnsw","parameters":{"m":16,...},"durability":"group",...}
nlohmann::json to_json(const Schema& schema);
Result<Schema> schema_from_json(const nlohmann::json& json);

}  // namespace vexfs
