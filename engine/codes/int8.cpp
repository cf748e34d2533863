// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/int8.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace vexfs::codes {
namespace {

constexpr int bias = 128;

}  // namespace

Int8Factors encode_int8(const float* from, size_t dimension, uint8_t* to) {
    Int8Factors factors;
    simd::code_kernels().int8_encode(from, dimension, to, &factors.scale, &factors.norm);
    return factors;
}

void Int8Query::set(const float* vector, size_t dimension) {
    bytes_.assign(dimension + simd::code_slack, 0);
    dimension_ = dimension;
    auto* biased = reinterpret_cast<uint8_t*>(bytes_.data());
    const Int8Factors factors = encode_int8(vector, dimension, biased);
    for (size_t i = 0; i < dimension; ++i) bytes_[i] = static_cast<int8_t>(biased[i] - bias);
    finish(factors);
}

void Int8Query::set(const uint8_t* bytes, const Int8Factors& factors, size_t dimension) {
    bytes_.assign(dimension + simd::code_slack, 0);
    dimension_ = dimension;
    for (size_t i = 0; i < dimension; ++i) bytes_[i] = static_cast<int8_t>(bytes[i] - bias);
    finish(factors);
}

void Int8Query::finish(const Int8Factors& factors) {
    int32_t sum = 0;
    for (size_t i = 0; i < dimension_; ++i) sum += bytes_[i];
    bias_ = bias * sum;
    twice_scale_ = 2 * factors.scale;
    norm_ = factors.norm;
}

Int8Table::Int8Table(size_t count, size_t dimension)
    : dimension_(dimension), memory_(count * dimension + simd::code_slack), factors_(count) {}

Int8Table::Int8Table(const Int8Table& other, const std::vector<uint32_t>& order)
    : Int8Table(order.size(), other.dimension()) {
    for (size_t i = 0; i < order.size(); ++i) {
        std::memcpy(data() + i * dimension_, other.bytes(order[i]), dimension_);
        factors_[i] = other.factors(order[i]);
    }
}

void Int8Block::pack(const Int8Table& table, const uint32_t* ids, size_t count) {
    count_ = count;
    dimension_ = table.dimension();
    const size_t padded = padded_count(), quads = dimension_ / 4;
    rows_.resize(count * dimension_ + simd::code_slack);
    columns_.assign(padded * dimension_, 0);
    scales_.assign(padded, 0);
    norms_.assign(padded, 0);
    sums_.assign(padded, 0);
    for (size_t i = 0; i < count; ++i) {
        if (i + 8 < count) table.prefetch(ids[i + 8]);
        const uint8_t* bytes = table.bytes(ids[i]);
        std::memcpy(&rows_[i * dimension_], bytes, dimension_);
        int8_t* column = &columns_[(i / 16 * quads * 16 + i % 16) * 4];
        int32_t sum = 0;
        for (size_t quad = 0; quad < quads; ++quad) {
            for (size_t k = 0; k < 4; ++k) {
                const auto value = static_cast<int8_t>(bytes[quad * 4 + k] - bias);
                column[quad * 64 + k] = value;
                sum += value;
            }
        }
        scales_[i] = table.factors(ids[i]).scale;
        norms_[i] = table.factors(ids[i]).norm;
        sums_[i] = static_cast<float>(sum);
    }
}

simd::Int8Rows Int8Block::rows(size_t first) const {
    return {rows_.data() + first * dimension_, dimension_, scales_.data() + first, norms_.data() + first};
}

simd::Int8Panel Int8Block::panel() const {
    return {columns_.data(), dimension_ / 4, scales_.data(), norms_.data(), sums_.data()};
}

}  // namespace vexfs::codes
