// SPDX-License-Identifier: Apache-2.0
// Residual codes, simd/codes.h: blocks are made here, and queries are made ready for them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/simd/codes.h"

namespace vexfs::codes {

// A query made ready for blocks of any reference.
class ResidualQuery {
  public:
    // query: [dimension]. The kernels' view of it is valid until the next call.
    const simd::BlockQuery& set(const float* query, size_t dimension, unsigned bits);

  private:
    std::vector<uint8_t> table_;
    std::vector<float> lows_, sums_;
    simd::BlockQuery view_{};
};

}  // namespace vexfs::codes
