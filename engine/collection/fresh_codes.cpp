// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/fresh_codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "engine/collection/query.h"

namespace vexfs {
namespace {

constexpr float scale_min = 1e-15F;  // below, squares lose their precision

}  // namespace

FreshCodes::FreshCodes(size_t dimension, simd::Metric metric)
    : dimension_(dimension),
      stride_(sizeof(Factors) + (dimension + 3) / 4 * 4),
      sketches_(dimension, metric),
      panels_offset_((chunk_rows * stride_ + simd::code_slack + FreshSketches::alignment - 1) /
                     FreshSketches::alignment * FreshSketches::alignment),
      directory_((uint64_t{UINT32_MAX} / chunk_rows + 1) * sizeof(std::byte*),
                 AnonymousMemory::Pages::small) {}

FreshCodes::~FreshCodes() {
    release(uint64_t{UINT32_MAX} + 1);
}

void FreshCodes::append(uint32_t row, const float* vector, float norm) {
    const auto chunk = chunk_at(row / chunk_rows);
    std::byte* memory = chunk.load(std::memory_order_relaxed);
    if (memory == nullptr) {
        try {
            // Many collections have but a few rows.
            const auto pages =
                row < chunk_rows ? AnonymousMemory::Pages::small : AnonymousMemory::Pages::huge;
            memory = AnonymousMemory(chunk_bytes(), pages).release();
        } catch (const std::bad_alloc&) {
            return;
        }
        chunk.store(memory, std::memory_order_release);
        ++chunks_;
    }
    std::byte* code = memory + row % chunk_rows * stride_;
    const codes::Int8Factors coded =
        codes::encode_int8(vector, dimension_, reinterpret_cast<uint8_t*>(code + sizeof(Factors)));
    const Factors factors{coded.scale > scale_min ? coded.scale : 0, norm};
    std::memcpy(code, &factors, sizeof factors);
    if (row != run_end_) run_first_ = row;
    run_end_ = row + 1;
    constexpr uint32_t panel_rows = FreshSketches::panel_rows;
    if (run_end_ % panel_rows == 0 && run_end_ - run_first_ >= panel_rows) make_panel(run_end_ - panel_rows);
}

void FreshCodes::make_panel(uint32_t first) {
    if (sketches_.panel_bytes() == 0) return;
    const simd::CodeKernels& kernels = simd::code_kernels();
    std::byte* chunk = chunk_at(first / chunk_rows).load(std::memory_order_relaxed);
    const std::byte* codes = chunk + first % chunk_rows * stride_;
    const auto decode = [&](size_t i, float* to) {
        Factors factors;
        std::memcpy(&factors, codes + i * stride_, sizeof factors);
        const auto* bytes = reinterpret_cast<const uint8_t*>(codes + i * stride_ + sizeof factors);
        kernels.int8_decode(bytes, factors.scale, dimension_, to);
        return factors.scale > 0;
    };
    try {
        sketches_.make(decode, chunk + panel_offset(first));
    } catch (const std::bad_alloc&) {  // its rows have their codes
    }
}

const std::byte* FreshCodes::find_panel(uint32_t row) const {
    const std::byte* chunk = chunk_at(row / chunk_rows).load(std::memory_order_acquire);
    if (chunk == nullptr || sketches_.panel_bytes() == 0) return nullptr;
    const std::byte* panel = chunk + panel_offset(row);
    return FreshSketches::made(panel) ? panel : nullptr;
}

std::vector<AnonymousMemory> FreshCodes::release(uint64_t row) {
    std::vector<AnonymousMemory> released;
    const auto end = static_cast<uint32_t>(row / chunk_rows);
    for (uint32_t chunk = 0; chunk < end && chunks_ > 0; ++chunk) {
        std::byte* memory = chunk_at(chunk).exchange(nullptr);
        if (memory == nullptr) continue;
        --chunks_;
        released.emplace_back(memory, chunk_bytes());
    }
    return released;
}

std::optional<FreshQuery> FreshQuery::make(std::span<const float> query, simd::Metric metric) {
    if (metric == simd::Metric::manhattan) return std::nullopt;
    return FreshQuery(query, metric);
}

FreshQuery::FreshQuery(std::span<const float> query, simd::Metric metric)
    : metric_(metric),
      norm_(norm_of(query.data(), query.size())),
      // Each component is off by half a step at most.
      step_error_(0.501F * std::sqrt(static_cast<float>(query.size()))),
      // Sums are of sixteen lanes at least.
      rounding_((16 + static_cast<float>(query.size()) / 16) * std::numeric_limits<float>::epsilon()) {
    code_.set(query.data(), query.size());
    const float scale = code_.scale();
    error_ = scale > scale_min ? scale * step_error_ : std::numeric_limits<float>::quiet_NaN();
}

// The difference of <q, x> and the product of the codes is at most |q| |x - x'| + |x'| |q - q'|
// (Cauchy-Schwarz). No number where nothing is known.
template <simd::Metric metric>
void FreshQuery::bound(size_t count, const float* scales, const float* norms, float* products) const {
    for (size_t i = 0; i < count; ++i) {
        const float vector_error = scales[i] * step_error_;
        const float error =
            norm_ * vector_error + (norms[i] + vector_error) * error_ + rounding_ * norm_ * norms[i];
        const float product_max = products[i] + error;
        if constexpr (metric == simd::Metric::cosine) {
            products[i] = 1 - product_max / norms[i] - rounding_;
        } else if constexpr (metric == simd::Metric::dot) {
            products[i] = -product_max;
        } else {
            const float squares = norm_ * norm_ + norms[i] * norms[i];
            const float least = squares - 2 * product_max - 2 * rounding_ * squares;
            products[i] = std::sqrt(least < 0 ? 0 : least);
        }
    }
}

size_t FreshQuery::select(const FreshCodes& codes, std::span<const uint32_t> rows, float distance,
                          uint32_t* near) const {
    constexpr size_t at_once = 64;
    float scales[at_once], norms[at_once], least[at_once];
    size_t selected = 0;
    for (size_t first = 0; first < rows.size(); first += at_once) {
        const size_t count = std::min(at_once, rows.size() - first);
        for (size_t i = 0; i < count; ++i) {
            const std::byte* code = codes.find(rows[first + i]);
            FreshCodes::Factors factors{};
            least[i] = 0;
            if (code != nullptr) {
                std::memcpy(&factors, code, sizeof factors);
                least[i] = code_.product(kernels_, reinterpret_cast<const uint8_t*>(code) + sizeof factors,
                                         factors.scale);
            }
            scales[i] = factors.scale > 0 ? factors.scale : std::numeric_limits<float>::quiet_NaN();
            norms[i] = factors.norm;
        }
        switch (metric_) {
            case simd::Metric::cosine: bound<simd::Metric::cosine>(count, scales, norms, least); break;
            case simd::Metric::dot: bound<simd::Metric::dot>(count, scales, norms, least); break;
            default: bound<simd::Metric::euclidean>(count, scales, norms, least); break;
        }
        for (size_t i = 0; i < count; ++i) {
            near[selected] = rows[first + i];
            selected += least[i] > distance ? 0 : 1;
        }
    }
    return selected;
}

}  // namespace vexfs
