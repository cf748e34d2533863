// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/residual.h"

#include <catch2/catch.hpp>

#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::codes;
using namespace vexfs::test;

namespace {

struct Errors {
    double mean = 0, rms = 0;  // relative to the squared distance
};

// Of estimates for `blocks` times 32 vectors around a reference, each with a query of its own.
Errors errors_of_estimates(size_t dimension, unsigned bits, size_t blocks) {
    double sum = 0, squares = 0;
    std::vector<float> scratch(simd::encode_scratch(dimension));
    for (size_t turn = 0; turn < blocks; ++turn) {
        const std::vector<float> reference = unit_like_vector(dimension, turn * 100);
        const std::vector<float> query = unit_like_vector(dimension, turn * 100 + 1);
        std::vector<uint8_t> block(simd::block_bytes(dimension / 4, bits) + simd::code_slack);
        std::vector<std::vector<float>> vectors;
        for (size_t slot = 0; slot < simd::block_codes; ++slot) {
            std::vector<float>& vector =
                vectors.emplace_back(unit_like_vector(dimension, turn * 100 + 2 + slot));
            for (size_t i = 0; i < dimension; ++i) vector[i] = reference[i] + 0.7F * vector[i];
            simd::code_kernels().residual_encode(vector.data(), reference.data(), dimension, 0, bits, slot,
                                                 scratch.data(), block.data());
        }
        ResidualQuery made;
        const simd::BlockQuery& view = made.set(query.data(), dimension, bits);
        const auto base = static_cast<float>(squared_distance(query.data(), reference.data(), dimension));
        float estimates[simd::block_codes];
        simd::code_kernels().estimate(view, block.data(), base, 0, estimates);
        for (size_t slot = 0; slot < simd::block_codes; ++slot) {
            const double exact = squared_distance(query.data(), vectors[slot].data(), dimension);
            const double error = (estimates[slot] - exact) / exact;
            sum += error;
            squares += error * error;
        }
    }
    const auto count = static_cast<double>(blocks * simd::block_codes);
    return {sum / count, std::sqrt(squares / count)};
}

}  // namespace

TEST_CASE("estimates lean to neither side, and get better with a second bit and with the dimension") {
    double before = 1;
    for (const size_t dimension : {64, 256, 1024}) {
        const Errors one = errors_of_estimates(dimension, 1, 60), two = errors_of_estimates(dimension, 2, 60);
        INFO("dimension " << dimension << ": mean " << one.mean << ", " << two.mean << "; rms " << one.rms
                          << ", " << two.rms);
        CHECK(std::fabs(one.mean) < 0.2 * one.rms);
        CHECK(std::fabs(two.mean) < 0.2 * two.rms);
        CHECK(two.rms < 0.7 * one.rms);
        CHECK(one.rms < 0.8 / std::sqrt(static_cast<double>(dimension)));
        CHECK(one.rms < 0.7 * before);
        before = one.rms;
    }
}

TEST_CASE("a query may be made ready anew for another dimension and other bits") {
    ResidualQuery reused;
    for (const auto& [dimension, bits] :
         std::vector<std::pair<size_t, unsigned>>{{256, 2}, {4, 1}, {36, 2}, {256, 1}}) {
        const std::vector<float> query = unit_like_vector(dimension, dimension);
        ResidualQuery fresh;
        const simd::BlockQuery expected = fresh.set(query.data(), dimension, bits);
        const simd::BlockQuery view = reused.set(query.data(), dimension, bits);
        CHECK(view.groups == dimension / 4);
        CHECK(view.bits == bits);
        CHECK(view.step == expected.step);
        CHECK(view.offset == expected.offset);
        const size_t bytes = (view.groups + 3) / 4 * 64;
        CHECK(std::equal(view.table, view.table + bytes, expected.table));
        CHECK(std::all_of(view.table + view.groups * 16, view.table + bytes,
                          [](uint8_t byte) { return byte == 0; }));
    }
}

TEST_CASE("a query of zeros estimates the norms") {
    constexpr size_t dimension = 64;
    const std::vector<float> zero(dimension), vector = unit_like_vector(dimension, 9);
    std::vector<float> scratch(simd::encode_scratch(dimension));
    for (const unsigned bits : {1U, 2U}) {
        std::vector<uint8_t> block(simd::block_bytes(dimension / 4, bits) + simd::code_slack);
        simd::code_kernels().residual_encode(vector.data(), zero.data(), dimension, 0, bits, 0,
                                             scratch.data(), block.data());
        ResidualQuery query;
        float estimates[simd::block_codes];
        simd::code_kernels().estimate(query.set(zero.data(), dimension, bits), block.data(), 0, 0, estimates);
        CHECK(estimates[0] == Approx(squared_distance(vector.data(), zero.data(), dimension)).epsilon(2e-3));
    }
}

TEST_CASE("what codes leave out is added to the distance") {
    constexpr size_t dimension = 64;
    const std::vector<float> zero(dimension), vector = unit_like_vector(dimension, 9);
    std::vector<float> scratch(simd::encode_scratch(dimension));
    std::vector<uint8_t> block(simd::block_bytes(dimension / 4, 2) + simd::code_slack);
    simd::code_kernels().residual_encode(vector.data(), zero.data(), dimension, 0.5F, 2, 0, scratch.data(),
                                         block.data());
    ResidualQuery query;
    float estimates[simd::block_codes];
    simd::code_kernels().estimate(query.set(zero.data(), dimension, 2), block.data(), 0, 0, estimates);
    CHECK(estimates[0] ==
          Approx(squared_distance(vector.data(), zero.data(), dimension) + 0.5).epsilon(2e-3));
}
