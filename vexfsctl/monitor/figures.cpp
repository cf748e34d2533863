// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/monitor/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

using json = nlohmann::json;

constexpr const char* not_known = "-";
constexpr double day_s = 86'400;

const json* find(const json& object, std::string_view path) {
    const json::json_pointer pointer{std::string(path)};
    return object.contains(pointer) && !object.at(pointer).is_null() ? &object.at(pointer) : nullptr;
}

}  // namespace

std::optional<double> number_at(const json& object, std::string_view path) {
    const json* const found = find(object, path);
    return found != nullptr && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

std::string text_at(const json& object, std::string_view path) {
    const json* const found = find(object, path);
    if (found == nullptr) return not_known;
    return escape_for_terminal(found->is_string() ? found->get_ref<const std::string&>() : found->dump());
}

std::string number(double value) {
    constexpr std::array units{"", "k", "M", "G", "T"};
    size_t unit = 0;
    while (std::abs(value) >= 999.5 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    const int digits = value >= 99.95 || (unit == 0 && value == std::floor(value)) ? 0
                       : value >= 9.995                                            ? 1
                                                                                   : 2;
    return fmt::format("{:.{}f}{}", value, digits, units[unit]);
}

std::string short_count(const json& object, std::string_view path) {
    const auto value = number_at(object, path);
    if (!value) return not_known;
    return *value < 999.5 ? fmt::format("{:.0f}", *value) : number(*value);
}

std::string scaled(const json& object, std::string_view path, double unit) {
    const auto value = number_at(object, path);
    return value ? number(*value * unit) : not_known;
}

std::string share(const json& object, std::string_view path) {
    const auto value = number_at(object, path);
    return value ? fmt::format("{:.1f}%", *value * 100) : not_known;
}

std::string bytes_at(const json& object, std::string_view path) {
    const auto value = number_at(object, path);
    return value ? human_bytes(static_cast<uint64_t>(*value)) : not_known;
}

std::string clock_time(const json& object, std::string_view path) {
    const auto value = number_at(object, path);
    if (!value) return not_known;
    const auto seconds = static_cast<time_t>(*value / 1000);
    tm local{};
    localtime_r(&seconds, &local);
    return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string uptime(const json& reply) {
    const double seconds =
        number_at(reply, "/time_ms").value_or(0) / 1000 - number_at(reply, "/started_s").value_or(0);
    const double days = std::floor(std::max(0.0, seconds) / day_s);
    const std::string rest = human_duration(seconds - days * day_s);
    return days > 0 ? fmt::format("{:.0f}d {}", days, rest) : rest;
}

double greatest(const json& values) {
    double most = 0;
    for (const json& value : values)
        if (value.is_number()) most = std::max(most, value.get<double>());
    return most;
}

}  // namespace vexfs::ctl
