// SPDX-License-Identifier: Apache-2.0
// Vectors of a codes::Space as int8: a byte per component and a scale per vector, simd/codes.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/prefetch.h"
#include "engine/index/anonymous_memory.h"
#include "engine/simd/codes.h"

namespace vexfs::codes {

// What stands beside the bytes of a code.
struct Int8Factors {
    float scale = 0;
    float norm = 0;  // squared, of the decoded vector
};

// from: [dimension]; to: [dimension] bytes, biased by 128.
Int8Factors encode_int8(const float* from, size_t dimension, uint8_t* to);

// The left side of a comparison, for code after code.
class Int8Query {
  public:
    // A vector of the space, [dimension].
    void set(const float* vector, size_t dimension);
    // A code, as if it had been given in its decoded form.
    void set(const uint8_t* bytes, const Int8Factors& factors, size_t dimension);

    // Scalar product of the decoded vectors.
    float product(const simd::CodeKernels& kernels, const uint8_t* bytes, float scale) const {
        const int32_t product = kernels.int8_product(bytes, bytes_.data(), dimension_) - bias_;
        return scale_ * scale * static_cast<float>(product);
    }
    // Squared Euclidean distance of the decoded vectors.
    float distance(const simd::CodeKernels& kernels, const uint8_t* bytes, const Int8Factors& factors) const {
        return norm_ + factors.norm - 2 * product(kernels, bytes, factors.scale);
    }
    float scale() const { return scale_; }
    float norm() const { return norm_; }  // squared

  private:
    void finish(const Int8Factors& factors);

    std::vector<int8_t> bytes_;  // zeros behind, to whole registers
    size_t dimension_ = 0;
    int32_t bias_ = 0;  // 128 times the sum of the bytes
    float scale_ = 0;
    float norm_ = 0;
};

// Codes of many vectors, one behind the other, each with what stands beside it.
class Int8Table {
  public:
    Int8Table(size_t count, size_t dimension);
    // The rows `order` of another table.
    Int8Table(const Int8Table& other, const std::vector<uint32_t>& order, unsigned threads);

    size_t count() const { return count_; }
    size_t dimension() const { return dimension_; }
    const uint8_t* bytes(size_t i) const { return data() + i * stride(); }
    const Int8Factors& factors(size_t i) const { return beside(i).factors; }
    float sum(size_t i) const { return beside(i).sum; }  // of the bytes, not biased
    void set(size_t i, const float* vector);
    void set(size_t i, const uint8_t* bytes, const Int8Factors& factors);
    // to: [dimension].
    void decode(size_t i, float* to) const {
        simd::code_kernels().int8_decode(bytes(i), factors(i).scale, dimension_, to);
    }
    // As the left side of a distance matrix.
    simd::Int8Rows row(size_t i) const { return {bytes(i), dimension_, &factors(i).scale, &factors(i).norm}; }
    void prefetch(size_t i) const { vexfs::prefetch(bytes(i), stride()); }

  private:
    struct Beside {
        Int8Factors factors;
        float sum;
    };

    size_t stride() const { return dimension_ + sizeof(Beside); }
    uint8_t* data() const { return reinterpret_cast<uint8_t*>(memory_.data()); }
    Beside& beside(size_t i) const { return *reinterpret_cast<Beside*>(data() + i * stride() + dimension_); }
    void add_up(size_t i);

    size_t count_, dimension_;  // a multiple of 4
    AnonymousMemory memory_;
    std::vector<int8_t> ones_;  // [dimension_], zeros behind
};

// Some codes of a table, packed as a side of a distance matrix.
class Int8Block {
  public:
    // `ids` are rows of the table.
    void pack(const Int8Table& table, const uint32_t* ids, size_t count);
    // For rows() alone.
    void pack_rows(const Int8Table& table, const uint32_t* ids, size_t count);
    // For panel() alone.
    void pack_columns(const Int8Table& table, const uint32_t* ids, size_t count);

    size_t count() const { return count_; }
    size_t padded_count() const { return (count_ + 15) / 16 * 16; }
    simd::Int8Rows rows(size_t first) const;
    simd::Int8Panel panel() const;

  private:
    size_t count_ = 0, dimension_ = 0;
    std::vector<uint8_t> rows_;
    std::vector<int8_t> columns_;
    std::vector<float> scales_, norms_, sums_;
};

}  // namespace vexfs::codes
