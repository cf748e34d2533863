// SPDX-License-Identifier: Apache-2.0
// A service on a store of its own, asked in JSON lines or frames.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "tests/engine/temporary_directory.h"
#include "tests/eventually.h"
#include "vexfsd/requests/service.h"

namespace vexfs::test {

using json = nlohmann::json;

// The daemon's own user, who may do everything.
inline Caller daemon_user() {
    return {geteuid(), getegid(), {}, false};
}

inline Message line(std::string_view text) {
    Message message;
    message.header = decode_header(text).value();
    message.text = true;
    return message;
}

inline Message frame(std::string_view header) {
    Message message = line(header);
    message.text = false;
    return message;
}

class TestService {
  public:
    explicit TestService(ServiceOptions options = {}, bool background_indexing = true)
        : store_(open(directory_.path(), background_indexing)), service_(*store_, std::move(options)) {}

    Message ask(const Message& request) { return service_.handle(request, caller); }

    // The reply to a request that succeeds.
    json ok(const Message& request) {
        const Message reply = ask(request);
        INFO(request.header.dump());
        INFO(reply.header.dump());
        REQUIRE_FALSE(error_of(reply));
        return reply.header;
    }
    json ok(std::string_view text) { return ok(line(text)); }

    // The error of one that doesn't.
    Error refused(const Message& request) {
        const Message reply = ask(request);
        INFO(request.header.dump());
        INFO(reply.header.dump());
        const auto error = error_of(reply);
        REQUIRE(error);
        CHECK(reply.text == request.text);
        CHECK_FALSE(error->message.empty());
        return *error;
    }
    Error refused(std::string_view text) { return refused(line(text)); }

    Service& service() { return service_; }
    Store& store() { return *store_; }
    const std::string& directory() const { return directory_.path(); }

    Caller caller = daemon_user();

  private:
    static std::unique_ptr<Store> open(const std::string& directory, bool background_indexing) {
        StoreOptions options;
        options.directory = directory;
        options.index_threads = 1;
        options.background_indexing = background_indexing;
        return Store::open(options).value();
    }

    TemporaryDirectory directory_;
    std::unique_ptr<Store> store_;
    Service service_;
};

// A collection "docs" of five points on a line, ids 1 to 5, and their metadata.
inline void make_docs(TestService& service) {
    service.ok(R"({"op":"collection.create","collection":"docs","dimension":2,"metric":"euclidean"})");
    service.ok(R"({"op":"insert","collection":"docs","ids":[1,2,3,4,5],
                   "vectors":[[1,0],[2,0],[3,0],[4,0],[5,0]],
                   "metadata":[{"word":"one","odd":true},{"word":"two","odd":false},{"word":"three","odd":true},
                               null,{"word":"five","odd":true}]})");
}

// The ids of a list of points or hits.
inline std::vector<uint64_t> ids_in(const json& rows) {
    std::vector<uint64_t> ids;
    for (const json& row : rows) ids.push_back(row.at("id").get<uint64_t>());
    return ids;
}

using Ids = std::vector<uint64_t>;

}  // namespace vexfs::test
