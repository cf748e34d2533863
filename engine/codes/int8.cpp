// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/int8.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/parallel.h"

namespace vexfs::codes {
namespace {

constexpr int bias = 128;
constexpr size_t fetched_ahead = 16;

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
    scale_ = factors.scale;
    norm_ = factors.norm;
}

Int8Table::Int8Table(size_t count, size_t dimension)
    : count_(count),
      dimension_(dimension),
      memory_(count * stride() + simd::code_slack),
      ones_(dimension + simd::code_slack) {
    std::fill_n(ones_.begin(), dimension, int8_t{1});
}

Int8Table::Int8Table(const Int8Table& other, const std::vector<uint32_t>& order, unsigned threads)
    : Int8Table(order.size(), other.dimension()) {
    constexpr size_t strip_rows = 4096;
    parallel_for(threads, (order.size() + strip_rows - 1) / strip_rows, [&](unsigned, size_t strip) {
        const size_t first = strip * strip_rows, end = std::min(first + strip_rows, order.size());
        for (size_t i = first; i < end; ++i) {
            if (i + fetched_ahead < end) other.prefetch(order[i + fetched_ahead]);
            std::memcpy(data() + i * stride(), other.bytes(order[i]), stride());
        }
    });
}

void Int8Table::set(size_t i, const float* vector) {
    beside(i).factors = encode_int8(vector, dimension_, data() + i * stride());
    add_up(i);
}

void Int8Table::set(size_t i, const uint8_t* bytes, const Int8Factors& factors) {
    std::memcpy(data() + i * stride(), bytes, dimension_);
    beside(i).factors = factors;
    add_up(i);
}

void Int8Table::add_up(size_t i) {
    const int32_t biased = simd::code_kernels().int8_product(bytes(i), ones_.data(), dimension_);
    beside(i).sum = static_cast<float>(biased - bias * static_cast<int32_t>(dimension_));
}

void Int8Block::pack(const Int8Table& table, const uint32_t* ids, size_t count) {
    pack_columns(table, ids, count);
    pack_rows(table, ids, count);
}

void Int8Block::pack_rows(const Int8Table& table, const uint32_t* ids, size_t count) {
    count_ = count;
    dimension_ = table.dimension();
    rows_.resize(count * dimension_ + simd::code_slack);
    scales_.resize(padded_count());
    norms_.resize(padded_count());
    for (size_t i = 0; i < std::min(fetched_ahead, count); ++i) table.prefetch(ids[i]);
    for (size_t i = 0; i < count; ++i) {
        if (i + fetched_ahead < count) table.prefetch(ids[i + fetched_ahead]);
        std::memcpy(&rows_[i * dimension_], table.bytes(ids[i]), dimension_);
        scales_[i] = table.factors(ids[i]).scale;
        norms_[i] = table.factors(ids[i]).norm;
    }
}

void Int8Block::pack_columns(const Int8Table& table, const uint32_t* ids, size_t count) {
    constexpr uint32_t four_biases = 0x8080'8080;
    count_ = count;
    dimension_ = table.dimension();
    const size_t padded = padded_count(), quads = dimension_ / 4;
    columns_.resize(padded * dimension_);
    scales_.assign(padded, 0);
    norms_.assign(padded, 0);
    sums_.assign(padded, 0);
    // In the last sixteen, columns that there are not are zeros.
    if (count < padded)
        std::fill(columns_.end() - static_cast<ptrdiff_t>(16 * dimension_), columns_.end(), 0);
    for (size_t i = 0; i < std::min(fetched_ahead, count); ++i) table.prefetch(ids[i]);
    for (size_t i = 0; i < count; ++i) {
        if (i + fetched_ahead < count) table.prefetch(ids[i + fetched_ahead]);
        const uint8_t* bytes = table.bytes(ids[i]);
        int8_t* column = &columns_[(i / 16 * quads * 16 + i % 16) * 4];
        for (size_t quad = 0; quad < quads; ++quad) {
            uint32_t four;
            std::memcpy(&four, bytes + quad * 4, sizeof four);
            four ^= four_biases;
            std::memcpy(column + quad * 64, &four, sizeof four);
        }
        const Int8Factors& factors = table.factors(ids[i]);
        scales_[i] = factors.scale;
        norms_[i] = factors.norm;
        sums_[i] = table.sum(ids[i]);
    }
}

simd::Int8Rows Int8Block::rows(size_t first) const {
    return {rows_.data() + first * dimension_, dimension_, scales_.data() + first, norms_.data() + first};
}

simd::Int8Panel Int8Block::panel() const {
    return {columns_.data(), dimension_ / 4, scales_.data(), norms_.data(), sums_.data()};
}

}  // namespace vexfs::codes
