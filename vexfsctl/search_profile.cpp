// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/search_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "vexfsctl/hits.h"

namespace vexfs::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t times_asked = 20;

struct Part {
    const char* name;
    const char* what;
    std::vector<double> us;
};

double at(const std::vector<double>& sorted, size_t part, size_t of) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * part / of)];
}

}  // namespace

Result<ExitStatus> profile_search(Context& context, const Message& request) {
    std::vector<Part> parts{{"all", "from the request to the reply, as the caller sees it", {}},
                            {"transport", "socket, queue, and reading and writing of messages", {}},
                            {"request", "permissions, fields, and hits as JSON", {}},
                            {"filter", "finding the points that the filter takes", {}},
                            {"index", "searching the index", {}},
                            {"scan", "comparing rows one by one", {}},
                            {"reply", "fetching metadata and vectors of the hits", {}}};
    Message last;
    // The first one warms caches up and is not counted.
    for (size_t i = 0; i <= times_asked; ++i) {
        Message asked = request;
        asked.header["explain"] = true;
        const auto start = Clock::now();
        VEXFS_ASSIGN(last, context.call(std::move(asked)));
        const double all_us = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
        if (i == 0) continue;
        const nlohmann::json& plan = last.header.at("plans").at(0);
        const double daemon_us = last.header.at("took_us").get<double>();
        double engine_us = 0;
        for (size_t part = 3; part < parts.size(); ++part) {
            parts[part].us.push_back(plan.value(fmt::format("{}_us", parts[part].name), 0.0));
            engine_us += parts[part].us.back();
        }
        parts[0].us.push_back(all_us);
        parts[1].us.push_back(std::max(0.0, all_us - daemon_us));
        parts[2].us.push_back(std::max(0.0, daemon_us - engine_us));
    }
    Table table{
        {{"PART"}, {"P50 US", true}, {"LEAST US", true}, {"MOST US", true}, {"SHARE", true}, {"WHAT"}}, {}};
    auto shown = nlohmann::ordered_json::array();
    double all_p50_us = 0;
    for (Part& part : parts) {
        std::ranges::sort(part.us);
        const double p50_us = at(part.us, 1, 2);
        if (&part == &parts.front()) all_p50_us = p50_us;
        const double share = all_p50_us > 0 ? p50_us / all_p50_us : 0;
        shown.push_back({{"part", part.name},
                         {"p50_us", p50_us},
                         {"min_us", part.us.front()},
                         {"max_us", part.us.back()},
                         {"share", share}});
        table.rows.push_back({part.name, fmt::format("{:.1f}", p50_us),
                              fmt::format("{:.1f}", part.us.front()), fmt::format("{:.1f}", part.us.back()),
                              fmt::format("{:.0f} %", share * 100), part.what});
    }
    VEXFS_TRY(context.out().print(
        {{"parts", shown}, {"times", times_asked}, {"plan", last.header.at("plans").at(0)}}, table));
    explain_search(context.out(), last);
    return succeeded;
}

}  // namespace vexfs::ctl
