// SPDX-License-Identifier: Apache-2.0
// The subspace of a space in which the differences of near vectors lie best, with an orthonormal basis of it
// that is turned at random, so that components are alike. Codes of differences can leave out what is not in
// it where that is little.
//
// Found by orthogonal iteration on the covariance of some differences (Golub & Van Loan, "Matrix
// Computations", 8.2.4), from and to int8 codes. Thread-safe; unchanged once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/function_ref.h"
#include "engine/codes/int8.h"

namespace vexfs::codes {

class Projection {
  public:
    static constexpr size_t step = 32;

    // Onto the fewest dimensions, a multiple of `step` and `kept_max` at most, that have the `share` of the
    // squared length of some differences; null where these don't. difference(i, to) gives the i-th of
    // `count`, [dimension].
    static std::shared_ptr<const Projection> learn(size_t dimension, size_t kept_max, double share,
                                                   size_t count, FunctionRef<void(size_t, float*)> difference,
                                                   uint64_t seed, unsigned threads);
    // basis: [kept] of the space, as it was learnt.
    explicit Projection(Int8Table basis) : basis_(std::move(basis)) {}

    size_t kept() const { return basis_.count(); }
    const Int8Table& basis() const { return basis_; }
    size_t memory_bytes() const { return basis_.count() * (basis_.dimension() + sizeof(Int8Factors)); }

    // to: [kept].
    void apply(const Int8Query& vector, float* to) const;
    Int8Table apply(const Int8Table& vectors, unsigned threads) const;

  private:
    Int8Table basis_;
};

}  // namespace vexfs::codes
