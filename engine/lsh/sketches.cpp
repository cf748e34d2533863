// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/sketches.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/float16.h"
#include "engine/base/parallel.h"

namespace vexfs::lsh {
namespace {

constexpr size_t word_bits = 64;
constexpr size_t strip_nodes = 1024;

size_t words_for(size_t dimension) {
    return (dimension + word_bits - 1) / word_bits;
}

// As simd::CodeKernels::residual_encode does with one bit and the origin as the reference.
void encode(const float* vector, size_t dimension, uint8_t* to) {
    float squares = 0, sizes = 0;
    const size_t words = words_for(dimension);
    for (size_t word = 0; word < words; ++word) {
        uint64_t bits = 0;
        const size_t first = word * word_bits;
        for (size_t i = first; i < std::min(dimension, first + word_bits); ++i) {
            squares += vector[i] * vector[i];
            sizes += std::fabs(vector[i]);
            bits |= uint64_t{vector[i] >= 0 ? 1U : 0U} << (i - first);
        }
        std::memcpy(to + word * sizeof bits, &bits, sizeof bits);
    }
    const uint16_t factors[] = {half_from_float(squares),
                                half_from_float(sizes > 0 ? -2 * squares / sizes : 0)};
    std::memcpy(to + words * sizeof(uint64_t), factors, sizeof factors);
}

}  // namespace

Sketches::Sketches(size_t nodes, size_t dimension)
    : nodes_(nodes), words_(words_for(dimension)), memory_(nodes * sketch_bytes()) {}

Sketches::Sketches(const codes::Int8Table& table, unsigned threads)
    : Sketches(table.count(), table.dimension()) {
    auto* to = reinterpret_cast<uint8_t*>(memory_.data());
    parallel_for(threads, (nodes_ + strip_nodes - 1) / strip_nodes, [&](unsigned, size_t strip) {
        std::vector<float> vector(table.dimension());
        for (size_t node = strip * strip_nodes; node < std::min(nodes_, (strip + 1) * strip_nodes); ++node) {
            table.decode(node, vector.data());
            encode(vector.data(), vector.size(), to + node * sketch_bytes());
        }
    });
}

const simd::SketchQuery& SketchQuery::set(const float* query, size_t dimension) {
    const size_t words = words_for(dimension);
    planes_.assign(simd::sketch_planes * words, 0);
    const auto [least, greatest] = std::minmax_element(query, query + dimension);
    constexpr float value_max = (1 << simd::sketch_planes) - 1;
    const float low = *least, step = std::max((*greatest - low) / value_max, 1e-30F);
    float total = 0;
    for (size_t i = 0; i < dimension; ++i) {
        const auto value = static_cast<uint64_t>(std::lrint((query[i] - low) / step));
        for (size_t plane = 0; plane < simd::sketch_planes; ++plane)
            planes_[plane * words + i / word_bits] |= (value >> plane & 1) << (i % word_bits);
        total += query[i];
    }
    view_ = {planes_.data(), words, 2 * step, 2 * low, -total};
    return view_;
}

}  // namespace vexfs::lsh
