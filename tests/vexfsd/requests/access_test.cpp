// SPDX-License-Identifier: Apache-2.0
// Who may do what: owner, group and mode of a collection, as with a file.
#include "tests/vexfsd/requests/test_service.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t owner_uid = 70'001;
constexpr uint32_t team_gid = 70'100;
const Caller owner{owner_uid, team_gid, {}, false};
const Caller member{70'002, team_gid, {}, false};
const Caller guest{70'003, 70'200, {70'300, team_gid}, false};  // in the group by a supplementary one
const Caller stranger{70'004, 70'200, {70'300}, false};

class OwnedDocs : public TestService {
  public:
    explicit OwnedDocs(uint32_t mode) {
        caller = owner;
        make_docs(*this);
        configure({{"mode", mode}});
    }
    void configure(const json& parameters) {
        ok(json{{"op", "collection.configure"}, {"collection", "docs"}, {"parameters", parameters}}.dump());
    }
    bool allowed(const Caller& who, std::string_view request) {
        const auto error = error_of(service().handle(line(request), who));
        if (error) CHECK(error->code == ErrorCode::permission_denied);
        return !error;
    }
    bool reads(const Caller& who) {
        bool all = true;
        for (const char* request :
             {R"({"op":"search","collection":"docs","vector":[1,0]})",
              R"({"op":"search_range","collection":"docs","vector":[1,0],"max_distance":1})",
              R"({"op":"get","collection":"docs","ids":[1]})", R"({"op":"scroll","collection":"docs"})",
              R"({"op":"stats","collection":"docs"})",
              R"({"op":"import.status","collection":"docs","key":"0123456789abcdef"})",
              R"({"op":"collection.info","collection":"docs"})"}) {
            const bool each = allowed(who, request);
            if (request[0] == '{' && all != each && each) FAIL_CHECK("not all reads agree: " << request);
            all = all && each;
        }
        return all;
    }
    bool writes(const Caller& who) {
        bool all = true;
        for (const char* request : {R"({"op":"insert","collection":"docs","vector":[1,0]})",
                                    R"({"op":"upsert","collection":"docs","ids":[1],"vector":[1,0]})",
                                    R"({"op":"delete","collection":"docs","ids":[999]})",
                                    R"({"op":"update_metadata","collection":"docs","id":1,"metadata":{}})",
                                    R"({"op":"collection.optimize","collection":"docs","wait":true})"}) {
            const bool each = allowed(who, request);
            if (all != each && each) FAIL_CHECK("not all writes agree: " << request);
            all = all && each;
        }
        return all;
    }
};

}  // namespace

TEST_CASE("mode 0600 is for the owner alone") {
    OwnedDocs docs(0600);
    CHECK(docs.reads(owner));
    CHECK(docs.writes(owner));
    for (const Caller& other : {member, guest, stranger}) {
        CHECK_FALSE(docs.reads(other));
        CHECK_FALSE(docs.writes(other));
    }
}

TEST_CASE("mode 0640 lets the group read, also a supplementary one") {
    OwnedDocs docs(0640);
    for (const Caller& other : {member, guest}) {
        CHECK(docs.reads(other));
        CHECK_FALSE(docs.writes(other));
    }
    CHECK_FALSE(docs.reads(stranger));
}

TEST_CASE("mode 0664 lets the group write and others read") {
    OwnedDocs docs(0664);
    CHECK(docs.writes(member));
    CHECK(docs.writes(guest));
    CHECK(docs.reads(stranger));
    CHECK_FALSE(docs.writes(stranger));
}

TEST_CASE("mode 0222 lets all write and nobody read") {
    OwnedDocs docs(0222);
    for (const Caller& each : {owner, member, guest, stranger}) {
        CHECK(docs.writes(each));
        CHECK_FALSE(docs.reads(each));
    }
}

TEST_CASE("the first class that a caller is in decides, as with a file") {
    OwnedDocs docs(0066);
    CHECK_FALSE(docs.reads(owner));
    CHECK_FALSE(docs.writes(owner));
    CHECK(docs.reads(member));
    docs.configure({{"mode", 0606}});
    CHECK_FALSE(docs.reads(guest));
    CHECK(docs.reads(stranger));
}

TEST_CASE("root, the daemon's own user and embedded use may do everything") {
    OwnedDocs docs(0000);
    for (const Caller& powerful :
         {Caller{0, 0, {}, false}, daemon_user(), Caller{70'009, 70'009, {}, true}}) {
        CHECK(docs.reads(powerful));
        CHECK(docs.writes(powerful));
        CHECK(docs.allowed(
            powerful, R"({"op":"collection.configure","collection":"docs","parameters":{"ef_search":9}})"));
    }
    CHECK(docs.allowed(Caller{0, 0, {}, false}, R"({"op":"collection.delete","collection":"docs"})"));
}

TEST_CASE("only the owner configures, reindexes and deletes, whatever the mode") {
    OwnedDocs docs(0666);
    constexpr const char* configure =
        R"({"op":"collection.configure","collection":"docs","parameters":{"ef_search":9}})";
    constexpr const char* reindex = R"({"op":"collection.reindex","collection":"docs"})";
    constexpr const char* remove = R"({"op":"collection.delete","collection":"docs"})";
    for (const Caller& other : {member, guest, stranger}) {
        CHECK_FALSE(docs.allowed(other, configure));
        CHECK_FALSE(docs.allowed(other, reindex));
        CHECK_FALSE(docs.allowed(other, remove));
    }
    docs.configure({{"mode", 0000}});
    CHECK(docs.allowed(owner, configure));
    CHECK(docs.allowed(owner, reindex));
    CHECK(docs.allowed(owner, remove));
}

TEST_CASE("only root gives a collection away") {
    OwnedDocs docs(0600);
    constexpr const char* give =
        R"({"op":"collection.configure","collection":"docs","parameters":{"uid":70004}})";
    CHECK_FALSE(docs.allowed(owner, give));
    CHECK(docs.allowed(Caller{0, 0, {}, false}, give));
    CHECK(docs.reads(stranger));
    CHECK_FALSE(docs.reads(owner));
}

TEST_CASE("an owner gives a collection to groups that are theirs alone") {
    OwnedDocs docs(0600);
    Caller in_two = owner;
    in_two.groups = {70'300};
    CHECK(docs.allowed(in_two,
                       R"({"op":"collection.configure","collection":"docs","parameters":{"gid":70300}})"));
    CHECK(docs.allowed(in_two,
                       R"({"op":"collection.configure","collection":"docs","parameters":{"gid":70100}})"));
    CHECK_FALSE(docs.allowed(
        in_two, R"({"op":"collection.configure","collection":"docs","parameters":{"gid":70999}})"));
}

TEST_CASE("a refusal says who may not do what, on whose collection") {
    OwnedDocs docs(0640);
    docs.caller = member;
    const Error error = docs.refused(R"({"op":"delete","collection":"docs","ids":[1]})");
    CHECK(error.message ==
          "user 70002 may not write to collection docs, owned by 70001:70100 with mode 0640");
    CHECK(errno_name(error.code) == "EACCES");
    CHECK_FALSE(error.hint.empty());
}

TEST_CASE("a collection that may not be read is neither listed nor counted") {
    OwnedDocs docs(0600);
    const auto listed = [&](const Caller& who) {
        return docs.service().handle(line(R"({"op":"collection.list"})"), who).header["collections"].size();
    };
    CHECK(listed(owner) == 1);
    CHECK(listed(stranger) == 0);
    docs.caller = owner;
    docs.ok(R"({"op":"search","collection":"docs","vector":[1,0]})");
    CHECK(docs.ok(R"({"op":"stats"})")["searches"] == 1);
    docs.caller = stranger;
    CHECK(docs.ok(R"({"op":"stats"})")["searches"] == 0);
    CHECK(docs.ok(R"({"op":"stats"})")["collections"] == 0);
}

TEST_CASE("exist_ok tells nothing of a collection that may not be read") {
    OwnedDocs docs(0600);
    CHECK_FALSE(docs.allowed(
        stranger,
        R"({"op":"collection.create","collection":"docs","dimension":2,"metric":"euclidean","exist_ok":true})"));
}
