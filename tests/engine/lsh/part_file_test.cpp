// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/part_file.h"

#include <xxhash.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>

#include "lsh_data.h"

using namespace vexfs;
using namespace vexfs::lsh;
using namespace vexfs::test;
using paths::Path;
using simd::Metric;

namespace {

constexpr size_t dimension = 12, nodes = 400;

class SavedPart {
  public:
    SavedPart() : vectors_(clustered(nodes, dimension, 10, 1)) {
        REQUIRE(lsh_part(vectors_, Metric::dot, lsh_parameters(), 40)->save(path()));
        std::ifstream file(path(), std::ios::binary);
        content_.assign(std::istreambuf_iterator<char>(file), {});
    }
    std::string path() const { return directory_.file("part"); }
    const std::string& content() const { return content_; }
    FileHeader header() const {
        FileHeader header;
        std::memcpy(&header, content_.data(), sizeof header);
        return header;
    }
    Result<std::unique_ptr<Part>> load(const std::string& content, const PartParameters& parameters,
                                       size_t with_dimension = dimension, Metric metric = Metric::dot) const {
        std::ofstream(path(), std::ios::binary) << content;
        return Part::load(path(), with_dimension, metric, parameters);
    }
    Result<std::unique_ptr<Part>> load(std::string content) const {
        const size_t bytes = content.size() - sizeof(XXH64_hash_t);
        const XXH64_hash_t checksum = XXH3_64bits(content.data(), bytes);
        std::memcpy(content.data() + bytes, &checksum, sizeof checksum);
        return load(content, lsh_parameters());
    }
    Result<std::unique_ptr<Part>> load_with(const FileHeader& header) const {
        std::string content = content_;
        std::memcpy(content.data(), &header, sizeof header);
        return load(std::move(content));
    }
    // Whatever was loaded must be harmless.
    void use(const Part& part) const {
        for (const Path path : {Path::lsh, Path::lists, Path::sketch})
            for (uint32_t i = 0; i < 5; ++i)
                for (const uint32_t row : search(part, vectors_[i], {path, 60, 30}))
                    CHECK((row >= 40 && row < 40 + nodes));
    }

  private:
    TemporaryDirectory directory_;
    Vectors vectors_;
    std::string content_;
};

}  // namespace

TEST_CASE("an lsh part that was saved and loaded answers alike") {
    const TemporaryDirectory directory;
    for (const Projection projection : {Projection::random, Projection::learned}) {
        for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
            for (const size_t count : {0, 1, 3000, 9000}) {
                const Vectors vectors = clustered(count, 20, 30, 1), queries = clustered(10, 20, 30, 2);
                const auto part = lsh_part(vectors, metric, lsh_parameters(projection), 33);
                REQUIRE(part->save(directory.file("part")));
                const auto loaded =
                    Part::load(directory.file("part"), 20, metric, lsh_parameters(projection));
                if (!loaded) FAIL(loaded.error().message);
                CHECK((*loaded)->nodes() == count);
                CHECK((*loaded)->range().first == 33);
                CHECK((*loaded)->range().end == 33 + count);
                CHECK((*loaded)->calibration().points().size() == part->calibration().points().size());
                for (const Path path : {Path::lsh, Path::lists, Path::sketch})
                    for (uint32_t i = 0; i < queries.rows(); ++i)
                        CHECK(search(**loaded, queries[i], {path, 100, 20}) ==
                              search(*part, queries[i], {path, 100, 20}));
            }
        }
    }
}

TEST_CASE("numbers of an lsh part's header that can't be are refused in spite of a right checksum") {
    const SavedPart saved;
    const float nan = std::nanf("");
    const std::vector<std::function<void(FileHeader&)>> changes = {
        [](FileHeader& h) { h.magic[0] = 'X'; },
        [](FileHeader& h) { h.coded_dimension += 4; },
        [](FileHeader& h) { h.coded_dimension = 0xffff'fffc; },
        [](FileHeader& h) { h.nodes -= 1; },
        [](FileHeader& h) { h.nodes = 0xffff'ffff; },
        [](FileHeader& h) { h.first_row = h.end_row + 1; },
        [](FileHeader& h) { h.end_row -= 1; },
        [](FileHeader& h) { h.calibration_points += 1; },
        [](FileHeader& h) { h.calibration_points = 0xffff'ffff; },
        [](FileHeader& h) { h.lists = 0; },
        [](FileHeader& h) { h.lists = 0xffff'ffff; },
        [](FileHeader& h) { h.list_blocks += 1; },
        [](FileHeader& h) { h.tables = h.tables == 0 ? 8 : 7; },
        [](FileHeader& h) { h.tables = 0xffff'ffff; },
        [](FileHeader& h) { h.levels += 33; },
        [](FileHeader& h) { h.levels = 0xffff'ffff; },
        [](FileHeader& h) { h.branches += 1; },
        [](FileHeader& h) { h.branches = 0xffff'ffff; },
        [&](FileHeader& h) { h.unit = nan; },
        [](FileHeader& h) { h.unit = 0; },
        [](FileHeader& h) { h.norm_max = -1; },
    };
    for (size_t i = 0; i < changes.size(); ++i) {
        INFO("change " << i);
        FileHeader header = saved.header();
        changes[i](header);
        const auto loaded = saved.load_with(header);
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::corrupt);
        CHECK_THAT(loaded.error().message, Catch::Contains(saved.path() + " is damaged"));
    }
}

TEST_CASE("an lsh part that was built with other parameters names the first that differs") {
    const SavedPart saved;
    CHECK(saved.load(saved.content(), lsh_parameters()));
    const auto check = [&](const std::string& what, auto change) {
        PartParameters parameters = lsh_parameters();
        change(parameters);
        const auto loaded = saved.load(saved.content(), parameters);
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::invalid_argument);
        CHECK_THAT(loaded.error().message, Catch::Contains("was built with " + what));
    };
    check("num_tables 8, not 9", [](PartParameters& p) { p.lsh.num_tables = 9; });
    check("num_functions 20, not 21", [](PartParameters& p) { p.lsh.num_functions = 21; });
    check("bucket_size 50, not 51", [](PartParameters& p) { p.lsh.bucket_size = 51; });
    check("projection_type random, not learned",
          [](PartParameters& p) { p.lsh.projection_type = Projection::learned; });
    check("seed 1, not 2", [](PartParameters& p) { p.seed = 2; });
    CHECK(saved.load(saved.content(), lsh_parameters(), 13).error().code == ErrorCode::invalid_argument);
    CHECK(saved.load(saved.content(), lsh_parameters(), dimension, Metric::cosine).error().code ==
          ErrorCode::invalid_argument);
}

TEST_CASE("an lsh part of a newer version is unsupported, not damaged") {
    const SavedPart saved;
    FileHeader header = saved.header();
    header.version = file_version + 1;
    CHECK(saved.load_with(header).error().code == ErrorCode::unsupported);
}

TEST_CASE("an lsh part that was cut off, or of which a bit flipped, is refused") {
    const SavedPart saved;
    for (size_t bytes = 0; bytes < saved.content().size(); bytes += 1 + saved.content().size() / 50)
        CHECK_FALSE(saved.load(saved.content().substr(0, bytes), lsh_parameters()));
    for (size_t at = 0; at < saved.content().size(); at += 1 + saved.content().size() / 300) {
        std::string content = saved.content();
        content[at] = static_cast<char>(content[at] ^ 4);
        CHECK_FALSE(saved.load(content, lsh_parameters()));
    }
}

// What the checksum doesn't catch is read as it stands, and whatever it says does no harm.
TEST_CASE("no wrong number of an lsh part is followed, wherever it is") {
    const SavedPart saved;
    std::mt19937 random(2);
    size_t refused = 0, taken = 0;
    for (size_t turn = 0; turn < 300; ++turn) {
        std::string content = saved.content();
        for (size_t i = 0; i < 1 + turn % 8; ++i) {
            const size_t at = random() % (content.size() - sizeof(XXH64_hash_t) - sizeof(uint32_t));
            const uint32_t values[] = {static_cast<uint32_t>(random()), 0xffff'ffff, 0x7fc0'0000, 0x7f80'0000,
                                       nodes};
            std::memcpy(content.data() + at / 4 * 4, &values[random() % std::size(values)], sizeof(uint32_t));
        }
        const auto loaded = saved.load(std::move(content));
        loaded ? ++taken : ++refused;
        if (loaded) saved.use(**loaded);
    }
    CHECK(taken > 0);
    CHECK(refused > 0);
}
