// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/projection.h"

#include <catch2/catch.hpp>

#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::codes;
using namespace vexfs::test;

namespace {

constexpr size_t dimension = 128, count = 1000;

// Nearly in a subspace of some dimensions.
std::vector<std::vector<float>> flat_vectors(size_t dimensions, float off) {
    std::vector<std::vector<float>> axes, vectors;
    for (size_t i = 0; i < dimensions; ++i) axes.push_back(unit_like_vector(dimension, i));
    for (size_t i = 0; i < count; ++i) {
        const std::vector<float> along = unit_like_vector(dimensions, 1000 + i);
        std::vector<float>& vector = vectors.emplace_back(normal_vector(dimension, 5000 + i, off));
        for (size_t axis = 0; axis < dimensions; ++axis)
            for (size_t k = 0; k < dimension; ++k) vector[k] += along[axis] * axes[axis][k];
    }
    return vectors;
}

std::shared_ptr<const Projection> learnt(const std::vector<std::vector<float>>& vectors, size_t kept_max,
                                         unsigned threads = 1) {
    const auto difference = [&](size_t i, float* to) { std::copy(vectors[i].begin(), vectors[i].end(), to); };
    return Projection::learn(dimension, kept_max, 0.95, vectors.size(), difference, 1, threads);
}

}  // namespace

TEST_CASE("a projection takes as few dimensions as the data need, if so many are allowed") {
    CHECK(learnt(flat_vectors(20, 0.001F), 96)->kept() == 32);
    CHECK(learnt(flat_vectors(50, 0.001F), 96)->kept() == 64);
    CHECK(learnt(flat_vectors(50, 0.001F), 63) == nullptr);
    CHECK(learnt(flat_vectors(20, 1), 96) == nullptr);
    CHECK(learnt(flat_vectors(20, 0.001F), 31) == nullptr);
    CHECK(learnt({}, 96) == nullptr);
    CHECK(learnt(std::vector(10, std::vector<float>(dimension)), 96) == nullptr);
}

TEST_CASE("distances of what lies in the subspace stay, and components are alike") {
    const auto vectors = flat_vectors(20, 0.001F);
    const auto projection = learnt(vectors, 96);
    Int8Table table(count, dimension);
    for (size_t i = 0; i < count; ++i) table.set(i, vectors[i].data());
    const Int8Table projected = projection->apply(table, 2);
    REQUIRE(projected.dimension() == 32);
    std::vector<double> squares(32);
    std::vector<float> one(32), other(32);
    for (size_t i = 1; i < count; ++i) {
        projected.decode(i, one.data());
        projected.decode(i - 1, other.data());
        const double exact = squared_distance(vectors[i].data(), vectors[i - 1].data(), dimension);
        CHECK(squared_distance(one.data(), other.data(), 32) == Approx(exact).epsilon(0.05));
        for (size_t k = 0; k < 32; ++k) squares[k] += double{one[k]} * one[k] / count;
    }
    const auto [least, greatest] = std::ranges::minmax(squares);
    CHECK(greatest < 10 * least);

    Int8Query query;
    query.set(vectors[7].data(), dimension);
    projection->apply(query, one.data());
    projected.decode(7, other.data());
    CHECK(squared_distance(one.data(), other.data(), 32) < 0.001);
}

TEST_CASE("a projection is the same whatever the threads") {
    const auto vectors = flat_vectors(50, 0.01F);
    const auto one = learnt(vectors, 96, 1), three = learnt(vectors, 96, 3);
    REQUIRE(one->kept() == three->kept());
    const size_t bytes = one->kept() * dimension;
    CHECK(std::equal(one->basis().bytes(0), one->basis().bytes(0) + bytes, three->basis().bytes(0)));
}
