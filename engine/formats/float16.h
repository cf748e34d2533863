// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16 to binary32. Every binary16 value has an exact binary32, so nothing is rounded.
#pragma once

#include <bit>
#include <cstdint>

namespace vexfs::formats {

constexpr float float_from_half(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1Fu;
    const uint32_t fraction = half & 0x3FFu;
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);  // inf, nan
    if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 127 - 15) << 23 | fraction << 13);
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // zero and subnormals
    return sign != 0 ? -magnitude : magnitude;
}

}  // namespace vexfs::formats
