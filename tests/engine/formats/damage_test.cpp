// SPDX-License-Identifier: Apache-2.0
// Files damaged at random: whatever comes out, nothing crashes, hangs or takes memory without bound.
#include <sys/resource.h>

#include <random>

#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

std::string example(const std::string& name) {
    if (name == "a.npy")
        return npy("<f4", "(4, 3)", bytes(1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f, 8.f, 9.f, 10.f, 11.f, 12.f));
    if (name == "b.npy") return npy("<f8", "(2, 2)", bytes(1., 2., 3., 4.));
    if (name == "a.fvecs") return bytes(2, 1.f, 2.f, 2, 3.f, 4.f, 2, 5.f, 6.f);
    if (name == "a.fbin") return bytes(3u, 2u, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f);
    return "{\"id\":7,\"vector\":[1,2.5],\"metadata\":{\"word\":\"king\",\"list\":[1,{\"b\":null}]}}\n"
           "{\"vector\":[-3,4e1],\"id\":18}\n{\"id\":0,\"vector\":[0,0],\"metadata\":{\"a\":true}}";
}

// Rows that come out are whole and finite; errors say something.
void read_damaged(const std::string& path) {
    const auto all = read_all(path);
    if (!all) {
        CHECK_FALSE(all.error().message.empty());
        return;
    }
    CHECK(all->vectors.size() <= 4096);
    for (const float value : all->vectors) CHECK(std::isfinite(value));
}

}  // namespace

TEST_CASE("every truncation is an error or fewer rows") {
    const Directory directory;
    const auto name = GENERATE(as<std::string>{}, "a.npy", "b.npy", "a.fvecs", "a.fbin", "a.jsonl");
    const std::string whole = example(name);
    const size_t rows = read_all(directory.file(name, whole))->rows;
    for (size_t length = 0; length < whole.size(); ++length) {
        const auto cut = read_all(directory.file(name, whole.substr(0, length)));
        INFO(name << " cut at " << length);
        if (cut) CHECK(cut->rows < rows);
    }
}

TEST_CASE("bit flips and garbage") {
    const Directory directory;
    const auto name = GENERATE(as<std::string>{}, "a.npy", "b.npy", "a.fvecs", "a.fbin", "a.jsonl");
    const std::string whole = example(name);
    std::mt19937 random(7);
    const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
    for (int round = 0; round < 1500; ++round) {
        std::string damaged = whole;
        for (size_t flips = 1 + below(4); flips > 0; --flips) {
            damaged[below(damaged.size())] ^= static_cast<char>(1u << below(8));
        }
        if (round % 5 == 0) damaged.resize(below(damaged.size()) + 1);
        if (round % 7 == 0) damaged += damaged.substr(below(damaged.size()));
        read_damaged(directory.file(name, damaged));
        if (name == "a.jsonl") {
            auto lines = JsonLines::open(directory / name).value();
            for (auto line = lines->next(); line && *line; line = lines->next()) {
            }
        } else if (name.ends_with(".npy")) {
            CHECK_FALSE(read_npy_integers(directory / name).has_value());
        }
    }
}

TEST_CASE("a header that claims terabytes takes no memory") {
    const Directory directory;
    struct rusage before {};
    ::getrusage(RUSAGE_SELF, &before);
    CHECK(error_of(directory.file("a.npy", npy("<f4", "(1000000000000, 1000)", "abcd"))).code ==
          ErrorCode::malformed);
    CHECK(error_of(directory.file("a.fbin", bytes(0xFFFFFFFFu, 65'536u, 1.f))).code == ErrorCode::malformed);
    CHECK(error_of(directory.file("a.fvecs", bytes(65'536, 1.f))).code == ErrorCode::malformed);
    CHECK(read_npy_integers(directory.file("a.npy", npy("<i8", "(1000000000000,)", ""))).error().code ==
          ErrorCode::malformed);
    struct rusage after {};
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);  // KiB
}
