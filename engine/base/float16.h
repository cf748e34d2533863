// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16 to binary32, which is exact, and back, to the nearest with ties to even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace vexfs {

constexpr float float_from_half(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1Fu;
    const uint32_t fraction = half & 0x3FFu;
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);  // inf, nan
    if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 127 - 15) << 23 | fraction << 13);
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // zero and subnormals
    return sign != 0 ? -magnitude : magnitude;
}

// Values beyond +-65504, the largest, become that.
inline uint16_t half_from_float(float value) {
    const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000u : 0u);
    const float magnitude = std::fabs(value);
    if (!(magnitude < 65504)) return static_cast<uint16_t>(sign | (std::isnan(value) ? 0x7E00u : 0x7BFFu));
    if (magnitude < 0x1p-14f)  // subnormal: a multiple of 2^-24
        return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f)));
    const uint32_t bits = std::bit_cast<uint32_t>(magnitude);
    const uint32_t rounded = bits + 0xFFFu + (bits >> 13 & 1);
    return static_cast<uint16_t>(sign | ((rounded >> 13) - ((127u - 15u) << 10)));
}

}  // namespace vexfs
