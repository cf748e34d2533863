// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/claims.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "vexfsctl/bench/plot.h"

namespace vexfs::ctl {
namespace {

using nlohmann::ordered_json;

enum class Measure { insert, mean_ms, recall, cache_hits };
struct Reference {
    const char* what;
    const char* algorithm;  // of the cases that it is held against
    Measure measure;
    double value;
};
constexpr std::array references{
    Reference{"FUSE: insert", "hnsw", Measure::insert, 50'000},
    Reference{"FUSE: search of 10", "hnsw", Measure::mean_ms, 5},
    Reference{"FUSE: cache", "hnsw", Measure::cache_hits, 0.85},
    Reference{"kernel module: insert", "hnsw", Measure::insert, 100'000},
    Reference{"kernel module: search of 10", "hnsw", Measure::mean_ms, 1},
    Reference{"kernel module: cache", "hnsw", Measure::cache_hits, 0.90},
    Reference{"balanced: insert", "hnsw", Measure::insert, 100'000},
    Reference{"balanced: search of 10", "hnsw", Measure::mean_ms, 1},
    Reference{"balanced: recall", "hnsw", Measure::recall, 0.96},
    Reference{"high recall LSH: insert", "lsh", Measure::insert, 150'000},
    Reference{"high recall LSH: search of 10", "lsh", Measure::mean_ms, 0.8},
    Reference{"high recall LSH: recall", "lsh", Measure::recall, 0.93},
};

// The largest case of the algorithm.
const ordered_json* case_of(const ordered_json& result, std::string_view algorithm) {
    const ordered_json* largest = nullptr;
    for (const ordered_json& one : result.at("cases")) {
        if (one.at("algorithm") != algorithm) continue;
        if (largest == nullptr || one.at("rows") > largest->at("rows")) largest = &one;
    }
    return largest;
}

std::optional<double> measured_of(const ordered_json& one, Measure measure) {
    if (measure == Measure::cache_hits) {
        const ordered_json& hit_rate = one.at("cache").at("hit_rate");
        return hit_rate.is_null() ? std::nullopt : std::optional(hit_rate.get<double>());
    }
    if (measure == Measure::insert) {
        double best = 0;
        for (const ordered_json& insert : one.at("insert"))
            best = std::max(best, insert.at("vectors_per_second").get<double>());
        return best;
    }
    for (const ordered_json& search : one.at("search")) {
        if (search.at("limit") != 10) continue;
        return measure == Measure::recall ? search.at("recall").get<double>()
                                          : search.at("mean_us").get<double>() / 1000;
    }
    return std::nullopt;
}

std::string shown(double value, Measure measure) {
    switch (measure) {
        case Measure::insert: return short_number(value) + " vectors/s";
        case Measure::mean_ms: return fmt::format("{:.2f} ms", value);
        case Measure::recall:
        case Measure::cache_hits: return fmt::format("{:.1f} %", value * 100);
    }
    return {};
}

}  // namespace

std::vector<Claim> claims_beside(const ordered_json& result) {
    std::vector<Claim> claims;
    for (const Reference& reference : references) {
        const bool less = reference.measure == Measure::mean_ms;
        Claim claim{
            reference.what,
            fmt::format("{} {}", less ? "at most" : "at least", shown(reference.value, reference.measure)),
            "", false};
        const ordered_json* const one = case_of(result, reference.algorithm);
        if (const auto measured = one == nullptr ? std::nullopt : measured_of(*one, reference.measure)) {
            claim.measured = fmt::format("{} ({})", shown(*measured, reference.measure),
                                         one->at("name").get<std::string>());
            claim.held = less ? *measured <= reference.value : *measured >= reference.value;
        }
        claims.push_back(std::move(claim));
    }
    return claims;
}

}  // namespace vexfs::ctl
