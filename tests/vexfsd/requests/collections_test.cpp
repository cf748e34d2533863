// SPDX-License-Identifier: Apache-2.0
// collection.list, info, delete, configure, optimize.
#include <filesystem>
#include <fstream>

#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("collections are listed by name with what they hold") {
    TestService service;
    CHECK(service.ok(R"({"op":"collection.list"})")["collections"].empty());
    make_docs(service);
    service.ok(R"({"op":"collection.create","collection":"animals","dimension":7,"algorithm":"flat"})");
    const json reply = service.ok(R"({"op":"collection.list"})");
    const json& rows = reply["collections"];
    REQUIRE(rows.size() == 2);
    CHECK(rows[0]["name"] == "animals");
    CHECK(rows[0]["algorithm"] == "flat");
    CHECK(rows[1]["name"] == "docs");
    CHECK(rows[1]["points"] == 5);
    CHECK(rows[1]["dimension"] == 2);
    CHECK(rows[1]["metric"] == "euclidean");
    CHECK(rows[1]["algorithm"] == "hnsw");
    CHECK(rows[1]["preset"] == "");
    CHECK(rows[1]["read_only"] == false);
    CHECK(rows[1]["disk_bytes"].get<uint64_t>() > 0);
    CHECK(reply["quarantined"].empty());
}

TEST_CASE("info tells what a collection is and holds") {
    TestService service;
    make_docs(service);
    service.ok(R"({"op":"delete","collection":"docs","ids":[4]})");
    const json info = service.ok(R"({"op":"collection.info","collection":"docs"})");
    CHECK(info["name"] == "docs");
    CHECK(info["points"] == 4);
    CHECK(info["dead_rows"] == 1);
    CHECK(info["segments"] == 1);
    CHECK(info["read_only"] == false);
    CHECK_FALSE(info.contains("read_only_reason"));
    CHECK(info["schema"]["dimension"] == 2);
    for (const char* field :
         {"indexed_points", "backlog_rows", "disk_bytes", "index_memory_bytes", "generation"}) {
        CHECK(info.at(field).is_number_unsigned());
    }
}

TEST_CASE("the generation grows with each change") {
    TestService service;
    make_docs(service);
    const auto generation = [&] {
        return service.ok(R"({"op":"collection.info","collection":"docs"})")["generation"].get<uint64_t>();
    };
    const uint64_t before = generation();
    service.ok(R"({"op":"update_metadata","collection":"docs","id":1,"metadata":{"seen":true}})");
    const uint64_t updated = generation();
    CHECK(updated > before);
    service.ok(R"({"op":"search","collection":"docs","vector":[1,0]})");
    CHECK(generation() == updated);
    service.ok(R"({"op":"delete","collection":"docs","ids":[1]})");
    CHECK(generation() > updated);
}

TEST_CASE("a deleted collection is gone and its name free") {
    TestService service;
    make_docs(service);
    CHECK(service.ok(R"({"op":"collection.delete","collection":"docs"})")["deleted"] == true);
    CHECK(service.refused(R"({"op":"collection.info","collection":"docs"})").code == ErrorCode::not_found);
    CHECK(service.refused(R"({"op":"collection.delete","collection":"docs"})").code == ErrorCode::not_found);
    CHECK(service.ok(R"({"op":"collection.delete","collection":"docs","missing_ok":true})")["deleted"] ==
          false);
    make_docs(service);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["points"] == 5);
}

TEST_CASE("what can change of a collection while it serves is configured") {
    TestService service;
    make_docs(service);
    const json reply = service.ok(R"({"op":"collection.configure","collection":"docs",
        "parameters":{"ef_search":300,"durability":"async","target_recall":0.5,"mode":416,"gid":70002}})");
    CHECK(reply["schema"]["parameters"]["ef_search"] == 300);
    const json schema = service.ok(R"({"op":"collection.info","collection":"docs"})")["schema"];
    CHECK(schema == reply["schema"]);
    CHECK(schema["durability"] == "async");
    CHECK(schema["target_recall"] == 0.5);
    CHECK(schema["mode"] == 0640);
    CHECK(schema["gid"] == 70'002);
}

TEST_CASE("what a collection was built with stays, and a refused change changes nothing") {
    TestService service;
    make_docs(service);
    const json before = service.ok(R"({"op":"collection.info","collection":"docs"})")["schema"];
    const auto refused = [&](std::string_view parameters) {
        return service
            .refused(R"({"op":"collection.configure","collection":"docs","parameters":)" +
                     std::string(parameters) + "}")
            .code;
    };
    CHECK(refused(R"({"ef_search":5,"m":32})") == ErrorCode::unsupported);
    CHECK(refused(R"({"ef_search":5,"dimension":3})") == ErrorCode::invalid_argument);
    CHECK(refused(R"({"ef_search":0})") == ErrorCode::invalid_argument);
    CHECK(refused(R"({"ef_search":5,"mode":512})") == ErrorCode::invalid_argument);
    CHECK(refused(R"({"ef_search":5,"uid":-1})") == ErrorCode::invalid_argument);
    CHECK(service.refused(R"({"op":"collection.configure","collection":"docs"})").message ==
          "the request has no parameters");
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["schema"] == before);
}

TEST_CASE("optimize with wait returns when all is indexed") {
    TestService service({}, false);
    make_docs(service);
    CHECK(service.ok(R"({"op":"collection.info","collection":"docs"})")["backlog_rows"] == 5);
    const json reply = service.ok(R"({"op":"collection.optimize","collection":"docs","wait":true})");
    CHECK(reply["backlog_rows"] == 0);
    CHECK(reply["indexed_points"] == 5);
}

TEST_CASE("optimize without wait returns at once and indexes behind") {
    TestService service({}, false);
    make_docs(service);
    service.ok(R"({"op":"collection.optimize","collection":"docs"})");
    CHECK(eventually(
        [&] { return service.ok(R"({"op":"collection.info","collection":"docs"})")["backlog_rows"] == 0; }));
}

TEST_CASE("a collection that can't be opened is listed as quarantined, and root can delete it") {
    const TemporaryDirectory directory;
    const std::string broken = directory / "collections/broken";
    std::filesystem::create_directories(broken);
    std::ofstream(broken + "/MANIFEST") << "not a manifest";
    StoreOptions options;
    options.directory = directory.path();
    const auto store = Store::open(options).value();
    Service service(*store, {});
    const Caller stranger{70'001, 70'001, {}, false};
    const auto list = [&] { return service.handle(line(R"({"op":"collection.list"})"), stranger).header; };

    REQUIRE(list()["quarantined"].size() == 1);
    CHECK(list()["quarantined"][0]["name"] == "broken");
    CHECK_FALSE(list()["quarantined"][0]["error"]["message"].get<std::string>().empty());
    CHECK(service.handle(line(R"({"op":"health"})"), stranger).header["status"] == "degraded");

    const Message remove = line(R"({"op":"collection.delete","collection":"broken"})");
    CHECK(error_of(service.handle(remove, stranger)));
    CHECK(list()["quarantined"].size() == 1);
    CHECK_FALSE(error_of(service.handle(remove, daemon_user())));
    CHECK(list()["quarantined"].empty());
    CHECK(service.handle(line(R"({"op":"health"})"), stranger).header["status"] == "ok");
}
