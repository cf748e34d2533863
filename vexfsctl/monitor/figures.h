// SPDX-License-Identifier: Apache-2.0
// Values of a reply as short texts; "-" for what is not known.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vexfs::ctl {

// `path` is a JSON pointer.
std::optional<double> number_at(const nlohmann::json& object, std::string_view path);
std::string text_at(const nlohmann::json& object, std::string_view path);      // escaped
std::string short_count(const nlohmann::json& object, std::string_view path);  // "999", "1.2k", "34.5M"
std::string scaled(const nlohmann::json& object, std::string_view path, double unit);
std::string share(const nlohmann::json& object, std::string_view path);     // "97.5%"
std::string bytes_at(const nlohmann::json& object, std::string_view path);  // "1.5 GiB"
std::string clock_time(const nlohmann::json& object,
                       std::string_view path);    // of milliseconds since the epoch
std::string number(double value);                 // three digits, "0.12", "34.5", "1.2k"
std::string uptime(const nlohmann::json& reply);  // "3d 4:05:06"
double greatest(const nlohmann::json& values);

}  // namespace vexfs::ctl
