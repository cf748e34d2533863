// SPDX-License-Identifier: Apache-2.0
// The service when the daemon stops.
#include <future>

#include "tests/engine/points.h"
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("once interrupted, no search and no optimization begins") {
    TestService service({}, false);
    make_docs(service);
    service.service().interrupt();
    CHECK(service.refused(R"({"op":"search","collection":"docs","vector":[1,0]})").code ==
          ErrorCode::unavailable);
    CHECK(service.refused(R"({"op":"collection.optimize","collection":"docs","wait":true})").code ==
          ErrorCode::unavailable);
    service.ok(R"({"op":"collection.optimize","collection":"docs"})");
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["indexed_points"] == 0);
}

TEST_CASE("an interrupt ends an optimization that is waited for") {
    constexpr uint32_t dimension = 64;
    constexpr uint64_t rows = 20'000;
    TestService service({}, false);
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":64,"metric":"manhattan",
                   "parameters":{"ef_construction":4096,"m":64,"max_m":128}})");
    Message insert = frame(R"({"op":"insert","collection":"docs"})");
    add_array(insert, "vectors", random_vectors(rows, dimension, 7), {rows, dimension});
    REQUIRE_FALSE(error_of(service.ask(insert)));

    // Indexing all of that takes minutes; the interrupt comes when it has begun.
    auto waiting = std::async(std::launch::async, [&] {
        return service.service().handle(
            line(R"({"op":"collection.optimize","collection":"docs","wait":true})"), daemon_user());
    });
    CHECK(eventually([&] {
        return service.ok(R"({"op":"collection.info","collection":"docs"})")["indexed_points"]
                   .get<uint64_t>() > 0;
    }));
    service.service().interrupt();
    REQUIRE(waiting.wait_for(std::chrono::seconds(120)) == std::future_status::ready);
    const auto error = error_of(waiting.get());
    REQUIRE(error);
    CHECK(error->code == ErrorCode::unavailable);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["indexed_points"].get<uint64_t>() <
          rows);
}

TEST_CASE("a service that optimizes behind is gone without waiting for the end of it") {
    constexpr uint64_t rows = 20'000;
    TestService service({}, false);
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":64,"metric":"manhattan",
                   "parameters":{"ef_construction":4096,"m":64,"max_m":128}})");
    Message insert = frame(R"({"op":"insert","collection":"docs"})");
    add_array(insert, "vectors", random_vectors(rows, 64, 7), {rows, 64});
    REQUIRE_FALSE(error_of(service.ask(insert)));
    {
        Service second(service.store(), {});
        second.handle(line(R"({"op":"collection.optimize","collection":"docs"})"), daemon_user());
    }
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["indexed_points"].get<uint64_t>() <
          rows);
}
