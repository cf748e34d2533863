// SPDX-License-Identifier: Apache-2.0
// What the performance reference claims, beside what was measured.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vexfs::ctl {

struct Claim {
    std::string what;      // "balanced: insert"
    std::string claimed;   // ">= 100,000 vectors/s"
    std::string measured;  // "84.3k vectors/s (hnsw 100000)", empty where nothing was
    bool held = false;
};
std::vector<Claim> claims_beside(const nlohmann::ordered_json& result);

}  // namespace vexfs::ctl
