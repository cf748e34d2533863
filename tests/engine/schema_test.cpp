// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/schema.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace vexfs;
using nlohmann::json;

TEST_CASE("parameters are set by name, within their ranges") {
    Schema schema;
    CHECK(set_parameter(schema, "m", 24));
    CHECK(schema.hnsw.m == 24);
    CHECK(set_parameter(schema, "ml", "auto"));
    CHECK(schema.hnsw.ml == 0);
    CHECK(set_parameter(schema, "ml", 1.4427));
    CHECK(set_parameter(schema, "layout", "compact"));
    CHECK(schema.hnsw.layout == GraphLayout::compact);
    CHECK(set_parameter(schema, "durability", "sync"));
    CHECK(schema.durability == Durability::sync);

    const auto refused = [&](std::string_view name, const json& value, std::string_view message) {
        const Schema before = schema;
        const auto outcome = set_parameter(schema, name, value);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == ErrorCode::invalid_argument);
        CHECK(outcome.error().message == message);
        CHECK(schema == before);
    };
    refused("m", 1, "m must be a whole number from 2 to 128, not 1");
    refused("m", "24", "m must be a whole number from 2 to 128, not \"24\"");
    refused("ef_search", -5, "ef_search must be a whole number from 1 to 65536, not -5");
    refused("ml", 0, "ml must be a number above 0, 4 at most, or \"auto\", not 0");
    refused("read_ahead_kb", 65'537, "read_ahead_kb must be a whole number from 0 to 65536, not 65537");
    refused("use_direct_io", 1, "use_direct_io must be true or false, not 1");
    refused("write_batch_size", 0, "write_batch_size must be a whole number from 1 to 65536, not 0");
    refused("sync_frequency", 1e9 + 1,
            "sync_frequency must be a whole number from 0 to 1000000000, not 1000000001.0");
    refused("num_tables", 0, "num_tables must be a whole number from 1 to 128, not 0");
    refused("num_functions", 65, "num_functions must be a whole number from 1 to 64, not 65");
    refused("bucket_size", -1, "bucket_size must be a whole number from 1 to 65536, not -1");
    refused("projection_type", 1, "projection_type must be \"random\" or \"learned\", not 1");
    refused("projection_type", "taught", "projection_type 'taught' is not known");
    refused("layout", "small", "layout 'small' is not known");
    refused("layout", 1, "layout must be \"fast\" or \"compact\", not 1");
    refused("durability", "often", "durability 'often' is not known");
    refused("efsearch", 5, "parameter 'efsearch' is not known");
}

TEST_CASE("a schema goes through JSON unchanged") {
    Schema schema;
    schema.dimension = 384;
    schema.metric = simd::Metric::manhattan;
    schema.hnsw = {8, 16, 100, 50, 1.5, 99, GraphLayout::compact};
    schema.durability = Durability::async;
    schema.io = {64, 16, 0, true};
    schema.target_recall = .92;
    schema.preset = "high-throughput";
    schema.access = {1000, 100, 0640};
    CHECK(schema_from_json(to_json(schema)).value() == schema);
    schema.algorithm = Algorithm::flat;
    schema.hnsw = {};
    CHECK(schema_from_json(to_json(schema)).value() == schema);
    schema.metric = simd::Metric::dot;
    schema.algorithm = Algorithm::lsh;
    schema.lsh = {30, 40, 50, Projection::learned};
    schema.hnsw.ef_search = 300;
    schema.hnsw.seed = 9;
    CHECK(schema_from_json(to_json(schema)).value() == schema);
}

TEST_CASE("a manifest that is older than the parameters of the disk has their defaults") {
    Schema schema;
    schema.dimension = 8;
    json old = to_json(schema);
    for (const std::string_view name : io_parameter_names) CHECK(old.erase(std::string(name)) == 1);
    CHECK(schema_from_json(old).value() == schema);
}

TEST_CASE("what can't be a collection is refused with the reason") {
    Schema schema;
    CHECK(check(schema).error().message == "dimension 0 is not between 1 and 65536");
    schema.dimension = 8;
    CHECK(check(schema));
    schema.hnsw.max_m = 8;
    CHECK(check(schema).error().message == "max_m 8 is below m 16");
    schema.hnsw = {};
    schema.algorithm = Algorithm::lsh;
    CHECK(check(schema));
    schema.metric = simd::Metric::manhattan;
    CHECK(check(schema).error().code == ErrorCode::unsupported);
}

TEST_CASE("collection names are plain words") {
    for (const char* name : {"words", "a", "_x", "2024-01.en_US"}) CHECK(check_collection_name(name));
    for (const char* name : {"", ".", "..", ".hidden", "-x", "a/b", "a b", "ä", "a\n"})
        CHECK_FALSE(check_collection_name(name));
    CHECK(check_collection_name(std::string(128, 'a')));
    CHECK_FALSE(check_collection_name(std::string(129, 'a')));
}
