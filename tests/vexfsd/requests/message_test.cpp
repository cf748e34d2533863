// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/message.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

using namespace vexfs;
using json = nlohmann::json;

namespace {

std::string chars(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::array<std::byte, frame_prefix_bytes> prefix(std::string_view magic, uint32_t header_bytes,
                                                 uint64_t body_bytes) {
    std::array<std::byte, frame_prefix_bytes> bytes{};
    std::memcpy(bytes.data(), magic.data(), 4);
    std::memcpy(bytes.data() + 4, &header_bytes, sizeof header_bytes);
    std::memcpy(bytes.data() + 8, &body_bytes, sizeof body_bytes);
    return bytes;
}

ErrorCode refusal(const std::array<std::byte, frame_prefix_bytes>& bytes) {
    const auto decoded = decode_prefix(bytes);
    REQUIRE_FALSE(decoded);
    return decoded.error().code;
}

}  // namespace

TEST_CASE("a frame is the magic, the sizes of header and body, the header and the body") {
    Message message;
    message.header = {{"op", "x"}};
    message.body = {std::byte{1}, std::byte{2}, std::byte{3}};
    const std::string bytes = chars(encode(message));
    using namespace std::string_literals;
    CHECK(bytes ==
          "VXF2"
          "\x0a\0\0\0"
          "\x03\0\0\0\0\0\0\0"
          R"({"op":"x"})"
          "\x01\x02\x03"s);
}

TEST_CASE("a frame that was encoded is decoded to the same header and arrays") {
    const std::vector<float> values{1.5f, -0.0f, 3e38f};
    const std::vector<uint64_t> ids{0, UINT64_MAX};
    Message message;
    message.header = {{"op", "insert"}, {"note", "Grüße"}};
    add_array(message, "vectors", values, {1, 3});
    add_array(message, "ids", ids, {2});
    add_array(message, "metadata", "{}\n");
    const std::vector<std::byte> bytes = encode(message);

    const auto sizes = decode_prefix(std::span(bytes).first<frame_prefix_bytes>());
    REQUIRE(sizes);
    REQUIRE(bytes.size() == frame_prefix_bytes + sizes->header_bytes + sizes->body_bytes);
    Message decoded;
    decoded.header = decode_header(chars(bytes).substr(frame_prefix_bytes, sizes->header_bytes)).value();
    decoded.body.assign(bytes.end() - static_cast<ptrdiff_t>(sizes->body_bytes), bytes.end());
    CHECK(decoded.header == message.header);

    const auto arrays = arrays_of(decoded).value();
    REQUIRE(arrays.size() == 3);
    CHECK(arrays[0].name == "vectors");
    CHECK(arrays[0].dtype == "f32");
    CHECK(arrays[0].shape == std::vector<uint64_t>{1, 3});
    CHECK(std::memcmp(arrays[0].bytes.data(), values.data(), sizeof(float) * 3) == 0);
    CHECK(arrays[1].dtype == "u64");
    CHECK(std::memcmp(arrays[1].bytes.data(), ids.data(), sizeof(uint64_t) * 2) == 0);
    CHECK(arrays[2].dtype == "u8");
    CHECK(arrays[2].shape == std::vector<uint64_t>{3});
}

TEST_CASE("a text message is one line of JSON and has no body") {
    Message message;
    message.text = true;
    message.header = {{"ok", true}, {"word", "two\nlines"}};
    CHECK(chars(encode(message)) == "{\"ok\":true,\"word\":\"two\\nlines\"}\n");
}

TEST_CASE("what is encoded is UTF-8, whatever the header holds") {
    Message message;
    message.text = true;
    message.header = {{"name", "a\xff\xc0z"}};
    const std::string bytes = chars(encode(message));
    CHECK(bytes == "{\"name\":\"a\xef\xbf\xbd\xef\xbf\xbdz\"}\n");
    CHECK(decode_header(bytes));
}

TEST_CASE("a frame begins with VXF2") {
    CHECK(decode_prefix(prefix("VXF2", 2, 0)));
    CHECK(refusal(prefix("VXF1", 2, 0)) == ErrorCode::malformed);
    CHECK(refusal(prefix("GET ", 2, 0)) == ErrorCode::malformed);
}

TEST_CASE("a frame has a header") {
    CHECK(refusal(prefix("VXF2", 0, 0)) == ErrorCode::malformed);
    CHECK(refusal(prefix("VXF2", 1, 100)) == ErrorCode::malformed);
    CHECK(decode_prefix(prefix("VXF2", 2, 100)));
}

TEST_CASE("what a frame announces is checked against the limits before anything else of it is read") {
    CHECK(decode_prefix(prefix("VXF2", header_bytes_max, body_bytes_max)));
    CHECK(refusal(prefix("VXF2", header_bytes_max + 1, 0)) == ErrorCode::too_large);
    CHECK(refusal(prefix("VXF2", UINT32_MAX, 0)) == ErrorCode::too_large);
    CHECK(refusal(prefix("VXF2", 2, body_bytes_max + 1)) == ErrorCode::too_large);
    CHECK(refusal(prefix("VXF2", 2, uint64_t{1} << 60)) == ErrorCode::too_large);
    CHECK(refusal(prefix("VXF2", UINT32_MAX, UINT64_MAX)) == ErrorCode::too_large);
}
