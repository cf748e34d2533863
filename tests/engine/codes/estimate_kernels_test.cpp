// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "../guarded_array.h"
#include "codes_data.h"
#include "engine/codes/residual.h"

using namespace vexfs;
using namespace vexfs::simd;
using namespace vexfs::test;

namespace {

// A full block of codes relative to `reference`, with noise behind it.
class Block {
  public:
    Block(size_t dimension, unsigned bits, const std::vector<float>& reference)
        : bytes_(block_bytes(dimension / 4, bits) + code_slack) {
        std::mt19937 random(1);
        for (size_t i = bytes_.size() - code_slack; i < bytes_.size(); ++i)
            bytes_[i] = static_cast<uint8_t>(random() % 256);
        std::vector<float> scratch(encode_scratch(dimension));
        for (size_t slot = 0; slot < block_codes; ++slot)
            code_kernels(Isa::scalar)
                .residual_encode(unit_like_vector(dimension, 100 + slot).data(), reference.data(), dimension, 0,
                                 bits, slot, scratch.data(), bytes_.data());
    }
    const uint8_t* data() const { return bytes_.data(); }

  private:
    GuardedArray<uint8_t> bytes_;
};

// A query whose table has its exact size.
struct Query {
    Query(const std::vector<float>& vector, unsigned bits) : table((vector.size() / 4 + 3) / 4 * 64) {
        codes::ResidualQuery made;
        view = made.set(vector.data(), vector.size(), bits);
        std::copy(view.table, view.table + table.size(), table.data());
        view.table = table.data();
    }
    GuardedArray<uint8_t> table;
    BlockQuery view{};
};

}  // namespace

TEST_CASE("every instruction set estimates alike and selects what is below") {
    for (const size_t dimension : coded_dimensions()) {
        for (const unsigned bits : {1U, 2U}) {
            const std::vector<float> reference = unit_like_vector(dimension, 1);
            const Block block(dimension, bits, reference);
            const Query query(unit_like_vector(dimension, 2), bits);
            float expected[block_codes];
            code_kernels(Isa::scalar).estimate(query.view, block.data(), 2, 0, expected);
            std::vector<float> sorted(expected, expected + block_codes);
            std::sort(sorted.begin(), sorted.end());
            for (const Isa isa : available()) {
                for (const float below : {-1e30F, sorted[block_codes / 2], 1e30F}) {
                    INFO(name_of(isa) << ", dimension " << dimension << ", bits " << bits);
                    const GuardedArray<float> out(block_codes);
                    const uint32_t mask =
                        code_kernels(isa).estimate(query.view, block.data(), 2, below, out.data());
                    for (size_t i = 0; i < block_codes; ++i) {
                        REQUIRE(std::fabs(out[i] - expected[i]) < 2e-5 * (1 + std::fabs(expected[i])));
                        REQUIRE((mask >> i & 1) == (out[i] < below ? 1U : 0U));
                    }
                }
            }
        }
    }
}

TEST_CASE("the product with a query is that with the code, up to the steps of the table") {
    for (const size_t dimension : coded_dimensions()) {
        for (const unsigned bits : {1U, 2U}) {
            const std::vector<float> reference = unit_like_vector(dimension, 1);
            const std::vector<float> vector = unit_like_vector(dimension, 2);
            const Block block(dimension, bits, reference);
            const Query query(vector, bits);
            for (const Isa isa : available()) {
                INFO(name_of(isa) << ", dimension " << dimension << ", bits " << bits);
                float out[block_codes];
                code_kernels(isa).estimate(query.view, block.data(), 0, 0, out);
                for (size_t slot = 0; slot < block_codes; ++slot) {
                    const auto code = residual_code(block.data(), dimension, bits, slot);
                    const auto factors = residual_factors(block.data(), dimension, bits, slot);
                    double product = 0;
                    for (size_t i = 0; i < dimension; ++i) product += double{vector[i]} * code[i];
                    // Each look-up is rounded to half a step; view.step counts a step twice.
                    const double weight = bits == 2 ? 3 : 1;
                    const double bound =
                        weight * query.view.step / 2 * static_cast<double>(dimension / 4) / 2 + 1e-4;
                    REQUIRE(std::fabs(out[slot] - (factors.add + factors.res * product)) <=
                            std::fabs(factors.res) * 2 * bound + 1e-4);
                }
            }
        }
    }
}

// All groups round up at once where a query's values are alike, and the sums have 16 bits.
TEST_CASE("sums of the largest dimensions don't overflow") {
    for (const size_t dimension : {4'288, 16'384, 40'000, 65'536, 65'600}) {
        const std::vector<float> ones(dimension, 1.0F), zero(dimension, 0.0F);
        std::vector<float> scratch(encode_scratch(dimension));
        std::vector<uint8_t> block(block_bytes(dimension / 4, 1) + code_slack);
        code_kernels(Isa::scalar)
            .residual_encode(ones.data(), zero.data(), dimension, 0, 1, 0, scratch.data(), block.data());
        const Query query(ones, 1);
        float expected[block_codes];  // summed in 32 bits
        code_kernels(Isa::scalar).estimate(query.view, block.data(), 0, 0, expected);
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", dimension " << dimension);
            float out[block_codes];
            code_kernels(isa).estimate(query.view, block.data(), 0, 0, out);
            CHECK(out[0] == Approx(expected[0]).epsilon(1e-4));
        }
    }
}
