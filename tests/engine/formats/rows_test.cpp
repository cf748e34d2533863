// SPDX-License-Identifier: Apache-2.0
// .fvecs and .fbin, and what holds for files of every format.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <limits>

#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;
using Floats = std::vector<float>;

TEST_CASE("files are told by their names' endings") {
    CHECK(format_from_path("a.npy") == VectorFormat::npy);
    CHECK(format_from_path("x.y/a.fvecs") == VectorFormat::fvecs);
    CHECK(format_from_path("a.b.fbin") == VectorFormat::fbin);
    CHECK(format_from_path("a.jsonl") == VectorFormat::jsonl);
    for (const char* path : {"a.csv", "a", "npy", "a.npy/b", "", "-"}) {
        const auto format = format_from_path(path);
        REQUIRE_FALSE(format.has_value());
        CHECK(format.error().code == ErrorCode::invalid_argument);
        CHECK(format.error().hint == "known are .npy, .fvecs, .fbin and .jsonl");
    }
}

TEST_CASE("only regular files are read: a pipe nobody writes to doesn't hang") {
    const Directory directory;
    const std::string pipe = directory / "pipe.npy";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(error_of(pipe).code == ErrorCode::unsupported);
    CHECK_THAT(error_of(pipe).message, says("is a pipe, not a regular file"));
    std::filesystem::create_directory(directory / "directory.npy");
    CHECK_THAT(error_of(directory / "directory.npy").message, says("is a directory"));
    CHECK(hash_file("/dev/null").error().code == ErrorCode::unsupported);
    CHECK(error_of(directory / "missing.npy").code == ErrorCode::not_found);
    CHECK_THAT(error_of(directory / "missing.npy").message, says("missing.npy: No such file"));
}

TEST_CASE("an empty file is malformed in every format") {
    const Directory directory;
    for (const char* name : {"a.npy", "a.fvecs", "a.fbin", "a.jsonl"}) {
        const Error error = error_of(directory.file(name, ""));
        CHECK(error.code == ErrorCode::malformed);
        CHECK_THAT(error.message, says("is empty: it holds no vectors"));
    }
}

TEST_CASE("fvecs: each row has its dimension in front") {
    const Directory directory;
    const std::string path = directory.file("a.fvecs", bytes(2, 1.f, 2.f, 2, 3.f, 4.f, 2, 5.f, 6.f));
    auto reader = VectorReader::open(path).value();
    CHECK(reader->dimension() == 2);
    CHECK(reader->rows() == 3u);
    CHECK(reader->skip(1) == 1u);
    CHECK(reader->read(9)->vectors == Floats{3, 4, 5, 6});
}

TEST_CASE("fvecs: damage") {
    const Directory directory;
    const auto error = [&](const std::string& file) { return error_of(directory.file("a.fvecs", file)); };
    SECTION("a row of another dimension, in a file of the right length") {
        const Error e = error(bytes(2, 1.f, 2.f) + bytes(5, 1.f, 2.f, 3.f, 4.f, 5.f));
        CHECK(e.code == ErrorCode::malformed);
        CHECK_THAT(e.message, says("row 1 (counted from 0) has dimension 5, the rows before it have 2"));
    }
    SECTION("a row cut short") {
        const Error e = error(bytes(2, 1.f, 2.f, 2, 3.f));
        CHECK(e.code == ErrorCode::malformed);
        CHECK_THAT(e.message, says("1 rows of dimension 2 make 12 bytes, 2 rows make 24, the file has 20"));
    }
    SECTION("impossible dimensions") {
        CHECK(error(bytes(0, 1.f)).code == ErrorCode::malformed);
        CHECK(error(bytes(-3, 1.f)).code == ErrorCode::malformed);
        CHECK(error(bytes(65'537, 1.f)).code == ErrorCode::too_large);
    }
    SECTION("shorter than a dimension") {
        CHECK(error("ab").code == ErrorCode::malformed);
    }
    SECTION("an infinity") {
        const Error e = error(bytes(1, 1.f, 1, std::numeric_limits<float>::infinity()));
        CHECK(e.code == ErrorCode::not_finite);
        CHECK_THAT(e.message, says("row 1, column 0"));
    }
}

TEST_CASE("fbin: rows and dimension stand at the head") {
    const Directory directory;
    const std::string path = directory.file("a.fbin", bytes(2u, 3u, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f));
    auto reader = VectorReader::open(path).value();
    CHECK(reader->dimension() == 3);
    CHECK(reader->rows() == 2u);
    CHECK(reader->read(9)->vectors == Floats{1, 2, 3, 4, 5, 6});
    CHECK(read_all(directory.file("b.fbin", bytes(0u, 3u)))->rows == 0);
}

TEST_CASE("fbin: damage") {
    const Directory directory;
    const auto error = [&](const std::string& file) { return error_of(directory.file("a.fbin", file)); };
    CHECK_THAT(error(bytes(2u, 3u, 1.f)).message,
               says("is truncated: its header makes 32 bytes, the file has 12"));
    CHECK_THAT(error(bytes(1u, 1u, 1.f, 2.f)).message, says("bytes behind its end"));
    CHECK(error(bytes(0xFFFFFFFFu, 65'536u)).code == ErrorCode::malformed);
    CHECK(error(bytes(1u, 0u)).code == ErrorCode::malformed);
    CHECK(error(bytes(1u, 65'537u)).code == ErrorCode::too_large);
    CHECK(error("abc").code == ErrorCode::malformed);
}

TEST_CASE("a file's hash follows its bytes, and is never 0") {
    const Directory directory;
    const uint64_t one = hash_file(directory.file("a", "vectors")).value();
    CHECK(one == hash_file(directory.file("b", "vectors")).value());
    CHECK(one != hash_file(directory.file("c", "vectorz")).value());
    CHECK(hash_file(directory.file("d", "")).value() != 0);
    std::string large(3'000'000, 'x');  // more than one buffer
    const uint64_t before = hash_file(directory.file("e", large)).value();
    large[2'500'000] = 'y';
    CHECK(hash_file(directory.file("e", large)).value() != before);
    CHECK(hash_file(directory / "missing").error().code == ErrorCode::not_found);
}
