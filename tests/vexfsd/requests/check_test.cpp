// SPDX-License-Identifier: Apache-2.0
// collection.check: who may do it, and on what.
#include <filesystem>
#include <fstream>

#include "engine/storage/format.h"
#include "tests/vexfsd/requests/test_service.h"
#include "vexfsd/requests/checks.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

const Caller owner{70'001, 70'001, {}, false};
const Caller stranger{70'002, 70'002, {}, false};

// A service on a store whose one collection, of `owner` and readable for all, is damaged in one place.
class DamagedService {
  public:
    DamagedService(const std::string& file, uint64_t offset) {
        {
            const auto store = open();
            Service service(*store, {});
            const auto succeed = [&](const char* request) {
                REQUIRE_FALSE(error_of(service.handle(line(request), owner)));
            };
            succeed(R"({"op":"collection.create","collection":"docs","dimension":2})");
            succeed(R"({"op":"insert","collection":"docs","vectors":[[1,0],[0,1]],"ids":[5,6]})");
            succeed(R"({"op":"insert","collection":"docs","vectors":[[1,1]],"ids":[7]})");
            succeed(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":420}})");
        }
        std::fstream opened(directory_ / ("collections/docs/" + file),
                            std::ios::in | std::ios::out | std::ios::binary);
        opened.seekg(static_cast<std::streamoff>(offset));
        const int byte = opened.get();
        opened.seekp(static_cast<std::streamoff>(offset));
        opened.put(static_cast<char>(byte ^ 1));
        opened.close();
        store_ = open();
        service_ = std::make_unique<Service>(*store_, ServiceOptions{});
    }

    Message ask(const Caller& caller, const char* request) { return service_->handle(line(request), caller); }

  private:
    std::unique_ptr<Store> open() const {
        StoreOptions options;
        options.directory = directory_.path();
        return Store::open(options).value();
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Service> service_;
};

constexpr const char* check_request = R"({"op":"collection.check","collection":"docs"})";
constexpr const char* repair_request = R"({"op":"collection.check","collection":"docs","repair":true})";
constexpr uint64_t in_first_record = format::records_offset + 128 + 64 + 3;

}  // namespace

TEST_CASE("a sound collection is clean, and nothing is left running") {
    TestService service;
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":2})");
    service.ok(R"({"op":"insert","collection":"docs","vector":[1,0]})");
    const json report = service.ok(check_request);
    CHECK(report["clean"] == true);
    CHECK(report["rows"] == 1);
    CHECK_FALSE(report.contains("repair"));
    CHECK(service.ok(repair_request)["repair"] == "nothing");
    CHECK(service.ok(R"({"op":"collection.check_status","collection":"docs"})")["running"] == false);
    CHECK(service.refused(R"({"op":"collection.check","collection":"none"})").code == ErrorCode::not_found);
}

TEST_CASE("who may read a quarantined collection may check it, and its owner may repair it") {
    DamagedService service("00000001.log", in_first_record);
    const Message found = service.ask(stranger, check_request);
    REQUIRE_FALSE(error_of(found));
    CHECK(found.header["clean"] == false);
    CHECK(found.header["findings"][0]["offset"] == format::records_offset);
    CHECK(error_of(service.ask(stranger, repair_request))->code == ErrorCode::permission_denied);
    const Message done = service.ask(owner, repair_request);
    REQUIRE_FALSE(error_of(done));
    CHECK(done.header["repair"] == "salvaged");
    CHECK(done.header["lost"]["ids"] == json{5, 6});
    CHECK(service.ask(owner, R"({"op":"collection.info","collection":"docs"})").header["points"] == 1);
}

TEST_CASE("a collection that has lost its manifest, and with it its owner, is root's to check") {
    DamagedService service("MANIFEST", 60);
    CHECK(error_of(service.ask(owner, check_request))->code == ErrorCode::permission_denied);
    CHECK(error_of(service.ask(owner, repair_request))->code == ErrorCode::permission_denied);
    const Message done = service.ask(daemon_user(), repair_request);
    REQUIRE_FALSE(error_of(done));
    CHECK(done.header["schema_from"] == "00000001.log");
    CHECK(service.ask(owner, R"({"op":"collection.info","collection":"docs"})").header["points"] == 3);
}

TEST_CASE("a stopping service ends a check") {
    TestService stopping;
    stopping.ok(R"({"op":"collection.create","collection":"docs","dimension":2})");
    stopping.service().interrupt();
    CHECK(stopping.refused(check_request).code == ErrorCode::unavailable);
}

TEST_CASE("a collection is checked once at a time") {
    Checks checks;
    CHECK_FALSE(checks.state("docs"));
    {
        auto running = checks.begin("docs");
        REQUIRE(running);
        running->reached(5, 10);
        CHECK(checks.state("docs")->bytes_done == 5);
        CHECK(checks.begin("docs").error().code == ErrorCode::busy);
        CHECK(checks.begin("other"));
    }
    CHECK_FALSE(checks.state("docs"));
}
