// SPDX-License-Identifier: Apache-2.0
// Snapshots in requests, and collections that are restored file by file.
#include <filesystem>

#include "tests/vexfsd/requests/test_service.h"
#include "vexfsd/requests/json.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr const char* snapshot_docs = R"({"op":"collection.snapshot","collection":"docs","snapshot":"a"})";
const Caller owner{70'001, 70'100, {}, false};
const Caller member{70'002, 70'100, {}, false};
const Caller stranger{70'003, 70'200, {}, false};

Message with_data(const json& header, std::string_view data) {
    Message message = frame(header.dump());
    add_array(message, "data", data);
    return message;
}

std::string read_file(TestService& service, const std::string& file) {
    const Message reply = service.ask(frame(
        json{{"op", "snapshot.read"}, {"collection", "docs"}, {"snapshot", "a"}, {"file", file}}.dump()));
    REQUIRE_FALSE(error_of(reply));
    CHECK(reply.header["file_bytes"] == reply.body.size());
    return {reinterpret_cast<const char*>(reply.body.data()), reply.body.size()};
}

// Sends the files of snapshot "a"; the restore's id.
std::string upload(TestService& service, const std::string& name, bool replace = false) {
    const json files = service.ok(R"({"op":"snapshot.files","collection":"docs","snapshot":"a"})");
    const std::string id = service.ok(
        json{{"op", "restore.begin"}, {"collection", name}, {"replace", replace}}.dump())["restore"];
    const auto write = [&](const std::string& file, const std::string& bytes) {
        const json reply = service.ok(
            with_data({{"op", "restore.write"}, {"restore", id}, {"file", file}, {"offset", 0}}, bytes));
        CHECK(reply["file_bytes"] == bytes.size());
    };
    write("MANIFEST", files["manifest"]);
    for (const json& file : files["files"]) write(file["file"], read_file(service, file["file"]));
    return id;
}

std::string request(const char* operation, const std::string& id) {
    return json{{"op", operation}, {"restore", id}}.dump();
}

size_t entries_in(TestService& service, const std::string& directory) {
    const auto all = std::filesystem::directory_iterator(service.directory() + "/" + directory);
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("a snapshot's files, sent back, are the collection again") {
    TestService service;
    make_docs(service);
    service.ok(snapshot_docs);
    const json restored = service.ok(request("restore.commit", upload(service, "again")));
    CHECK(restored["name"] == "again");
    CHECK(restored["points"] == 5);
    CHECK(ids_in(
              service.ok(R"({"op":"search","collection":"again","vector":[1,0],"limit":2})")["results"][0]) ==
          Ids{1, 2});
    CHECK(service.ok(R"({"op":"get","collection":"again","ids":[1]})")["points"][0]["metadata"]["word"] ==
          "one");
}

TEST_CASE("what a restore may send is named and in order") {
    TestService service;
    make_docs(service);
    service.ok(snapshot_docs);
    const std::string id = upload(service, "again");
    const auto refused = [&](const std::string& file, uint64_t offset) {
        return service
            .refused(with_data({{"op", "restore.write"}, {"restore", id}, {"file", file}, {"offset", offset}},
                               "x"))
            .code;
    };
    for (const char* file : {"../LOCK", "/etc/passwd", "1.log", "00000001.log/x", "SNAPSHOT", ""})
        CHECK(refused(file, 0) == ErrorCode::invalid_argument);
    CHECK(refused("00000001.log", 0) == ErrorCode::already_exists);
    CHECK(refused("00000001.log", 7) == ErrorCode::invalid_argument);
    CHECK(refused("00000009.log", 7) == ErrorCode::invalid_argument);
    CHECK(service.refused(request("restore.commit", "0123")).code == ErrorCode::not_found);
    CHECK(service.ok(request("restore.abort", id))["aborted"] == true);
    CHECK(service.refused(request("restore.commit", id)).code == ErrorCode::not_found);
    CHECK(entries_in(service, "collections") == 1);
}

TEST_CASE("files that are damaged, missing or contradict themselves make no collection and are gone") {
    TestService service;
    make_docs(service);
    service.ok(snapshot_docs);
    const json files = service.ok(R"({"op":"snapshot.files","collection":"docs","snapshot":"a"})");
    const std::string log = read_file(service, "00000001.log");
    const auto refused = [&](const std::string& manifest, const std::string& bytes) {
        const std::string id = service.ok(R"({"op":"restore.begin","collection":"again"})")["restore"];
        const auto write = [&](const std::string& file, const std::string& content) {
            service.ok(with_data({{"op", "restore.write"}, {"restore", id}, {"file", file}}, content));
        };
        write("MANIFEST", manifest);
        if (!bytes.empty()) write("00000001.log", bytes);
        const ErrorCode code = service.refused(request("restore.commit", id)).code;
        CHECK(entries_in(service, "collections") == 1);
        return code;
    };
    std::string damaged = log;
    damaged[4300] = static_cast<char>(damaged[4300] ^ 1);
    CHECK(refused(files["manifest"], damaged) == ErrorCode::corrupt);
    CHECK(refused(files["manifest"], log.substr(0, log.size() - 64)) == ErrorCode::corrupt);
    CHECK(refused(files["manifest"], "") == ErrorCode::not_found);
    CHECK(refused("not a manifest", log) == ErrorCode::corrupt);
    CHECK(service.ok(R"({"op":"collection.list"})")["collections"].size() == 1);
}

TEST_CASE("what no insert takes comes in by no restore either") {
    TestService service;
    make_docs(service);
    // Nested deeper than replies may be, and written past the requests.
    std::string deep = "{}";
    for (int level = 0; level < metadata_depth_max; ++level) deep = R"({"a":)" + deep + "}";
    const std::vector<float> vector{1, 2};
    const std::vector<std::string_view> metadata{deep};
    InsertRequest insert;
    insert.vectors = vector;
    insert.metadata = metadata;
    REQUIRE(service.store().find("docs").value()->insert(insert));
    service.ok(snapshot_docs);
    const Error error = service.refused(request("restore.commit", upload(service, "again")));
    CHECK(error.code == ErrorCode::corrupt);
    CHECK(error.message.find("metadata that no collection takes") != std::string::npos);
}

TEST_CASE("only so many restores are under way at once") {
    TestService service;
    const auto begin = [](int i) {
        return json{{"op", "restore.begin"}, {"collection", "c" + std::to_string(i)}}.dump();
    };
    std::string id;
    for (size_t i = 0; i < uploads_max; ++i) id = service.ok(begin(static_cast<int>(i)))["restore"];
    CHECK(service.refused(begin(99)).code == ErrorCode::busy);
    service.ok(request("restore.abort", id));
    service.ok(begin(99));
}

TEST_CASE("a snapshot is read through frames alone, by the names of its files alone") {
    TestService service;
    make_docs(service);
    service.ok(snapshot_docs);
    constexpr const char* read =
        R"({"op":"snapshot.read","collection":"docs","snapshot":"a","file":"00000001.log"})";
    CHECK(service.refused(read).code == ErrorCode::invalid_argument);
    for (const char* file : {"../../LOCK", "MANIFEST", "SNAPSHOT", "/etc/passwd"}) {
        const json header{{"op", "snapshot.read"}, {"collection", "docs"}, {"snapshot", "a"}, {"file", file}};
        CHECK(service.refused(frame(header.dump())).code == ErrorCode::invalid_argument);
    }
    const Message reply = service.ask(frame(
        R"({"op":"snapshot.read","collection":"docs","snapshot":"a","file":"00000001.log","offset":0,"bytes":8})"));
    CHECK(std::string(reinterpret_cast<const char*>(reply.body.data()), reply.body.size()) == "VEXFSLOG");
}

TEST_CASE(
    "snapshots are their owner's to make and delete, and those may read them who may read the collection") {
    TestService service;
    service.caller = owner;
    make_docs(service);
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":416}})");  // 0640
    const auto denied = [&](const Caller& who, const char* text) {
        const auto error = error_of(service.service().handle(line(text), who));
        if (error) CHECK(error->code == ErrorCode::permission_denied);
        return error.has_value();
    };
    CHECK(denied(member, snapshot_docs));
    CHECK_FALSE(denied(owner, snapshot_docs));
    constexpr const char* remove =
        R"({"op":"collection.snapshot_delete","collection":"docs","snapshot":"a"})";
    constexpr const char* files = R"({"op":"snapshot.files","collection":"docs","snapshot":"a"})";
    constexpr const char* restore =
        R"({"op":"collection.restore","collection":"docs","snapshot":"a","as":"theirs"})";
    constexpr const char* replace =
        R"({"op":"collection.restore","collection":"docs","snapshot":"a","replace":true})";
    CHECK(denied(member, remove));
    CHECK(denied(member, replace));
    CHECK_FALSE(denied(member, files));
    CHECK(denied(stranger, files));
    CHECK(denied(stranger, restore));
    CHECK(service.service()
              .handle(line(R"({"op":"collection.snapshots"})"), stranger)
              .header["snapshots"]
              .empty());

    CHECK_FALSE(denied(member, restore));
    service.caller = member;
    const json schema = service.ok(R"({"op":"collection.info","collection":"theirs"})")["schema"];
    CHECK(schema["uid"] == member.uid);
    CHECK(schema["mode"] == 0640);

    // Who was shut out of the collection since is shut out of its snapshots.
    service.caller = owner;
    service.ok(R"({"op":"collection.configure","collection":"docs","parameters":{"mode":384}})");  // 0600
    CHECK(denied(member, files));
    CHECK_FALSE(denied(owner, replace));
    CHECK_FALSE(denied(owner, remove));
}

TEST_CASE("a restore goes on only for who began it") {
    TestService service;
    service.caller = owner;
    const std::string id = service.ok(R"({"op":"restore.begin","collection":"mine"})")["restore"];
    service.caller = stranger;
    CHECK(service.refused(request("restore.commit", id)).code == ErrorCode::permission_denied);
    CHECK(service.refused(request("restore.abort", id)).code == ErrorCode::permission_denied);
    service.caller = owner;
    service.ok(request("restore.abort", id));
}

TEST_CASE("a collection's deletion tells of the snapshots that are kept") {
    TestService service;
    make_docs(service);
    service.ok(snapshot_docs);
    CHECK(service.ok(R"({"op":"collection.delete","collection":"docs"})")["snapshots_kept"] == 1);
    CHECK(service.ok(R"({"op":"collection.restore","collection":"docs","snapshot":"a"})")["points"] == 5);
}
