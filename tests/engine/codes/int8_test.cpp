// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/int8.h"

#include <catch2/catch.hpp>

#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::codes;
using namespace vexfs::test;

namespace {

struct Coded {
    explicit Coded(const std::vector<float>& vector) : bytes(vector.size() + simd::code_slack) {
        factors = encode_int8(vector.data(), vector.size(), bytes.data());
    }
    std::vector<uint8_t> bytes;
    Int8Factors factors;
};

}  // namespace

TEST_CASE("an int8 code is at most half a step away from the vector") {
    for (const float magnitude : {1e-30F, 1e-6F, 1.0F, 1e6F, 1e15F}) {
        for (const size_t dimension : coded_dimensions()) {
            INFO("magnitude " << magnitude << ", dimension " << dimension);
            const std::vector<float> vector = normal_vector(dimension, dimension, magnitude);
            const Coded coded(vector);
            float top = 0;
            for (const float value : vector) top = std::max(top, std::fabs(value));
            CHECK(coded.factors.scale == Approx(top / 127).epsilon(1e-6));
            for (size_t i = 0; i < dimension; ++i) {
                REQUIRE(coded.bytes[i] >= 1);
                const double decoded = double{coded.factors.scale} * (coded.bytes[i] - 128);
                REQUIRE(std::fabs(decoded - vector[i]) <= 0.501 * coded.factors.scale);
            }
        }
    }
}

TEST_CASE("the norm that stands beside a code is that of the decoded vector") {
    for (const size_t dimension : coded_dimensions()) {
        const Coded coded(normal_vector(dimension, 7));
        double squares = 0;
        for (size_t i = 0; i < dimension; ++i) squares += std::pow(coded.bytes[i] - 128, 2);
        CHECK(coded.factors.norm == Approx(squares * std::pow(double{coded.factors.scale}, 2)).epsilon(1e-5));
    }
}

TEST_CASE("zeros and values too small for a scale are coded as zeros") {
    for (const float value : {0.0F, 1e-45F, 1e-40F, 1e-38F}) {
        const Coded coded(std::vector<float>(64, value));
        for (size_t i = 0; i < 64; ++i) {
            const double decoded = double{coded.factors.scale} * (coded.bytes[i] - 128);
            CHECK(std::fabs(decoded - value) <= 1e-37);
            CHECK(coded.bytes[i] >= 1);
        }
        CHECK(coded.factors.norm == 0);
    }
}

TEST_CASE("the largest values are coded within their range") {
    std::vector<float> vector(64, 3.4e38F);
    vector[1] = -3.4e38F;
    vector[2] = 0;
    const Coded coded(vector);
    CHECK(coded.bytes[0] == 255);
    CHECK(coded.bytes[1] == 1);
    CHECK(coded.bytes[2] == 128);
}

TEST_CASE("distances by int8 codes are close to the true ones") {
    const simd::CodeKernels& kernels = simd::code_kernels();
    for (const size_t dimension : {4, 64, 100, 384, 1100}) {
        for (uint64_t seed = 0; seed < 50; ++seed) {
            const std::vector<float> a = unit_like_vector(dimension, seed);
            const std::vector<float> b = unit_like_vector(dimension, 1000 + seed);
            const Coded coded(b);
            Int8Query query;
            query.set(a.data(), dimension);
            const double exact = squared_distance(a.data(), b.data(), dimension);
            // Half a step in every component, of both vectors, in the direction of their difference.
            const Coded coded_a(a);
            const double off = 0.51 * (coded.factors.scale + coded_a.factors.scale) *
                               std::sqrt(static_cast<double>(dimension));
            CHECK(std::fabs(query.distance(kernels, coded.bytes.data(), coded.factors) - exact) <=
                  2 * std::sqrt(exact) * off + off * off + 1e-5);
        }
    }
}

TEST_CASE("a code compares as the vector that it was made of") {
    const simd::CodeKernels& kernels = simd::code_kernels();
    const std::vector<float> a = unit_like_vector(100, 1), b = unit_like_vector(100, 2);
    const Coded coded_a(a), coded_b(b);
    Int8Query of_vector, of_code;
    of_vector.set(a.data(), 100);
    of_code.set(coded_a.bytes.data(), coded_a.factors, 100);
    CHECK(of_code.norm() == of_vector.norm());
    CHECK(of_code.distance(kernels, coded_b.bytes.data(), coded_b.factors) ==
          of_vector.distance(kernels, coded_b.bytes.data(), coded_b.factors));
    CHECK(std::fabs(of_code.distance(kernels, coded_a.bytes.data(), coded_a.factors)) < 1e-6);
}

TEST_CASE("a table hands out the codes that it was given, in another order too") {
    constexpr size_t count = 50, dimension = 36;
    Int8Table table(count, dimension);
    for (size_t i = 0; i < count; ++i) table.set(i, normal_vector(dimension, i).data());
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < count; ++i) order.push_back(count - 1 - i);
    const Int8Table turned(table, order, 2);
    for (size_t i = 0; i < count; ++i) {
        const Coded coded(normal_vector(dimension, i));
        const size_t at = count - 1 - i;
        CHECK(std::equal(table.bytes(i), table.bytes(i) + dimension, coded.bytes.begin()));
        CHECK(std::equal(turned.bytes(at), turned.bytes(at) + dimension, coded.bytes.begin()));
        CHECK(turned.factors(at).norm == coded.factors.norm);
    }
}

TEST_CASE("a packed block gives the distances of its rows, whichever they are") {
    constexpr size_t dimension = 100;
    Int8Table table(60, dimension);
    for (size_t i = 0; i < 60; ++i) table.set(i, unit_like_vector(dimension, i).data());
    for (const size_t count : {0, 1, 15, 16, 17, 40}) {
        std::vector<uint32_t> ids;
        for (uint32_t i = 0; i < count; ++i) ids.push_back(i * 7 % 60);
        Int8Block block;
        block.pack(table, ids.data(), count);
        CHECK(block.count() == count);
        std::vector<float> out(count * block.padded_count());
        simd::code_kernels().int8_distances(block.rows(0), count, block.panel(), count, out.data(),
                                            block.padded_count());
        for (size_t row = 0; row < count; ++row) {
            Int8Query query;
            query.set(table.bytes(ids[row]), table.factors(ids[row]), dimension);
            for (size_t column = 0; column < count; ++column)
                CHECK(out[row * block.padded_count() + column] ==
                      Approx(query.distance(simd::code_kernels(), table.bytes(ids[column]),
                                            table.factors(ids[column])))
                          .margin(1e-5));
        }
    }
}
