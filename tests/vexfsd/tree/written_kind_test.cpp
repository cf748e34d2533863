// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/written_kind.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace vexfs;

TEST_CASE("frames, lines and rows are told apart by how they begin") {
    CHECK(written_kind("VXF2" + std::string(12, '\0'), false) == WrittenKind::frames);
    CHECK(written_kind("{\"vector\":[1,2]}\n", false) == WrittenKind::lines);
    CHECK(written_kind("[1,2]\n", false) == WrittenKind::lines);
    CHECK(written_kind(" \n\t [ -1,2]\n", false) == WrittenKind::lines);
    CHECK(written_kind("{\"vector\":[1],\"metadata\":{\"k\":\"gr\u00fc\u00df dich, \u4e16\u754c, \U0001f30d "
                       "und alle\"}}",
                       false) == WrittenKind::lines);
    CHECK(written_kind(std::string(8, '\0'), false) == WrittenKind::rows);
    CHECK(written_kind("hello", false) == WrittenKind::rows);
}

TEST_CASE("more is wanted where a beginning could be either") {
    CHECK_FALSE(written_kind("", true));
    CHECK_FALSE(written_kind("VXF", false));
    CHECK_FALSE(written_kind("{\"vec", false));
    CHECK_FALSE(written_kind("  ", false));
    CHECK(written_kind("{\"vec", true) == WrittenKind::lines);
    CHECK(written_kind("VXF", true) == WrittenKind::rows);
}

TEST_CASE("a brace at the beginning of a float makes no text") {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (int i = 0; i < 10'000; ++i) {
        std::vector<float> row(16);
        for (float& value : row) value = normal(random);
        std::string bytes(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
        bytes[0] = i % 2 == 0 ? '{' : '[';
        if (i % 3 == 0) bytes[1] = i % 2 == 0 ? '"' : '1';
        CHECK(written_kind(bytes, false) == WrittenKind::rows);
    }
}
