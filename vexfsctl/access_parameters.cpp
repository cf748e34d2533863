// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/access_parameters.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <optional>

namespace vexfs::ctl {
namespace {

std::string text_of(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<uint32_t> number_from(const std::string& text, int base) {
    uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

// Names come before numbers, as with chown(1).
Result<uint32_t> user_id(const std::string& text) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the command line is read before any thread
    if (const passwd* user = getpwnam(text.c_str())) return user->pw_uid;
    if (const auto number = number_from(text, 10)) return *number;
    return fail(ErrorCode::invalid_argument, fmt::format("there is no user {}", text));
}

Result<uint32_t> group_id(const std::string& text) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the command line is read before any thread
    if (const group* found = getgrnam(text.c_str())) return found->gr_gid;
    if (const auto number = number_from(text, 10)) return *number;
    return fail(ErrorCode::invalid_argument, fmt::format("there is no group {}", text));
}

Result<uint32_t> mode_bits(const std::string& text) {
    if (const auto mode = number_from(text, 8); mode && *mode <= 0777) return *mode;
    return fail(ErrorCode::invalid_argument, fmt::format("mode is {}, not one of 0000 to 0777", text),
                "write it as with chmod(1): mode=0640");
}

Result<void> resolve(nlohmann::json& parameters, const char* written, const char* requested,
                     Result<uint32_t> (*number_of)(const std::string&)) {
    const auto found = parameters.find(written);
    if (found == parameters.end()) return {};
    VEXFS_ASSIGN(const uint32_t number, number_of(text_of(*found)));
    parameters.erase(found);
    parameters[requested] = number;
    return {};
}

}  // namespace

Result<void> resolve_access(nlohmann::json& parameters) {
    VEXFS_TRY(resolve(parameters, "owner", "uid", user_id));
    VEXFS_TRY(resolve(parameters, "group", "gid", group_id));
    return resolve(parameters, "mode", "mode", mode_bits);
}

}  // namespace vexfs::ctl
