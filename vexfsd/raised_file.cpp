// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/raised_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace vexfs {
namespace {

using json = nlohmann::json;

}  // namespace

Result<std::vector<KeptAlert>> RaisedFile::read() {
    std::ifstream file(path_);
    if (!file) {
        if (errno == ENOENT) return {};
        return fail_errno(fmt::format("open {}", path_), errno);
    }
    std::vector<KeptAlert> kept;
    try {
        for (const json& one : json::parse(file)) {
            KeptAlert alert;
            alert.rule.name = one.at("rule").get<std::string>();
            alert.rule.metric = one.at("metric").get<std::string>();
            alert.rule.severity = one.at("severity").get<std::string>();
            alert.collection = one.at("collection").get<std::string>();
            alert.raised_ms = one.at("raised_ms").get<int64_t>();
            kept.push_back(std::move(alert));
        }
    } catch (const json::exception& error) {
        return fail(ErrorCode::malformed, fmt::format("{} is no list of alerts: {}", path_, error.what()));
    }
    for (const KeptAlert& alert : kept) raised_[{alert.rule.name, alert.collection}] = alert;
    return kept;
}

Result<void> RaisedFile::note(const AlertEvent& event) {
    const std::pair key(event.rule.name, event.collection);
    if (event.raised) {
        raised_[key] = {event.rule, event.collection, event.raised_ms};
    } else if (raised_.erase(key) == 0) {
        return {};
    }
    return write();
}

Result<void> RaisedFile::write() const {
    json all = json::array();
    for (const auto& [key, alert] : raised_) {
        all.push_back({{"rule", alert.rule.name},
                       {"metric", alert.rule.metric},
                       {"severity", alert.rule.severity},
                       {"collection", alert.collection},
                       {"raised_ms", alert.raised_ms}});
    }
    const std::string made = path_ + ".tmp";
    std::ofstream file(made, std::ios::trunc);
    file << all.dump(1, ' ', false, json::error_handler_t::replace) << '\n';
    file.close();
    if (!file) return fail_errno(fmt::format("write {}", made), errno);
    if (std::rename(made.c_str(), path_.c_str()) != 0)
        return fail_errno(fmt::format("rename {}", made), errno);
    return {};
}

}  // namespace vexfs
