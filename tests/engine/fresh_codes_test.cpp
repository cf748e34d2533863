// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/fresh_codes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <numeric>
#include <random>

#include "engine/base/function_ref.h"
#include "engine/collection/query.h"
#include "engine/collection/schema.h"

namespace vexfs {
namespace {

using simd::Metric;

struct Rows {
    Rows(size_t count, size_t each, Metric metric, FunctionRef<float(size_t row)> component)
        : dimension(each), values(count * dimension), norms(count), numbers(count), codes(dimension, metric) {
        std::iota(numbers.begin(), numbers.end(), 0);
        for (size_t row = 0; row < count; ++row) {
            float* vector = &values[row * dimension];
            std::generate_n(vector, dimension, [&] { return component(row); });
            norms[row] = norm_of(vector, dimension);
            codes.append(static_cast<uint32_t>(row), vector, norms[row]);
        }
    }
    float distance(const Query& query, uint32_t row) const {
        return query.distance(&values[row * dimension], norms[row]);
    }

    size_t dimension;
    std::vector<float> values, norms;
    std::vector<uint32_t> numbers;
    FreshCodes codes;
};

std::vector<uint32_t> select(const Rows& rows, const Query& query, Metric metric, float distance) {
    std::vector<uint32_t> near(rows.numbers.size());
    near.resize(
        FreshQuery::make(query.vector(), metric)->select(rows.codes, rows.numbers, distance, near.data()));
    return near;
}

// As a scan would have them.
float distance_of_nearest(const Rows& rows, const Query& query, size_t count) {
    std::vector<float> distances;
    for (const uint32_t row : rows.numbers) distances.push_back(rows.distance(query, row));
    std::ranges::nth_element(distances, distances.begin() + static_cast<ptrdiff_t>(count) - 1);
    return distances[count - 1];
}

}  // namespace

TEST_CASE("no row that is near enough is left out, whatever its components") {
    const auto metric = GENERATE(Metric::cosine, Metric::euclidean, Metric::dot);
    const auto dimension = GENERATE(size_t{1}, size_t{3}, size_t{16}, size_t{100}, size_t{515});
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    struct Kind {
        const char* name;
        std::function<float(size_t)> component;
    };
    const Kind kinds[] = {
        {"normal", [&](size_t) { return normal(random); }},
        {"far from 0", [&](size_t) { return 1000 + normal(random); }},
        {"alike but in one row's scale",
         [&](size_t row) { return row % 7 == 0 ? 1e-20F : 1 + normal(random) / 1e4F; }},
        {"one large among small", [&](size_t) { return random() % 64 == 0 ? 1e3F : normal(random) / 10; }},
        {"of all scales",
         [&](size_t row) { return normal(random) * std::pow(10.0F, static_cast<float>(row % 60) - 42); }},
        {"zeros and whole numbers",
         [&](size_t row) { return row % 5 == 0 ? 0 : static_cast<float>(random() % 3); }},
    };
    for (const Kind& kind : kinds) {
        const Rows rows(600, dimension, metric, [&](size_t row) { return kind.component(row); });
        for (uint32_t asked = 0; asked < 40; ++asked) {
            const Query query({&rows.values[asked * dimension], dimension}, metric);
            const float distance = distance_of_nearest(rows, query, 10);
            const auto near = select(rows, query, metric, distance);
            for (const uint32_t row : rows.numbers) {
                if (rows.distance(query, row) > distance) continue;
                INFO(kind.name << ", query " << asked << ", row " << row);
                REQUIRE(std::ranges::binary_search(near, row));
            }
        }
    }
}

TEST_CASE("most rows that are too far are left out") {
    const auto metric = GENERATE(Metric::cosine, Metric::euclidean, Metric::dot);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    const Rows rows(5'000, 128, metric, [&](size_t) { return normal(random); });
    const Query query({rows.values.data(), rows.dimension}, metric);
    CHECK(select(rows, query, metric, distance_of_nearest(rows, query, 10)).size() < 100);
}

TEST_CASE("codes go with the rows below one, by the chunk, and rows without codes are never left out") {
    std::vector<float> vector(8, 1);
    FreshCodes codes(vector.size(), Metric::dot);
    constexpr uint32_t first = 16'000, end = 60'000;  // chunks are of 16,384
    for (uint32_t row = first; row < end; ++row) codes.append(row, vector.data(), norm_of(vector.data(), 8));
    CHECK(codes.find(16'383) != nullptr);
    CHECK(codes.find(16'384) != nullptr);
    CHECK(codes.find(16'384 * 4) == nullptr);
    const size_t before = codes.memory_bytes();
    CHECK(codes.release(16'383).empty());
    CHECK(codes.release(16'384 * 2 + 1).size() == 2);
    CHECK(codes.memory_bytes() < before);
    CHECK(codes.find(16'384) == nullptr);
    CHECK(codes.find(16'384 * 2) != nullptr);

    CHECK(codes.release(uint64_t{UINT32_MAX} + 1).size() == 2);
    CHECK(codes.memory_bytes() == 0);

    // In the middle of a chunk again.
    for (uint32_t row = end; row < end + 100; ++row)
        codes.append(row, vector.data(), norm_of(vector.data(), 8));
    std::vector<uint32_t> rows(end + 100 - first), near(rows.size());
    std::iota(rows.begin(), rows.end(), first);
    const std::vector<float> opposite(8, -1);
    const auto query = FreshQuery::make(opposite, Metric::dot);
    near.resize(query->select(codes, rows, 0, near.data()));
    CHECK(near.size() == end - first);
    CHECK(codes.release(uint64_t{UINT32_MAX} + 1).size() == 1);
    CHECK_FALSE(FreshQuery::make(opposite, Metric::manhattan));
}

TEST_CASE("sketches leave out no more of the nearest than is allowed, and most of what is far") {
    const auto metric = GENERATE(Metric::cosine, Metric::euclidean, Metric::dot);
#ifdef VEXFS_SANITIZED
    const size_t dimension = 48;  // larger ones take minutes
#else
    const auto dimension = GENERATE(size_t{48}, size_t{128}, size_t{515});
#endif
    constexpr uint32_t panel_rows = FreshSketches::panel_rows, panels = 40;
    constexpr size_t queries = 40, wanted = 10;
    constexpr double recall = 0.95;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    struct Kind {
        const char* name;
        std::function<float(size_t)> component;
        double selected_max;  // share of the rows
    };
    std::vector<float> centres(64 * dimension);
    for (float& value : centres) value = normal(random);
    // Components of a row are asked for one after the other.
    size_t component = 0;
    const auto in_cluster = [&](size_t row) {
        return centres[row * 7 % 64 * dimension + component++ % dimension] + normal(random) / 2;
    };
    const Kind kinds[] = {
        {"without structure", [&](size_t) { return normal(random); }, 0.35},
        {"clusters", in_cluster, 0.06},
        {"clusters far from 0", [&](size_t row) { return 5 + in_cluster(row); }, 0.2},
        {"tiny", [&](size_t row) { return in_cluster(row) * 1e-6F; }, 0.06},
        {"huge", [&](size_t row) { return in_cluster(row) * 1e6F; }, 0.06},
        {"each panel elsewhere and of another scale",
         [&](size_t row) {
             const auto panel = static_cast<float>(row / panel_rows);
             return 50 * std::sin(panel) + normal(random) * std::exp2(panel / 4 - 5);
         },
         1},
        {"some without a code", [&](size_t row) { return row % 16 == 0 ? 0 : in_cluster(row); }, 0.13},
    };
    for (const Kind& kind : kinds) {
        CAPTURE(kind.name, dimension, name_of(metric));
        const Rows rows(panels * panel_rows, dimension, metric,
                        [&](size_t row) { return kind.component(row); });
        size_t selected = 0, missed = 0;
        for (size_t asked = 0; asked < queries; ++asked) {
            // Near one of the rows.
            std::vector<float> vector(dimension);
            const float* near_to = &rows.values[(asked * 240 + 1) * dimension];
            for (size_t i = 0; i < dimension; ++i) vector[i] = near_to[i] * (1 + 0.2F * normal(random));
            const Query query(vector, metric);
            const float distance = distance_of_nearest(rows, query, wanted);
            SketchedQuery sketched(rows.codes.sketches(), query.vector(), recall);
            std::vector<uint32_t> near(panel_rows);
            for (uint32_t first = 0; first < panels * panel_rows; first += panel_rows) {
                const std::byte* panel = rows.codes.find_panel(first);
                REQUIRE(panel != nullptr);
                const auto end =
                    near.begin() + static_cast<ptrdiff_t>(sketched.select(panel, distance, near.data()));
                REQUIRE(std::is_sorted(near.begin(), end));
                selected += static_cast<size_t>(end - near.begin());
                for (uint32_t i = 0; i < panel_rows; ++i)
                    if (rows.distance(query, first + i) <= distance &&
                        !std::binary_search(near.begin(), end, i))
                        ++missed;
            }
        }
        CHECK(static_cast<double>(missed) <= (1 - recall) * queries * wanted);
        CHECK(static_cast<double>(selected) <= kind.selected_max * queries * panels * panel_rows);
    }
}

TEST_CASE("panels are of whole runs of rows, and none of what has no sketches") {
    const std::vector<float> vector(64, 1);
    constexpr uint32_t panel_rows = FreshSketches::panel_rows;
    const auto append = [&](FreshCodes& codes, uint32_t first, uint32_t end) {
        for (uint32_t row = first; row < end; ++row) codes.append(row, vector.data(), 8);
    };
    FreshCodes codes(vector.size(), Metric::cosine);
    append(codes, 10, 2 * panel_rows + 5);
    append(codes, 2 * panel_rows + 6, 4 * panel_rows);
    CHECK(codes.find_panel(0) == nullptr);
    CHECK(codes.find_panel(panel_rows) != nullptr);
    CHECK(codes.find_panel(2 * panel_rows) == nullptr);
    CHECK(codes.find_panel(3 * panel_rows) != nullptr);
    CHECK(codes.find_panel(4 * panel_rows) == nullptr);
    CHECK(codes.find_panel(100 * panel_rows) == nullptr);

    FreshCodes manhattan(vector.size(), Metric::manhattan), narrow(8, Metric::cosine);
    CHECK(FreshSketches(5'000, Metric::cosine).panel_bytes() == 0);
    append(manhattan, 0, panel_rows);
    append(narrow, 0, panel_rows);
    CHECK(manhattan.find_panel(0) == nullptr);
    CHECK(narrow.find_panel(0) == nullptr);
}

}  // namespace vexfs
