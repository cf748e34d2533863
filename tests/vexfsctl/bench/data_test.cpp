// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/data.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

using namespace vexfs::ctl;

TEST_CASE("vectors are of length 1, the same for a seed, and no query is among them") {
    const BenchData data = uniform_data(200, 20, 33, 7);
    CHECK(data.vectors == uniform_data(200, 20, 33, 7).vectors);
    CHECK(data.vectors != uniform_data(200, 20, 33, 8).vectors);
    for (size_t row = 0; row < data.rows(); ++row) {
        double square = 0;
        for (const float value : data.vector(row))
            square += static_cast<double>(value) * static_cast<double>(value);
        CHECK(square == Approx(1));
        for (size_t i = 0; i < data.query_count(); ++i)
            CHECK_FALSE(std::ranges::equal(data.vector(row), data.query(i)));
    }
}

TEST_CASE("the true neighbours are the nearest, in order") {
    BenchData data = uniform_data(500, 3, 19, 1);
    const auto truth = true_neighbours(data, 10, [] { return true; });
    REQUIRE(truth.size() == 30);
    for (size_t query = 0; query < 3; ++query) {
        const auto similarity = [&](uint32_t row) {
            double sum = 0;
            for (uint32_t i = 0; i < data.dimension; ++i)
                sum += static_cast<double>(data.query(query)[i]) * static_cast<double>(data.vector(row)[i]);
            return sum;
        };
        std::set<uint32_t> nearest(truth.begin() + static_cast<ptrdiff_t>(query * 10),
                                   truth.begin() + static_cast<ptrdiff_t>(query * 10 + 10));
        CHECK(nearest.size() == 10);
        double least = 1;
        for (size_t k = 0; k < 10; ++k) {
            const double here = similarity(truth[query * 10 + k]);
            CHECK(here <= least + 1e-6);
            least = here;
        }
        for (uint32_t row = 0; row < 500; ++row)
            if (!nearest.contains(row)) CHECK(similarity(row) <= least + 1e-6);
    }
    CHECK(true_neighbours(data, 10, [] { return false; }).empty());
    CHECK(true_neighbours(data, 1000, [] { return true; }).size() == 3 * 500);
}

TEST_CASE("each row has a line of metadata") {
    const std::string lines = metadata_lines(10, 3);
    CHECK(std::ranges::count(lines, '\n') == 3);
    CHECK(lines.starts_with("{\"category\":\"category_0\""));
}
