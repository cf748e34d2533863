// SPDX-License-Identifier: Apache-2.0
// Files of parts that are not what they should be.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "engine/graph/part_file.h"
#include "part_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;
using simd::Metric;

namespace {

constexpr size_t dimension = 12, nodes = 150;

class SavedPart {
  public:
    explicit SavedPart(GraphLayout layout = GraphLayout::fast)
        : options_(part_options(2, layout)), vectors_(clustered(nodes, dimension, 10, 1)) {
        const auto part = part_of(vectors_, Metric::dot, options_, 40);
        REQUIRE(part->save(path()));
        content_ = read_file(path());
    }
    std::string path() const { return directory_.file("part"); }
    const std::string& content() const { return content_; }
    FileHeader header() const {
        FileHeader header;
        std::memcpy(&header, content_.data(), sizeof header);
        return header;
    }

    Result<std::unique_ptr<Part>> load(const std::string& content) const {
        write_file(path(), content);
        return Part::load(path(), dimension, Metric::dot, options_.parameters);
    }
    Result<std::unique_ptr<Part>> load_with(const FileHeader& header, bool new_checksum = true) const {
        std::string content = content_;
        std::memcpy(content.data(), &header, sizeof header);
        if (new_checksum) renew_checksum(content);
        return load(content);
    }
    // Whatever was loaded must be harmless.
    void use(const Part& part) const {
        for (uint32_t i = 0; i < 5; ++i) search(part, vectors_[i], 60, 60);
        refine(part, vectors_, options_);
    }

  private:
    TemporaryDirectory directory_;
    PartOptions options_;
    Vectors vectors_;
    std::string content_;
};

void check_corrupt(const Result<std::unique_ptr<Part>>& loaded, const SavedPart& saved) {
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::corrupt);
    CHECK_THAT(loaded.error().message, Catch::Contains(saved.path() + " is damaged"));
}

}  // namespace

TEST_CASE("a part that was cut off or grew is refused") {
    const SavedPart saved;
    const std::string& content = saved.content();
    for (size_t bytes = 0; bytes < 200; ++bytes) check_corrupt(saved.load(content.substr(0, bytes)), saved);
    for (size_t bytes = 200; bytes < content.size(); bytes += 997)
        check_corrupt(saved.load(content.substr(0, bytes)), saved);
    check_corrupt(saved.load(content.substr(0, content.size() - 1)), saved);
    check_corrupt(saved.load(content + '\0'), saved);
}

TEST_CASE("a part that was cut off or grew is refused in spite of a right checksum") {
    const SavedPart saved(GENERATE(GraphLayout::fast, GraphLayout::compact));
    for (const ptrdiff_t change : {-100'000, -4096, -64, -4, -1, 1, 4, 64}) {
        std::string content = saved.content();
        if (static_cast<ptrdiff_t>(content.size()) + change < 8) continue;
        content.resize(content.size() + static_cast<size_t>(change));
        renew_checksum(content);
        check_corrupt(saved.load(content), saved);
    }
}

TEST_CASE("any flipped bit fails the checksum") {
    const SavedPart saved;
    std::mt19937 random(1);
    for (size_t turn = 0; turn < 2 * sizeof(FileHeader); ++turn) {
        // Every byte of the header, then anywhere.
        const size_t at = turn < sizeof(FileHeader) ? turn : random() % saved.content().size();
        std::string content = saved.content();
        content[at] = static_cast<char>(content[at] ^ 1 << turn % 8);
        check_corrupt(saved.load(content), saved);
    }
}

TEST_CASE("numbers of the header that can't be are refused in spite of a right checksum") {
    const SavedPart saved;
    const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
    const std::vector<std::function<void(FileHeader&)>> changes = {
        [](FileHeader& h) { h.magic[7] = 'x'; },
        [](FileHeader& h) { h.coded_dimension += 4; },
        [](FileHeader& h) { h.coded_dimension += 1; },
        [](FileHeader& h) { h.coded_dimension = 0; },
        [](FileHeader& h) { h.coded_dimension = 0xffff'fffc; },
        [](FileHeader& h) { h.degree = 0; },
        [](FileHeader& h) { h.degree = 64; },
        [](FileHeader& h) { h.degree = 0xffff'ffe0; },
        [](FileHeader& h) { h.bits = 1; },
        [](FileHeader& h) { h.bits = 3; },
        [](FileHeader& h) { h.layout = 1; },
        [](FileHeader& h) { h.layout = 2; },
        [](FileHeader& h) { h.bits = 0xffff'ffff; },
        [](FileHeader& h) { h.kept -= 4; },
        [](FileHeader& h) { h.kept += 4; },
        [](FileHeader& h) { h.nodes = 0; },
        [](FileHeader& h) { h.nodes -= 1; },
        [](FileHeader& h) { h.nodes += 1; },
        [](FileHeader& h) { h.nodes = 0xffff'ffff; },
        [](FileHeader& h) { h.entry = h.nodes; },
        [](FileHeader& h) { h.entry = 0xffff'ffff; },
        [](FileHeader& h) { h.calibration_points -= 1; },
        [](FileHeader& h) { h.calibration_points += 1; },
        [](FileHeader& h) { h.calibration_points = 0xffff'ffff; },
        [](FileHeader& h) { h.first_row += 1; },
        [](FileHeader& h) { h.first_row = h.end_row + 1; },
        [](FileHeader& h) { h.end_row -= 1; },
        [](FileHeader& h) { h.end_row = 0; },
        [](FileHeader& h) { h.loose += 1; },
        [](FileHeader& h) { h.loose = 0xffff'ffff; },
        [](FileHeader& h) { h.lists += 1; },
        [](FileHeader& h) { h.lists = 0xffff'ffff; },
        [](FileHeader& h) { h.list_blocks += 1; },
        [](FileHeader& h) { h.list_blocks = 0xffff'ffff; },
        [&](FileHeader& h) { h.unit = nan; },
        [&](FileHeader& h) { h.unit = infinity; },
        [](FileHeader& h) { h.unit = -1; },
        [](FileHeader& h) { h.unit = 0; },
        [&](FileHeader& h) { h.norm_max = nan; },
        [&](FileHeader& h) { h.norm_max = infinity; },
        [](FileHeader& h) { h.norm_max = -1; },
    };
    for (size_t i = 0; i < changes.size(); ++i) {
        INFO("change " << i);
        FileHeader header = saved.header();
        changes[i](header);
        check_corrupt(saved.load_with(header), saved);
    }
}

TEST_CASE("a compact part of another degree is refused in spite of a right checksum") {
    const SavedPart saved(GraphLayout::compact);
    for (const uint32_t degree : {0U, 31U, 33U, 64U, 0xffff'ffffU}) {
        FileHeader header = saved.header();
        header.degree = degree;
        check_corrupt(saved.load_with(header), saved);
    }
}

TEST_CASE("a part that was built with other parameters names the first that differs") {
    const SavedPart saved;
    const auto load = [&](size_t with_dimension, Metric metric, auto change) {
        HnswParameters parameters = part_options().parameters;
        change(parameters);
        write_file(saved.path(), saved.content());
        return Part::load(saved.path(), with_dimension, metric, parameters);
    };
    const auto same = [](HnswParameters&) {};
    CHECK(load(dimension, Metric::dot, same));
    const auto check = [&](const Result<std::unique_ptr<Part>>& loaded, const std::string& what) {
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::invalid_argument);
        CHECK_THAT(loaded.error().message, Catch::Contains("was built with " + what));
    };
    check(load(13, Metric::dot, same), "dimension 12, not 13");
    check(load(dimension, Metric::cosine, same), "metric");
    check(load(dimension, Metric::dot, [](auto& p) { p.m = 8; }), "m 16, not 8");
    check(load(dimension, Metric::dot, [](auto& p) { p.max_m = 31; }), "max_m 32, not 31");
    check(load(dimension, Metric::dot, [](auto& p) { p.ef_construction = 61; }),
          "ef_construction 60, not 61");
    check(load(dimension, Metric::dot, [](auto& p) { p.seed = 2; }), "seed 1, not 2");
    check(load(dimension, Metric::dot, [](auto& p) { p.ml = 0.5; }), "ml 0, not 0.5");
    check(load(dimension, Metric::dot, [](auto& p) { p.layout = GraphLayout::compact; }),
          "layout fast, not compact");
}

TEST_CASE("a part of a newer version is unsupported, not damaged") {
    const SavedPart saved;
    FileHeader header = saved.header();
    header.version = file_version + 1;
    const auto loaded = saved.load_with(header);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::unsupported);
    CHECK_THAT(loaded.error().message,
               Catch::Contains("has version " + std::to_string(file_version + 1) + " of the format"));
}

TEST_CASE("a missing part is not found") {
    const TemporaryDirectory directory;
    const auto loaded = Part::load(directory.file("part"), dimension, Metric::dot, {});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::not_found);
    CHECK_THAT(loaded.error().message, Catch::Contains(directory.file("part")));
}

TEST_CASE("rows outside of the range are refused in spite of a right checksum") {
    const SavedPart saved;
    const size_t rows_at = sizeof(FileHeader) + (dimension + 1) * sizeof(float);
    for (const uint32_t wrong : {0U, 39U, 40U + static_cast<uint32_t>(nodes), 0xffff'ffffU}) {
        std::string content = saved.content();
        std::memcpy(content.data() + rows_at + 77 * sizeof wrong, &wrong, sizeof wrong);
        renew_checksum(content);
        check_corrupt(saved.load(content), saved);
    }
}

TEST_CASE("a mean that is no number is refused in spite of a right checksum") {
    const SavedPart saved;
    std::string content = saved.content();
    const float nan = std::nanf("");
    std::memcpy(content.data() + sizeof(FileHeader) + dimension * sizeof nan, &nan, sizeof nan);
    renew_checksum(content);
    check_corrupt(saved.load(content), saved);
}

// What the checksum doesn't catch is read as it stands, and whatever it says does no harm.
TEST_CASE("no wrong number is followed, wherever it is") {
    const SavedPart saved(GENERATE(GraphLayout::fast, GraphLayout::compact));
    std::mt19937 random(2);
    size_t refused = 0, taken = 0;
    for (size_t turn = 0; turn < 200; ++turn) {
        std::string content = saved.content();
        for (size_t i = 0; i < 1 + turn % 8; ++i) {
            const size_t at = random() % (content.size() - sizeof(XXH64_hash_t) - sizeof(uint32_t));
            const uint32_t values[] = {static_cast<uint32_t>(random()), 0xffff'ffff, 0x7fc0'0000, 0x7f80'0000,
                                       nodes};
            std::memcpy(content.data() + at / 4 * 4, &values[random() % std::size(values)], sizeof(uint32_t));
        }
        renew_checksum(content);
        const auto loaded = saved.load(content);
        loaded ? ++taken : ++refused;
        if (loaded) saved.use(**loaded);
    }
    CHECK(taken > 0);
    CHECK(refused > 0);
}
