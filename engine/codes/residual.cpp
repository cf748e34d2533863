// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/residual.h"

#include <algorithm>
#include <cmath>

namespace vexfs::codes {
const simd::BlockQuery& ResidualQuery::set(const float* query, size_t dimension, unsigned bits) {
    const size_t groups = dimension / 4, padded = (groups + 3) / 4 * 4;
    table_.assign(padded * 16, 0);
    lows_.resize(groups);
    sums_.resize(groups * 16);
    float widest = 0, all = 0, low_sum = 0, total = 0;
    for (size_t group = 0; group < groups; ++group) {
        const float* four = query + group * 4;
        float* sums = &sums_[group * 16];
        sums[0] = 0;
        for (unsigned nibble = 1; nibble < 16; ++nibble)
            sums[nibble] = sums[nibble & (nibble - 1)] + four[__builtin_ctz(nibble)];
        const auto [low, high] = std::minmax_element(sums, sums + 16);
        lows_[group] = *low;
        widest = std::max(widest, *high - *low);
        all += *high - *low;
        low_sum += *low;
        total += sums[15];
    }
    // The sum over all groups and planes must fit 16 bits, each group rounded up.
    const float weight = bits == 2 ? 3 : 1;
    const float sum_max = 65'500 - weight * static_cast<float>(groups) / 2;
    const float step =
        std::max({widest / static_cast<float>(simd::table_max(bits)), weight * all / sum_max, 1e-30F});
    for (size_t group = 0; group < groups; ++group)
        for (size_t nibble = 0; nibble < 16; ++nibble)
            table_[group * 16 + nibble] =
                static_cast<uint8_t>(std::lrint((sums_[group * 16 + nibble] - lows_[group]) / step));
    // u = 2 * sum of 2^k * bit - (2^bits - 1), and a plane's product with q is step * sum + low_sum.
    view_ = {table_.data(), groups, bits, 2 * step, weight * (2 * low_sum - total)};
    return view_;
}

}  // namespace vexfs::codes
