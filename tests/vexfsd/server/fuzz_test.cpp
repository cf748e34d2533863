// SPDX-License-Identifier: Apache-2.0
// Valid requests with some bytes changed, cut and doubled: each has a reply or an error, and the service goes
// on. The seed tells the mutation: run with it again to see the same.
#include <random>

#include "tests/vexfsd/frames.h"
#include "tests/vexfsd/requests/test_service.h"
#include "vexfsd/requests/frame_reader.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

std::vector<Bytes> valid_requests() {
    std::vector<Bytes> all;
    for (
        const char* text :
        {R"({"op":"health"})", R"({"op":"collection.list"})", R"({"op":"stats","collection":"docs"})",
         R"({"op":"collection.info","collection":"docs"})",
         R"({"op":"collection.create","collection":"docs","dimension":2,"metric":"euclidean","exist_ok":true,
              "parameters":{"m":8,"durability":"async"}})",
         R"({"op":"collection.configure","collection":"docs","parameters":{"ef_search":50,"mode":432}})",
         R"({"op":"insert","collection":"docs","durability":"async","vectors":[[1,0.5],[-2e3,0]],
              "metadata":[{"word":"one","n":{"a":[1,2]}},null]})",
         R"({"op":"upsert","collection":"docs","durability":"async","ids":[1],"vector":[3,4],
              "import":{"key":"00000000000000ab","rows_done":7}})",
         R"({"op":"get","collection":"docs","ids":[1,2,99],"with_vector":true})",
         R"({"op":"delete","collection":"docs","durability":"async","ids":[3,4]})",
         R"({"op":"update_metadata","collection":"docs","id":2,"metadata":{"word":null,"x":1.5}})",
         R"({"op":"search","collection":"docs","vector":[1,1],"limit":3,"ef_search":20,"with_vector":true,
              "filter":{"$or":[{"word":{"$in":["one","two"]}},{"odd":{"$ne":true}}]}})",
         R"({"op":"search_range","collection":"docs","like":{"field":"word","value":"one"},"max_distance":2.5})",
         R"({"op":"scroll","collection":"docs","cursor":0,"limit":3,"filter":{"n":{"$exists":true}}})",
         R"({"op":"import.status","collection":"docs","key":"00000000000000ab"})"}) {
        const json header = json::parse(text);
        all.push_back(line_bytes(header));
        all.push_back(frame_bytes(header));
    }
    Message insert = frame(R"({"op":"upsert","collection":"docs","durability":"async"})");
    add_array(insert, "vectors", std::vector<float>{1, 2, 3, 4}, {2, 2});
    add_array(insert, "ids", Ids{7, 8}, {2});
    add_array(insert, "metadata", "{\"word\":\"seven\"}\n\n");
    all.push_back(encode(insert));
    Message search = frame(R"({"op":"search","collection":"docs","limit":2})");
    add_array(search, "vectors", std::vector<float>{1, 2, 3, 4}, {2, 2});
    all.push_back(encode(search));
    return all;
}

class Mutation {
  public:
    explicit Mutation(uint64_t seed) : random_(seed) {}

    Bytes of(const std::vector<Bytes>& requests) {
        Bytes bytes = requests[below(requests.size())];
        for (uint64_t i = below(4); i < 4 && !bytes.empty(); ++i) change(bytes, requests);
        return bytes;
    }
    uint64_t below(uint64_t count) { return std::uniform_int_distribution<uint64_t>(0, count - 1)(random_); }

  private:
    void change(Bytes& bytes, const std::vector<Bytes>& requests) {
        const uint64_t at = below(bytes.size());
        const auto place = bytes.begin() + static_cast<ptrdiff_t>(at);
        static constexpr std::string_view telling = "0129-.eE\"\\{}[]:,nft$ \n\x7f\xff";
        switch (below(7)) {
            case 0: *place = static_cast<std::byte>(below(256)); break;
            case 1: *place ^= static_cast<std::byte>(1u << below(8)); break;
            case 2: *place = static_cast<std::byte>(telling[below(telling.size())]); break;
            case 3: bytes.insert(place, static_cast<std::byte>(telling[below(telling.size())])); break;
            case 4:
                bytes.erase(place, place + static_cast<ptrdiff_t>(
                                               1 + below(std::min<uint64_t>(8, bytes.size() - at))));
                break;
            case 5: bytes.resize(at); break;
            case 6: {
                const Bytes& other = requests[below(requests.size())];
                bytes.insert(place, other.begin(),
                             other.begin() + static_cast<ptrdiff_t>(below(other.size())));
                break;
            }
        }
    }

    std::mt19937_64 random_;
};

// A reply as a client may expect it, and one that it can read.
void check_reply(const Message& reply) {
    const auto bytes = encode(reply);
    const auto text = chars_of(bytes).substr(reply.text ? 0 : frame_prefix_bytes);
    const auto header = decode_header(text.substr(0, text.size() - reply.body.size()));
    REQUIRE(header);
    REQUIRE(header->at("ok").is_boolean());
    if (header->at("ok") == true) {
        REQUIRE(arrays_of(reply));
        return;
    }
    const auto error = error_of(reply);
    REQUIRE(error);
    REQUIRE_FALSE(error->message.empty());
    // Whatever a client sends is no fault of ours.
    REQUIRE(error->code != ErrorCode::internal);
}

// Feeds a stream to the service as the server does, in two pieces; the number of replies.
size_t serve(TestService& service, const Bytes& bytes, size_t cut) {
    FrameReader reader;
    size_t replies = 0;
    for (std::span<const std::byte> input : {std::span(bytes).first(cut), std::span(bytes).subspan(cut)}) {
        while (!input.empty() && !reader.failure()) {
            input = input.subspan(reader.feed(input, 1 << 20));
            if (!reader.complete()) continue;
            RawMessage raw = reader.take();
            ++replies;
            const auto header = decode_header(raw.header);
            if (!header) {
                check_reply(error_message(header.error()));
                continue;
            }
            Message request;
            request.header = *header;
            request.body = std::move(raw.body);
            request.text = raw.text;
            check_reply(service.ask(request));
        }
    }
    if (reader.failure()) check_reply(error_message(*reader.failure()));
    return replies;
}

}  // namespace

TEST_CASE("20000 mutations of valid requests each have a reply or an error") {
    const std::vector<Bytes> requests = valid_requests();
    TestService service;
    make_docs(service);
    for (const Bytes& request : requests) {
        INFO(chars_of(request));
        REQUIRE(serve(service, request, 0) == 1);
    }
    size_t replies = 0;
    for (uint64_t seed = 1; seed <= 20'000; ++seed) {
        Mutation mutation(seed);
        const Bytes bytes = mutation.of(requests);
        INFO("seed " << seed << ": " << chars_of(bytes));
        replies += serve(service, bytes, mutation.below(bytes.size() + 1));
    }
    CHECK(replies > 5000);
    CHECK(service.ok(R"({"op":"health"})")["status"] == "ok");
}
