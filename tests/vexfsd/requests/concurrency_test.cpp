// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("requests of many threads are answered while options change") {
    TestService service;
    make_docs(service);
    constexpr uint64_t threads = 4;
    constexpr uint64_t rounds = 40;
    std::atomic<uint64_t> faults = 0;
    std::vector<std::jthread> askers;
    for (uint64_t asker = 0; asker < threads; ++asker) {
        askers.emplace_back([&, asker] {
            const auto ok = [&](const json& request) {
                const json reply = service.service().handle(line(request.dump()), daemon_user()).header;
                faults += reply["ok"] == true ? 0 : 1;
                return reply;
            };
            const std::string own = "own" + std::to_string(asker);
            for (uint64_t round = 0; round < rounds; ++round) {
                const uint64_t id = 100 + asker * rounds + round;
                ok({{"op", "insert"}, {"collection", "docs"}, {"ids", {id}}, {"vector", {id, 0}}});
                const json found =
                    ok({{"op", "search"}, {"collection", "docs"}, {"vector", {id, 0}}, {"limit", 1}});
                faults += ids_in(found["results"][0]) == Ids{id} ? 0 : 1;
                ok({{"op", "collection.create"}, {"collection", own}, {"dimension", 2}});
                ok({{"op", "collection.list"}});
                ok({{"op", "stats"}});
                ok({{"op", "collection.optimize"}, {"collection", "docs"}});
                ok({{"op", "collection.delete"}, {"collection", own}});
            }
        });
    }
    std::jthread reloads([&](const std::stop_token& stop) {
        for (uint32_t i = 0; !stop.stop_requested(); ++i) {
            ServiceOptions options;
            options.collection_mode = i % 2 == 0 ? 0600 : 0660;
            service.service().set_options(options);
        }
    });
    askers.clear();
    reloads = {};
    CHECK(faults == 0);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 5 + threads * rounds);
}

TEST_CASE("an answer that was kept is never older than a write that was acknowledged") {
    ServiceOptions options;
    options.cache = {100, 1 << 20};
    TestService service(options);
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":1,"metric":"euclidean"})");
    constexpr uint64_t writes = 300;
    std::atomic<uint64_t> acknowledged = 0;
    std::atomic<uint64_t> faults = 0;
    const auto newest = [&] {
        const Message request =
            line(R"({"op":"search","collection":"docs","vector":[1000000],"limit":1,"exact":true})");
        const json hits = service.service().handle(request, daemon_user()).header["results"][0];
        return hits.empty() ? uint64_t{0} : hits[0]["id"].get<uint64_t>();
    };
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 3; ++reader) {
        readers.emplace_back([&] {
            while (acknowledged < writes) {
                const uint64_t before = acknowledged;
                faults += newest() < before ? 1 : 0;
            }
        });
    }
    for (uint64_t id = 1; id <= writes; ++id) {
        const json request{{"op", "insert"}, {"collection", "docs"}, {"ids", {id}}, {"vector", {id}}};
        service.ok(line(request.dump()));
        acknowledged = id;
    }
    readers.clear();
    CHECK(faults == 0);
    CHECK(service.ok(R"({"op":"stats","collection":"docs"})")["cache_hits"].get<uint64_t>() > 0);
}
