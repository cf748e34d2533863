// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>

namespace vexfs::ctl {
namespace {

using nlohmann::ordered_json;

constexpr double least_change = 0.05;       // of what has repeats
constexpr double least_change_once = 0.10;  // of what hasn't
constexpr double least_recall_change = 0.005;

bool ranges_apart(const Figure& a, const Figure& b) {
    if (a.repeats.empty() || b.repeats.empty()) return true;
    const auto [a_low, a_high] = std::ranges::minmax(a.repeats);
    const auto [b_low, b_high] = std::ranges::minmax(b.repeats);
    return a_high < b_low || b_high < a_low;
}

Trend trend_of(const Figure& before, const Figure& after, double change) {
    const bool once = before.repeats.empty() || after.repeats.empty();
    const bool differs = before.unit == "recall"
                             ? std::abs(after.value - before.value) > least_recall_change
                             : std::abs(change) > (once ? least_change_once : least_change);
    if (!differs || !ranges_apart(before, after)) return Trend::same;
    return (after.value > before.value) == before.more_is_better ? Trend::better : Trend::worse;
}

}  // namespace

std::vector<Figure> figures_of(const ordered_json& result) {
    std::vector<Figure> figures;
    for (const ordered_json& one : result.at("cases")) {
        const std::string of = one.at("name");
        for (const ordered_json& insert : one.at("insert")) {
            figures.push_back({of, fmt::format("insert, batches of {}", insert.at("batch_size").dump()),
                               "vectors/s", insert.at("vectors_per_second"), true, insert.at("repeats")});
        }
        figures.push_back(
            {of, "index, after the insert", "s", one.at("index").at("seconds_after_insert"), false, {}});
        figures.push_back(
            {of, "memory of the index", "B/vector", one.at("index").at("bytes_per_vector"), false, {}});
        for (const ordered_json& search : one.at("search")) {
            const std::string limit = search.at("limit").dump();
            const ordered_json& repeats = search.at("repeats");
            figures.push_back({of, fmt::format("search, {} nearest", limit), "queries/s",
                               search.at("queries_per_second"), true, repeats.at("queries_per_second")});
            figures.push_back({of, fmt::format("search, {} nearest, p50", limit), "us", search.at("p50_us"),
                               false, repeats.at("p50_us")});
            figures.push_back({of, fmt::format("search, {} nearest, p99", limit), "us", search.at("p99_us"),
                               false, repeats.at("p99_us")});
            figures.push_back({of,
                               fmt::format("search, {} nearest, recall", limit),
                               "recall",
                               search.at("recall"),
                               true,
                               {}});
        }
        if (const ordered_json& hit_rate = one.at("cache").at("hit_rate"); !hit_rate.is_null())
            figures.push_back({of, "query cache, hits", "ratio", hit_rate, true, {}});
    }
    return figures;
}

std::vector<Compared> compare(const ordered_json& before, const ordered_json& after) {
    std::vector<Compared> all;
    const std::vector<Figure> later = figures_of(after);
    for (Figure& figure : figures_of(before)) {
        const auto found = std::ranges::find_if(
            later, [&](const Figure& other) { return other.of == figure.of && other.what == figure.what; });
        if (found == later.end()) continue;
        const double change = figure.value == 0 ? 0 : found->value / figure.value - 1;
        const Trend trend = trend_of(figure, *found, change);
        all.push_back({std::move(figure), *found, change, trend});
    }
    return all;
}

Result<ordered_json> read_result(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("open " + path, errno);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const ordered_json result = ordered_json::parse(text, nullptr, false);
    const auto refuse = [&](const std::string& why) -> tl::unexpected<Error> {
        return fail(ErrorCode::invalid_argument, fmt::format("{} is no result of a benchmark: {}", path, why),
                    "'vexfsctl bench run --results FILE' writes one");
    };
    if (result.is_discarded() || !result.is_object()) return refuse("it is no JSON object");
    try {
        if (result.at("cases").empty()) return refuse("it has no cases");
        static_cast<void>(figures_of(result));
        for (const char* const key : {"kind", "vexfs", "began", "through"})
            static_cast<void>(result.at(key).get_ref<const std::string&>());
        static_cast<void>(result.at("machine").at("cpu").get_ref<const std::string&>());
        for (const ordered_json& one : result.at("cases")) {
            static_cast<void>(one.at("rows").get<uint64_t>() + one.at("dimension").get<uint64_t>());
            static_cast<void>(one.at("algorithm").get_ref<const std::string&>());
            for (const ordered_json& point : one.at("curve"))
                static_cast<void>(point.at("recall").get<double>() +
                                  point.at("queries_per_second").get<double>());
            for (const ordered_json& search : one.at("search")) {
                for (const ordered_json& point : search.at("quantiles_us"))
                    static_cast<void>(point.at(0).get<double>() + point.at(1).get<double>());
            }
        }
    } catch (const nlohmann::json::exception& error) {
        return refuse(error.what());
    }
    return result;
}

}  // namespace vexfs::ctl
