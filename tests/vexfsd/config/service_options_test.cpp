// SPDX-License-Identifier: Apache-2.0
// What a service is to have by the configuration, with the presets that are installed.
#include <catch2/catch.hpp>

#include "vexfsd/daemon.h"

using namespace vexfs;

TEST_CASE("collections that name no preset take the configured one") {
    Settings settings;
    settings.collections.preset = "high-recall";
    settings.collections.mode = 0600;
    const ServiceOptions options = service_options(settings).value();
    CHECK(options.defaults.preset == "high-recall");
    CHECK(options.defaults.hnsw.m == options.presets("high-recall").value().hnsw.m);
    CHECK(options.defaults.hnsw.m != HnswParameters{}.m);
    CHECK(options.collection_mode == 0600);
    settings.collections.preset = "";
    CHECK(service_options(settings).value().defaults.preset.empty());
}

TEST_CASE("the configured durability holds for presets that say nothing of it, and without a preset") {
    Settings settings;
    settings.collections.durability = "async";
    CHECK(service_options(settings).value().defaults.durability == Durability::async);
    settings.collections.preset = "balanced";
    const ServiceOptions options = service_options(settings).value();
    CHECK(options.defaults.durability == Durability::async);
    CHECK(options.presets("high-throughput").value().durability == Durability::async);
}

TEST_CASE("a configured preset that there is not is an error") {
    Settings settings;
    settings.collections.preset = "balancd";
    const auto options = service_options(settings);
    REQUIRE_FALSE(options);
    CHECK(options.error().code == ErrorCode::not_found);
    CHECK(options.error().hint == "did you mean \"balanced\"?");
}
