// SPDX-License-Identifier: Apache-2.0
// Presets, defaults and mode of new collections, and their change by a reload.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// A preset "quick" of hnsw, and "plain" of flat.
ServiceOptions options() {
    ServiceOptions options;
    options.presets = [](const std::string& name) -> Result<Schema> {
        Schema schema;
        schema.preset = name;
        if (name == "quick") {
            schema.hnsw.m = 8;
            schema.hnsw.max_m = 16;
            schema.target_recall = 0.9;
            return schema;
        }
        if (name == "plain") {
            schema.algorithm = Algorithm::flat;
            return schema;
        }
        return fail(ErrorCode::not_found, "there is no preset " + name);
    };
    return options;
}

json create(TestService& service, const std::string& name, json fields) {
    fields.update({{"op", "collection.create"}, {"collection", name}, {"dimension", 2}});
    return service.ok(fields.dump())["schema"];
}

}  // namespace

TEST_CASE("a preset gives a collection its parameters and its promise") {
    TestService service(options());
    const json schema = create(service, "docs", {{"preset", "quick"}});
    CHECK(schema["preset"] == "quick");
    CHECK(schema["parameters"]["m"] == 8);
    CHECK(schema["parameters"]["max_m"] == 16);
    CHECK(schema["target_recall"] == 0.9);
    CHECK(service.ok(R"({"op":"collection.list"})")["collections"][0]["preset"] == "quick");
}

TEST_CASE("parameters that a request names win over its preset's") {
    TestService service(options());
    const json schema = create(service, "docs", {{"preset", "quick"}, {"parameters", {{"m", 12}}}});
    CHECK(schema["parameters"]["m"] == 12);
    CHECK(schema["parameters"]["max_m"] == 16);
}

TEST_CASE(
    "a reindex takes a preset's algorithm, parameters and promise, an algorithm's defaults, or a change") {
    TestService service(options());
    const json before =
        create(service, "docs", {{"preset", "quick"}, {"parameters", {{"durability", "async"}}}});
    const auto reindexed = [&](json fields) {
        fields.update({{"op", "collection.reindex"}, {"collection", "docs"}});
        return service.ok(fields.dump())["schema"];
    };
    json schema = reindexed({{"parameters", {{"m", 12}}}});
    CHECK(schema["parameters"]["m"] == 12);
    CHECK(schema["parameters"]["max_m"] == 16);
    CHECK(schema["target_recall"] == 0.9);
    schema = reindexed({{"preset", "plain"}});
    CHECK(schema["algorithm"] == "flat");
    CHECK(schema["preset"] == "plain");
    CHECK(schema["durability"] == "async");
    CHECK(schema["target_recall"] == 0);
    schema = reindexed({{"algorithm", "hnsw"}});
    CHECK(schema["parameters"]["m"] == 16);
    CHECK(schema["preset"] == "");
    CHECK(reindexed({{"preset", "quick"}}) == before);
    CHECK(
        service
            .refused(R"({"op":"collection.reindex","collection":"docs","preset":"plain","algorithm":"hnsw"})")
            .code == ErrorCode::invalid_argument);
    CHECK(
        service.refused(R"({"op":"collection.reindex","collection":"docs","parameters":{"mode":0}})").code ==
        ErrorCode::invalid_argument);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["schema"] == before);
}

TEST_CASE("an unknown preset is refused") {
    TestService service(options());
    CHECK(service.refused(R"({"op":"collection.create","collection":"docs","dimension":2,"preset":"slow"})")
              .code == ErrorCode::not_found);
    TestService without;
    CHECK(without.refused(R"({"op":"collection.create","collection":"docs","dimension":2,"preset":"quick"})")
              .code == ErrorCode::not_found);
}

TEST_CASE("a preset and another algorithm contradict each other") {
    TestService service(options());
    const Error error = service.refused(
        R"({"op":"collection.create","collection":"docs","dimension":2,"preset":"plain","algorithm":"hnsw"})");
    CHECK(error.message == "preset plain is for the algorithm flat, not hnsw");
    CHECK(create(service, "docs", {{"preset", "plain"}, {"algorithm", "flat"}})["algorithm"] == "flat");
}

TEST_CASE("a collection that names no preset takes the defaults") {
    ServiceOptions with_defaults = options();
    with_defaults.defaults = with_defaults.presets("quick").value();
    with_defaults.defaults.durability = Durability::sync;
    TestService service(with_defaults);
    const json schema = create(service, "docs", json::object());
    CHECK(schema["preset"] == "quick");
    CHECK(schema["parameters"]["m"] == 8);
    CHECK(schema["durability"] == "sync");
    CHECK(create(service, "same", {{"algorithm", "hnsw"}})["preset"] == "quick");
}

TEST_CASE("of the defaults, another algorithm takes durability and metric alone") {
    ServiceOptions with_defaults = options();
    with_defaults.defaults = with_defaults.presets("quick").value();
    with_defaults.defaults.durability = Durability::sync;
    with_defaults.defaults.metric = simd::Metric::dot;
    TestService service(with_defaults);
    const json schema = create(service, "docs", {{"algorithm", "flat"}});
    CHECK(schema["algorithm"] == "flat");
    CHECK(schema["durability"] == "sync");
    CHECK(schema["metric"] == "dot");
    CHECK(schema["preset"] == "");
    CHECK(schema["target_recall"] == 0.0);
}

TEST_CASE("new collections have the configured mode") {
    ServiceOptions open = options();
    open.collection_mode = 0664;
    TestService service(open);
    CHECK(create(service, "docs", json::object())["mode"] == 0664);
}

TEST_CASE("a reload holds for what is created after it") {
    TestService service(options());
    CHECK(create(service, "before", json::object())["preset"] == "");
    ServiceOptions changed = options();
    changed.defaults = changed.presets("plain").value();
    changed.collection_mode = 0600;
    service.service().set_options(changed);
    const json after = create(service, "after", json::object());
    CHECK(after["algorithm"] == "flat");
    CHECK(after["mode"] == 0600);
    const json before = service.ok(R"({"op":"collection.info","collection":"before"})")["schema"];
    CHECK(before["algorithm"] == "hnsw");
    CHECK(before["mode"] == 0660);
}
