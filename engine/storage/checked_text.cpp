// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/checked_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/xxh3.h"

namespace vexfs {

std::string to_checked_text(const TextFormat& format, const nlohmann::json& value) {
    const std::string body = value.dump() + "\n";
    return fmt::format("{} {} {:016x}\n{}", format.heading, format.version, xxh3(body.data(), body.size()),
                       body);
}

Result<nlohmann::json> from_checked_text(const TextFormat& format, const std::string& path,
                                         std::string_view text) {
    const auto damaged = [&](std::string_view why) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path, why));
    };
    const std::string start = fmt::format("{} ", format.heading);
    const size_t newline = text.find('\n');
    if (!text.starts_with(start) || newline == std::string_view::npos)
        return damaged(fmt::format("this is not a {} file", format.heading));
    std::string_view head = text.substr(start.size(), newline - start.size());
    const std::string_view version = head.substr(0, head.find(' '));
    if (version != std::to_string(format.version)) {
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has format version {}, this vexfs reads version {}", path, version,
                                format.version),
                    "use the newer vexfs that wrote it");
    }
    head.remove_prefix(std::min(head.size(), version.size() + 1));
    const std::string_view body = text.substr(newline + 1);
    if (head != fmt::format("{:016x}", xxh3(body.data(), body.size())))
        return damaged("it fails its checksum");
    auto value = nlohmann::json::parse(body, nullptr, false);
    if (!value.is_object()) return damaged("it holds no JSON object");
    return value;
}

}  // namespace vexfs
