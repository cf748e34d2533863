// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/engine/formats/files.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

VectorBlock random_block(size_t rows, uint32_t dimension, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    VectorBlock block;
    block.rows = rows;
    block.vectors.resize(rows * dimension);
    for (float& value : block.vectors) value = normal(random);
    for (size_t row = 0; row < rows; ++row) {
        block.ids.push_back(row * 3);
        block.metadata.push_back(row % 2 == 0 ? "" : "{\"n\":" + std::to_string(row) + "}");
    }
    return block;
}

}  // namespace

TEST_CASE("what was written reads back, in every format") {
    const Directory directory;
    const auto name = GENERATE(as<std::string>{}, "a.npy", "a.fvecs", "a.fbin", "a.jsonl");
    const auto dimension = GENERATE(1u, 5u, 1000u);
    const VectorBlock first = random_block(1100, dimension, 1), second = random_block(7, dimension, 2);
    auto writer = VectorWriter::create(directory / name, dimension).value();
    REQUIRE(writer->write(first).has_value());
    REQUIRE(writer->write(second).has_value());
    CHECK_FALSE(std::filesystem::exists(directory / name));
    REQUIRE(writer->finish().has_value());
    CHECK_FALSE(std::filesystem::exists(directory / (name + ".part")));

    const VectorBlock read = read_all(directory / name, 300).value();
    CHECK(read.rows == 1107);
    std::vector<float> vectors = first.vectors;
    vectors.insert(vectors.end(), second.vectors.begin(), second.vectors.end());
    CHECK((read.vectors == vectors));
    if (name == "a.jsonl") {
        CHECK(read.ids.size() == 1107);
        CHECK(read.ids[1099] == 3297);
        CHECK(read.metadata[1] == "{\"n\":1}");
        CHECK(read.metadata[1106].empty());
    }
}

TEST_CASE("a written .npy has the header that NumPy would write") {
    const Directory directory;
    auto writer = VectorWriter::create(directory / "a.npy", 2).value();
    REQUIRE(writer->write({.vectors = {1, 2}, .ids = {}, .metadata = {}, .rows = 1}).has_value());
    REQUIRE(writer->finish().has_value());
    const std::string file = bytes_of_file(directory / "a.npy");
    CHECK(file == std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }" + std::string(58, ' ') +
                      "\n" + bytes(1.f, 2.f));
}

TEST_CASE("a file without rows is complete too") {
    const Directory directory;
    for (const char* name : {"a.npy", "a.fbin"}) {
        REQUIRE(VectorWriter::create(directory / name, 9).value()->finish().has_value());
        CHECK(VectorReader::open(directory / name).value()->dimension() == 9);
        CHECK(read_all(directory / name)->rows == 0);
    }
}

TEST_CASE("without finish() nothing is left, and a file that was there stays") {
    const Directory directory;
    const std::string path = directory.file("a.fvecs", "old");
    {
        auto writer = VectorWriter::create(path, 1).value();
        REQUIRE(writer->write({.vectors = {1}, .ids = {}, .metadata = {}, .rows = 1}).has_value());
        CHECK(std::filesystem::exists(path + ".part"));
    }
    CHECK_FALSE(std::filesystem::exists(path + ".part"));
    CHECK(bytes_of_file(path) == "old");
}

TEST_CASE("a part file that a killed writer left is overwritten, one in use is busy") {
    const Directory directory;
    directory.file("a.fvecs.part", std::string(1000, 'x'));
    auto writer = VectorWriter::create(directory / "a.fvecs", 1).value();
    CHECK(VectorWriter::create(directory / "a.fvecs", 1).error().code == ErrorCode::busy);
    REQUIRE(writer->write({.vectors = {2}, .ids = {}, .metadata = {}, .rows = 1}).has_value());
    REQUIRE(writer->finish().has_value());
    CHECK(bytes_of_file(directory / "a.fvecs") == bytes(1, 2.f));
}

TEST_CASE("devices, pipes and directories are not replaced") {
    const Directory directory;
    REQUIRE(::mkfifo((directory / "pipe.npy").c_str(), 0600) == 0);
    std::filesystem::create_directory(directory / "d.npy");
    std::filesystem::create_symlink("/dev/null", directory / "null.npy");
    for (const char* name : {"pipe.npy", "d.npy", "null.npy"}) {
        CHECK(VectorWriter::create(directory / name, 1).error().code == ErrorCode::unsupported);
    }
    CHECK(VectorWriter::create(directory / "missing/a.npy", 1).error().code == ErrorCode::not_found);
    CHECK(VectorWriter::create(directory / "a.csv", 1).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a block that doesn't fit is refused and writes nothing") {
    const Directory directory;
    auto writer = VectorWriter::create(directory / "a.jsonl", 2).value();
    CHECK(writer->write({.vectors = {1, 2, 3}, .ids = {}, .metadata = {}, .rows = 1}).error().code ==
          ErrorCode::dimension_mismatch);
    CHECK(writer->write({.vectors = {1, NAN}, .ids = {}, .metadata = {}, .rows = 1}).error().code ==
          ErrorCode::not_finite);
    REQUIRE(writer->write({.vectors = {1, 2}, .ids = {}, .metadata = {}, .rows = 1}).has_value());
    REQUIRE(writer->finish().has_value());
    CHECK(bytes_of_file(directory / "a.jsonl") == "{\"vector\":[1,2]}\n");
    CHECK(VectorWriter::create(directory / "b.npy", 0).error().code == ErrorCode::malformed);
    CHECK(VectorWriter::create(directory / "b.npy", 65'537).error().code == ErrorCode::too_large);
}

TEST_CASE("jsonl: extreme floats read back bit for bit, metadata of several lines becomes one") {
    const Directory directory;
    const std::vector<float> values{std::numeric_limits<float>::min(), std::numeric_limits<float>::max(),
                                    std::numeric_limits<float>::denorm_min(), -0.1f, 16'777'217.f};
    auto writer = VectorWriter::create(directory / "a.jsonl", 5).value();
    REQUIRE(writer->write({.vectors = values, .ids = {1}, .metadata = {"{\n \"a\": 1\r\n}"}, .rows = 1})
                .has_value());
    REQUIRE(writer->finish().has_value());
    const auto read = read_all(directory / "a.jsonl").value();
    CHECK(read.vectors == values);
    CHECK(read.metadata.front() == "{\"a\":1}");
}
