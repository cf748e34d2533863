// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/fresh_sketches.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <bitset>
#include <cmath>
#include <cstring>

#include "engine/base/float16.h"
#include "engine/base/prefetch.h"
#include "engine/collection/query.h"

namespace vexfs {
namespace {

using simd::block_codes;
using simd::Metric;

constexpr size_t sketched_dimension_min = 32, sketched_dimension_max = 4'096;
constexpr uint64_t rotation_seed = 1;

// Standard deviations of <q, u>. By the code, for a query at distance 1 of the reference: sqrt(1 - c^2) with
// c the cosine of a residual and its code, which is about sqrt(2 / pi) after a random rotation; by the table
// of five bits, for a query of length 1.
constexpr float code_error = 0.65F, table_error = 0.1F;
constexpr float half_rounding = 0x1p-10F;  // relative, of f_add

constexpr size_t scan_ahead_bytes = 4'096;  // where hardware stops at the end of a page

constexpr uint16_t half_max = 0x7BFF, minus_infinity = 0xFC00;

size_t whole_lines(size_t bytes) {
    return (bytes + FreshSketches::alignment - 1) / FreshSketches::alignment * FreshSketches::alignment;
}

// For the scalar product vectors are left where they are: the reference is what is taken away.
Metric metric_of_space(Metric metric) {
    return metric == Metric::cosine ? Metric::cosine : Metric::euclidean;
}

// What a normal variate exceeds with this probability, of 0.001 to 0.5 (Abramowitz & Stegun, 26.2.23).
float normal_quantile(double exceeded) {
    const double t = std::sqrt(-2 * std::log(exceeded));
    return static_cast<float>(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                                      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
}

}  // namespace

struct FreshSketches::Header {
    uint32_t made;
    float scale;      // what vectors of the space were multiplied with
    float f_add_max;  // the greatest there is, without its sign
};

FreshSketches::FreshSketches(size_t dimension, Metric metric)
    : dimension_(dimension),
      metric_(metric),
      coded_(codes::Space::coded_dimension(dimension, metric_of_space(metric))),
      panel_bytes_(
          dimension < sketched_dimension_min || dimension > sketched_dimension_max ||
                  metric == Metric::manhattan
              ? 0
              : whole_lines(blocks_offset() + panel_rows / block_codes * block_bytes() + simd::code_slack)) {}

FreshSketches::~FreshSketches() = default;

size_t FreshSketches::blocks_offset() const {
    return whole_lines(sizeof(Header)) + whole_lines(coded_ * sizeof(float));
}

float* FreshSketches::reference_of(std::byte* panel) const {
    return reinterpret_cast<float*>(panel + whole_lines(sizeof(Header)));
}

const float* FreshSketches::reference_of(const std::byte* panel) const {
    return reinterpret_cast<const float*>(panel + whole_lines(sizeof(Header)));
}

bool FreshSketches::made(const std::byte* panel) {
    auto& header = *reinterpret_cast<Header*>(const_cast<std::byte*>(panel));
    return std::atomic_ref(header.made).load(std::memory_order_acquire) != 0;
}

void FreshSketches::learn_space(FunctionRef<bool(size_t, float*)> vector) {
    std::vector<float> raw(dimension_);
    const auto get = [&](size_t i) -> const float* {
        vector(i, raw.data());
        return raw.data();
    };
    const Metric as = metric_of_space(metric_);
    space_ = std::make_unique<const codes::Space>(dimension_, as, panel_rows, get, rotation_seed);
    if (metric_ != Metric::dot) return;
    const std::vector<float> origin(dimension_);
    space_ =
        std::make_unique<const codes::Space>(dimension_, as, origin, space_->unit(), 0.0F, rotation_seed);
}

void FreshSketches::make(FunctionRef<bool(size_t, float*)> vector, std::byte* panel) {
    if (!space_) learn_space(vector);
    thread_local std::vector<float> raw, rows;
    raw.resize(dimension_);
    rows.resize(panel_rows * coded_);
    std::bitset<panel_rows> known;
    const auto get = [&](size_t i) -> const float* {
        known[i] = vector(i, raw.data());
        return raw.data();
    };
    space_->transform(panel_rows, get, rows.data());

    // Their mean, and how far they are from it: binary16 is to have their residuals' squares.
    float* const reference = reference_of(panel);
    const auto count = static_cast<float>(std::max<size_t>(known.count(), 1));
    std::array<float, panel_rows> weights;
    for (size_t i = 0; i < panel_rows; ++i) weights[i] = known[i] ? 1 / count : 0;
    simd::code_kernels().matrix_product(rows.data(), coded_, panel_rows, weights.data(), 1, reference);
    const simd::Kernels& kernels = simd::kernels();
    float squares = 0;
    for (size_t i = 0; i < panel_rows; ++i)
        if (known[i]) squares += kernels.euclidean_squared(&rows[i * coded_], reference, coded_) / count;
    const float inverse = 1 / std::sqrt(squares);
    auto& header = *reinterpret_cast<Header*>(panel);
    header.scale = std::isnormal(inverse) ? inverse : 1;
    for (size_t k = 0; k < coded_; ++k) reference[k] *= header.scale;
    for (float& value : rows) value *= header.scale;

    thread_local std::vector<float> scratch;
    scratch.resize(simd::encode_scratch(coded_));
    for (size_t i = 0; i < panel_rows; ++i) {
        const size_t slot = i % block_codes;
        auto* const block =
            reinterpret_cast<uint8_t*>(panel + blocks_offset() + i / block_codes * block_bytes());
        simd::code_kernels().residual_encode(&rows[i * coded_], reference, coded_, 0, 1, slot, scratch.data(),
                                             block);
        uint8_t* const f_add_place = block + coded_ / 4 * 16 + slot * sizeof(uint16_t);
        uint8_t* const f_res_place = f_add_place + block_codes * sizeof(uint16_t);
        uint16_t f_add, f_res;
        std::memcpy(&f_add, f_add_place, sizeof f_add);
        std::memcpy(&f_res, f_res_place, sizeof f_res);
        if (!known[i] || (f_add & half_max) >= half_max || (f_res & half_max) >= half_max) {
            f_add = minus_infinity;  // it may be anywhere
            f_res = 0;
        } else if (metric_ == Metric::dot) {
            f_add = 0;  // |x|^2 is not asked for
        } else {
            header.f_add_max = std::max(header.f_add_max, std::fabs(float_from_half(f_add)));
        }
        std::memcpy(f_add_place, &f_add, sizeof f_add);
        std::memcpy(f_res_place, &f_res, sizeof f_res);
    }
    std::atomic_ref(header.made).store(1, std::memory_order_release);
}

SketchedQuery::SketchedQuery(const FreshSketches& sketches, std::span<const float> query, double recall)
    : sketches_(sketches),
      query_(sketches.coded_),
      scaled_(sketches.coded_),
      deviations_(normal_quantile(1 - std::clamp(recall, 0.5, 0.999))) {
    sketches.space_->transform_query(query.data(), query_.data());
    view_ = residual_.set(query_.data(), query_.size(), 1);
    norm_ = norm_of(query_.data(), query_.size());
}

size_t SketchedQuery::select(const std::byte* panel, float distance, uint32_t* near) {
    const auto& header = *reinterpret_cast<const FreshSketches::Header*>(panel);
    const float* const reference = sketches_.reference_of(panel);
    const simd::Kernels& kernels = simd::kernels();
    for (size_t i = 0; i < query_.size(); ++i) scaled_[i] = query_[i] * header.scale;
    const float away = std::sqrt(kernels.euclidean_squared(scaled_.data(), reference, scaled_.size()));

    const float unit = header.scale * sketches_.space_->unit();
    float base = away * away, below, error_by_code = code_error * away;
    switch (sketches_.metric_) {
        case Metric::cosine: below = 2 * distance * unit * unit; break;
        case Metric::dot:
            below = 2 * distance * unit * unit;
            base = -2 * kernels.dot(scaled_.data(), reference, scaled_.size());
            error_by_code = code_error * norm_ * header.scale;
            break;
        default: below = distance * distance * unit * unit; break;
    }
    below += half_rounding * (header.f_add_max + std::fabs(base));
    simd::BlockQuery view = view_;
    view.step *= header.scale;
    view.offset = view.offset * header.scale +
                  deviations_ * std::hypot(error_by_code, table_error * norm_ * header.scale);
    if (!std::isfinite(base) || !std::isfinite(view.offset) || std::isnan(below)) {
        for (uint32_t i = 0; i < FreshSketches::panel_rows; ++i) near[i] = i;
        return FreshSketches::panel_rows;
    }
    const simd::CodeKernels& codes = simd::code_kernels();
    float bounds[block_codes];
    size_t count = 0;
    const auto* block = reinterpret_cast<const uint8_t*>(panel + sketches_.blocks_offset());
    for (uint32_t first = 0; first < FreshSketches::panel_rows; first += block_codes) {
        prefetch(block + scan_ahead_bytes, sketches_.block_bytes());
        for (uint32_t mask = codes.estimate(view, block, base, below, bounds); mask != 0; mask &= mask - 1)
            near[count++] = first + static_cast<uint32_t>(std::countr_zero(mask));
        block += sketches_.block_bytes();
    }
    return count;
}

}  // namespace vexfs
