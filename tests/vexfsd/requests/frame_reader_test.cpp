// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/frame_reader.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/vexfsd/frames.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint64_t request_bytes_max = 1 << 20;

// All messages of a stream that comes in pieces of the sizes that `piece` gives.
template <class Piece>
std::vector<RawMessage> read_in_pieces(std::span<const std::byte> stream, const Piece& piece) {
    FrameReader reader;
    std::vector<RawMessage> messages;
    while (!stream.empty()) {
        const size_t size = std::min<size_t>(piece(), stream.size());
        std::span<const std::byte> input = stream.first(size);
        stream = stream.subspan(size);
        while (!input.empty()) {
            input = input.subspan(reader.feed(input, request_bytes_max));
            REQUIRE_FALSE(reader.failure());
            if (reader.complete()) messages.push_back(reader.take());
        }
    }
    CHECK_FALSE(reader.midway());
    return messages;
}

// Frames and lines of several sizes, with blanks between.
Bytes stream() {
    Bytes all;
    append(all, frame_bytes({{"n", 0}}));
    append(all, line_bytes({{"n", 1}}));
    append(all, bytes_of("\n\r\n \t"));
    append(all, frame_bytes({{"n", 2}}, 1));
    append(all, frame_bytes({{"n", 3}}, 70'000));
    append(all, bytes_of("\n"));
    append(all, line_bytes({{"n", 4}, {"text", std::string(5000, 'x')}}));
    append(all, line_bytes({{"n", 5}}));
    append(all, frame_bytes({{"n", 6}, {"text", "VXF2{\n"}}, 7));
    return all;
}

void check_stream(const std::vector<RawMessage>& messages) {
    REQUIRE(messages.size() == 7);
    const std::vector<size_t> bodies{0, 0, 1, 70'000, 0, 0, 7};
    for (size_t i = 0; i < messages.size(); ++i) {
        CAPTURE(i);
        CHECK(decode_header(messages[i].header).value()["n"] == i);
        CHECK(messages[i].body == Bytes(bodies[i], std::byte{'x'}));
        CHECK(messages[i].text == (i == 1 || i == 4 || i == 5));
    }
}

std::string failure_of(const Bytes& bytes, ErrorCode code, uint64_t most = request_bytes_max) {
    FrameReader reader;
    reader.feed(bytes, most);
    REQUIRE(reader.failure());
    CHECK(reader.failure()->code == code);
    CHECK_FALSE(reader.complete());
    CHECK(reader.held_bytes() == 0);
    CHECK(reader.feed(bytes, most) == 0);
    return reader.failure()->message;
}

}  // namespace

TEST_CASE("messages are cut out of a stream that comes byte by byte") {
    check_stream(read_in_pieces(stream(), [] { return size_t{1}; }));
}

TEST_CASE("messages are cut out of a stream that comes at once") {
    check_stream(read_in_pieces(stream(), [] { return SIZE_MAX; }));
}

TEST_CASE("messages are cut out of a stream that comes in pieces of any size") {
    for (uint32_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        std::geometric_distribution<size_t> size(seed % 2 == 0 ? 0.3 : 0.001);
        check_stream(read_in_pieces(stream(), [&] { return 1 + size(random); }));
    }
}

TEST_CASE("a reader takes bytes up to the end of one message, and none while that is not taken") {
    FrameReader reader;
    Bytes two = frame_bytes({{"n", 0}}, 10);
    const size_t first = two.size();
    append(two, line_bytes({{"n", 1}}));
    CHECK(reader.feed(two, request_bytes_max) == first);
    CHECK(reader.complete());
    CHECK(reader.feed(std::span(two).subspan(first), request_bytes_max) == 0);
    CHECK(reader.take().body.size() == 10);
    CHECK_FALSE(reader.complete());
    CHECK(reader.held_bytes() == 0);
    CHECK(reader.feed(std::span(two).subspan(first), request_bytes_max) == two.size() - first);
    CHECK(reader.take().header == "{\"n\":1}");
}

TEST_CASE("the body of bytes that are one frame stays where it is") {
    for (const size_t body : {0, 1, 70'000}) {
        CAPTURE(body);
        Bytes bytes = frame_bytes({{"n", 1}}, body);
        const auto whole = whole_frame(bytes, request_bytes_max);
        REQUIRE(whole);
        CHECK(decode_header(whole->header).value()["n"] == 1);
        CHECK(whole->lent.size() == body);
        CHECK(whole->lent.data() + body == bytes.data() + bytes.size());
        CHECK_FALSE(whole->text);
        for (size_t left = 0; left < std::min<size_t>(bytes.size(), 100); ++left)
            CHECK_FALSE(whole_frame(std::span(bytes).first(left), request_bytes_max));
        CHECK_FALSE(whole_frame(bytes, bytes.size() - frame_prefix_bytes - 1));
        bytes.push_back({});
        CHECK_FALSE(whole_frame(bytes, request_bytes_max));
    }
    CHECK_FALSE(whole_frame(line_bytes({{"n", 1}}), request_bytes_max));
    Bytes hostile = frame_bytes({{"n", 1}}, 10);
    std::fill(hostile.begin() + 4, hostile.begin() + frame_prefix_bytes, std::byte{0xff});
    CHECK_FALSE(whole_frame(hostile, UINT64_MAX));
}

TEST_CASE("a reader knows whether it is in the midst of a message") {
    FrameReader reader;
    const auto feed = [&](const Bytes& bytes) { reader.feed(bytes, request_bytes_max); };
    CHECK_FALSE(reader.midway());
    feed(bytes_of(" \r\n\t"));
    CHECK_FALSE(reader.midway());
    feed(bytes_of("V"));
    CHECK(reader.midway());
    FrameReader text;
    text.feed(bytes_of("{\"op\""), request_bytes_max);
    CHECK(text.midway());
    CHECK(text.text());
    text.feed(bytes_of("}\n"), request_bytes_max);
    CHECK_FALSE(text.midway());
}

TEST_CASE("the last line of a stream needs no newline, the last frame needs all of its bytes") {
    FrameReader line;
    line.feed(bytes_of("{\"op\":\"health\"}"), request_bytes_max);
    CHECK_FALSE(line.complete());
    line.end();
    REQUIRE(line.complete());
    CHECK(line.take().header == "{\"op\":\"health\"}");

    FrameReader frame;
    Bytes cut = frame_bytes({{"op", "health"}}, 10);
    cut.pop_back();
    frame.feed(cut, request_bytes_max);
    frame.end();
    CHECK_FALSE(frame.complete());

    FrameReader nothing;
    nothing.end();
    CHECK_FALSE(nothing.complete());
}

TEST_CASE("what is no message is refused at its first wrong byte") {
    CHECK_THAT(failure_of(bytes_of("GET / HTTP/1.1\r\n"), ErrorCode::malformed),
               Catch::Contains("neither VXF2 nor {"));
    for (const char* other : {"G", "VX2", "VXF1", "[", "\"", "\x7f", "vxf2", "\n\nV{"}) {
        failure_of(bytes_of(other), ErrorCode::malformed);
    }
    failure_of(Bytes(1, std::byte{0}), ErrorCode::malformed);
    failure_of(prefix_bytes(0, 0), ErrorCode::malformed);
}

TEST_CASE("garbage behind a message is refused, the message is not") {
    FrameReader reader;
    Bytes bytes = frame_bytes({{"n", 0}});
    const size_t used = bytes.size();
    append(bytes, bytes_of("garbage"));
    CHECK(reader.feed(bytes, request_bytes_max) == used);
    CHECK_FALSE(reader.failure());
    CHECK(reader.take().header == "{\"n\":0}");
    reader.feed(std::span(bytes).subspan(used), request_bytes_max);
    CHECK(reader.failure());
}

TEST_CASE("a frame that announces more than is taken is refused before it comes") {
    CHECK(failure_of(prefix_bytes(100, 1000), ErrorCode::too_large, 1099) ==
          "the frame announces 1100 bytes, at most 1099 are taken");
    failure_of(prefix_bytes(100, uint64_t{1} << 60), ErrorCode::too_large, UINT64_MAX);
    failure_of(prefix_bytes(UINT32_MAX, 0), ErrorCode::too_large, UINT64_MAX);
    failure_of(prefix_bytes(UINT32_MAX, UINT64_MAX), ErrorCode::too_large, UINT64_MAX);
    FrameReader exact;
    exact.feed(prefix_bytes(100, 1000), 1100);
    CHECK_FALSE(exact.failure());
}

TEST_CASE("memory is taken as bytes arrive, not as a frame announces") {
    FrameReader reader;
    reader.feed(prefix_bytes(header_bytes_max, body_bytes_max), UINT64_MAX);
    CHECK(reader.held_bytes() == 0);
    reader.feed(Bytes(1000, std::byte{' '}), UINT64_MAX);
    CHECK(reader.held_bytes() == 1000);
    FrameReader body;
    body.feed(prefix_bytes(2, body_bytes_max), UINT64_MAX);
    body.feed(bytes_of("{}xyz"), UINT64_MAX);
    CHECK(body.held_bytes() == 5);
}

TEST_CASE("a line that goes on for longer than is taken is refused when it does") {
    FrameReader reader;
    const Bytes fits = bytes_of("{" + std::string(99, ' '));
    reader.feed(fits, 100);
    CHECK_FALSE(reader.failure());
    reader.feed(bytes_of(" "), 100);
    REQUIRE(reader.failure());
    CHECK(reader.failure()->code == ErrorCode::too_large);
    CHECK(reader.text());
    CHECK(reader.held_bytes() == 0);
    // However much a request may have, a line is a header.
    failure_of(bytes_of("{" + std::string(header_bytes_max, ' ')), ErrorCode::too_large, UINT64_MAX);
}
