// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "../guarded_array.h"
#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::simd;
using namespace vexfs::test;

namespace {

// Share of a residual's squared norm that lies along its code: what 2 bits choose their threshold for.
double quality(const std::vector<double>& residual, const std::vector<int>& code) {
    double product = 0, squares = 0, norm = 0;
    for (size_t i = 0; i < code.size(); ++i) {
        product += residual[i] * code[i];
        squares += static_cast<double>(code[i]) * code[i];
        norm += residual[i] * residual[i];
    }
    return product * product / squares / norm;
}

}  // namespace

TEST_CASE("every instruction set makes the same int8 codes") {
    for (const size_t dimension : coded_dimensions()) {
        const std::vector<float> values = normal_vector(dimension, dimension);
        const GuardedArray<float> vector(dimension);
        std::copy(values.begin(), values.end(), vector.begin());
        std::vector<uint8_t> expected(dimension);
        float expected_scale = 0, expected_norm = 0;
        code_kernels(Isa::scalar)
            .int8_encode(vector.data(), dimension, expected.data(), &expected_scale, &expected_norm);
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", dimension " << dimension);
            const GuardedArray<uint8_t> bytes(dimension);
            float scale = 0, norm = 0;
            code_kernels(isa).int8_encode(vector.data(), dimension, bytes.data(), &scale, &norm);
            REQUIRE(std::equal(bytes.begin(), bytes.end(), expected.begin()));
            REQUIRE(scale == Approx(expected_scale).epsilon(1e-6));
            REQUIRE(norm == Approx(expected_norm).epsilon(1e-6));

            const GuardedArray<float> decoded(dimension);
            code_kernels(isa).int8_decode(bytes.data(), scale, dimension, decoded.data());
            for (size_t i = 0; i < dimension; ++i)
                REQUIRE(decoded[i] == Approx(scale * (bytes[i] - 128)).epsilon(1e-6));
        }
    }
}

TEST_CASE("what is no number counts as none in an int8 code, by every instruction set") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const size_t dimension : coded_dimensions()) {
        for (const size_t at : {size_t{0}, dimension / 2, dimension - 1}) {
            std::vector<float> values = normal_vector(dimension, dimension);
            values[at] = 0;
            std::vector<uint8_t> expected(dimension), bytes(dimension);
            float expected_scale = 0, expected_norm = 0, scale = 0, norm = 0;
            for (const Isa isa : available()) {
                INFO(name_of(isa) << ", dimension " << dimension << ", at " << at);
                const auto encode = [&](std::vector<uint8_t>& to, float& scale_to, float& norm_to) {
                    code_kernels(isa).int8_encode(values.data(), dimension, to.data(), &scale_to, &norm_to);
                };
                values[at] = 0;
                encode(expected, expected_scale, expected_norm);
                for (const float number : {nan, -nan}) {
                    values[at] = number;
                    encode(bytes, scale, norm);
                    REQUIRE(bytes == expected);
                    REQUIRE(scale == expected_scale);
                    REQUIRE(norm == expected_norm);
                }
                for (const float number : {infinity, -infinity}) {
                    values[at] = number;
                    encode(bytes, scale, norm);
                    REQUIRE(bytes == std::vector<uint8_t>(dimension, 128));
                }
            }
        }
        const std::vector<float> nothing(dimension, nan);
        for (const Isa isa : available()) {
            std::vector<uint8_t> bytes(dimension);
            float scale = 1, norm = 1;
            code_kernels(isa).int8_encode(nothing.data(), dimension, bytes.data(), &scale, &norm);
            REQUIRE(bytes == std::vector<uint8_t>(dimension, 128));
            REQUIRE(scale == 0);
            REQUIRE(norm == 0);
        }
    }
}

TEST_CASE("a residual code has the residual's signs and the factors that its estimate needs") {
    for (const size_t dimension : coded_dimensions()) {
        for (const unsigned bits : {1U, 2U}) {
            const size_t slot = dimension / 4 % block_codes;
            const std::vector<float> reference = unit_like_vector(dimension, 1);
            const std::vector<float> vector = unit_like_vector(dimension, 2 + dimension);
            std::vector<double> residual(dimension);
            for (size_t i = 0; i < dimension; ++i) residual[i] = double{vector[i]} - reference[i];
            std::vector<std::vector<int>> codes;
            for (const Isa isa : available()) {
                INFO(name_of(isa) << ", dimension " << dimension << ", bits " << bits);
                const GuardedArray<uint8_t> block(block_bytes(dimension / 4, bits));
                const GuardedArray<float> scratch(encode_scratch(dimension));
                code_kernels(isa).residual_encode(vector.data(), reference.data(), dimension, 0, bits, slot,
                                                  scratch.data(), block.data());
                codes.push_back(residual_code(block.data(), dimension, bits, slot));
                const std::vector<int>& code = codes.back();
                double squares = 0, along = 0, reference_product = 0, reference_terms = 0;
                for (size_t i = 0; i < dimension; ++i) {
                    REQUIRE((code[i] > 0) == (vector[i] - reference[i] >= 0));
                    squares += residual[i] * residual[i];
                    along += residual[i] * code[i];
                    reference_product += double{reference[i]} * code[i];
                    reference_terms += std::fabs(double{reference[i]} * code[i]);
                }
                const ResidualFactors factors = residual_factors(block.data(), dimension, bits, slot);
                const double f_res = -2 * squares / along;
                CHECK(factors.res == Approx(f_res).epsilon(1e-3));
                CHECK(std::fabs(factors.add - (squares - f_res * reference_product)) <=
                      1e-3 * (squares + std::fabs(f_res * reference_product)) +
                          1e-6 * std::fabs(f_res) * reference_terms);
                // The same bits, or others that are as good where a value or a choice is on the edge.
                if (code != codes.front())
                    CHECK(quality(residual, code) == Approx(quality(residual, codes.front())).epsilon(1e-5));
            }
        }
    }
}

TEST_CASE("a slot of a block is written without touching the others") {
    constexpr size_t dimension = 36;
    for (const Isa isa : available()) {
        for (const unsigned bits : {1U, 2U}) {
            const GuardedArray<uint8_t> together(block_bytes(dimension / 4, bits));
            const GuardedArray<float> scratch(encode_scratch(dimension));
            const std::vector<float> reference = unit_like_vector(dimension, 1);
            for (size_t slot = 0; slot < block_codes; ++slot)
                code_kernels(isa).residual_encode(unit_like_vector(dimension, 10 + slot).data(),
                                                  reference.data(), dimension, 0, bits, slot, scratch.data(),
                                                  together.data());
            for (size_t slot = 0; slot < block_codes; ++slot) {
                INFO(name_of(isa) << ", bits " << bits << ", slot " << slot);
                const GuardedArray<uint8_t> alone(together.size());
                code_kernels(isa).residual_encode(unit_like_vector(dimension, 10 + slot).data(),
                                                  reference.data(), dimension, 0, bits, slot, scratch.data(),
                                                  alone.data());
                CHECK(residual_code(together.data(), dimension, bits, slot) ==
                      residual_code(alone.data(), dimension, bits, slot));
                const auto a = residual_factors(together.data(), dimension, bits, slot);
                const auto b = residual_factors(alone.data(), dimension, bits, slot);
                CHECK((a.add == b.add && a.res == b.res));
            }
        }
    }
}

TEST_CASE("a vector that equals its reference has factors of zero") {
    constexpr size_t dimension = 64;
    const std::vector<float> vector = unit_like_vector(dimension, 3);
    for (const Isa isa : available()) {
        for (const unsigned bits : {1U, 2U}) {
            std::vector<uint8_t> block(block_bytes(dimension / 4, bits));
            std::vector<float> scratch(encode_scratch(dimension));
            code_kernels(isa).residual_encode(vector.data(), vector.data(), dimension, 0, bits, 5,
                                              scratch.data(), block.data());
            const auto factors = residual_factors(block.data(), dimension, bits, 5);
            CHECK(factors.add == 0);
            CHECK(factors.res == 0);
        }
    }
}
