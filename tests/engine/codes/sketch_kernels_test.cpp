// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <numeric>

#include "../guarded_array.h"
#include "codes_data.h"
#include "engine/lsh/sketches.h"

using namespace vexfs;
using namespace vexfs::simd;
using namespace vexfs::test;

namespace {

codes::Int8Table table_of(size_t count, size_t dimension) {
    codes::Int8Table table(count, dimension);
    for (size_t i = 0; i < count; ++i) table.set(i, unit_like_vector(dimension, 100 + i).data());
    return table;
}

}  // namespace

TEST_CASE("every instruction set reads sketches alike, in any order, and nothing behind them") {
    constexpr size_t count = 40;
    for (const size_t dimension : coded_dimensions()) {
        const lsh::Sketches sketches(table_of(count, dimension), 1);
        GuardedArray<uint8_t> bytes(sketches.bytes().size());
        std::copy_n(sketches.data(), bytes.size(), bytes.data());
        const std::vector<float> vector = unit_like_vector(dimension, 2);
        lsh::SketchQuery made;
        const simd::SketchQuery& query = made.set(vector.data(), dimension);
        std::vector<uint32_t> nodes(block_codes);
        for (uint32_t i = 0; i < block_codes; ++i) nodes[i] = static_cast<uint32_t>((i * 7 + 39) % count);
        float expected[block_codes];
        code_kernels(Isa::scalar)
            .sketch_estimates(query, bytes.data(), nodes.data(), block_codes, 2, 0, expected);
        std::vector<float> sorted(expected, expected + block_codes);
        std::sort(sorted.begin(), sorted.end());
        for (const Isa isa : available()) {
            INFO(name_of(isa) << ", dimension " << dimension);
            float out[block_codes];
            const float below = sorted[block_codes / 2];
            const uint32_t mask = code_kernels(isa).sketch_estimates(query, bytes.data(), nodes.data(),
                                                                     block_codes, 2, below, out);
            for (size_t i = 0; i < block_codes; ++i) {
                CHECK(out[i] == Approx(expected[i]).margin(1e-4));
                CHECK((mask >> i & 1) == (out[i] < below ? 1 : 0));
            }
        }
    }
}

TEST_CASE("sketches estimate distances, the better the more dimensions there are") {
    for (const size_t dimension : {64, 384}) {
        const codes::Int8Table table = table_of(32, dimension);
        const lsh::Sketches sketches(table, 1);
        const std::vector<float> query = unit_like_vector(dimension, 2);
        lsh::SketchQuery made;
        std::vector<uint32_t> nodes(32);
        std::iota(nodes.begin(), nodes.end(), 0U);
        float out[block_codes];
        float base = 0;
        for (const float value : query) base += value * value;
        code_kernels().sketch_estimates(made.set(query.data(), dimension), sketches.data(), nodes.data(), 32,
                                        base, 0, out);
        double squares = 0;
        for (size_t i = 0; i < 32; ++i) {
            const auto vector = unit_like_vector(dimension, 100 + i);
            const double error = out[i] - squared_distance(query.data(), vector.data(), dimension);
            squares += error * error / 32;
        }
        // By RaBitQ's bound the error falls with the root of the dimension.
        CHECK(std::sqrt(squares) < 2.5 / std::sqrt(static_cast<double>(dimension)));
    }
}
