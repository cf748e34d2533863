// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/collection/check.h"

namespace vexfs {

using nlohmann::json;

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::damage: return "damage";
    }
    return {};
}

std::string_view name_of(Part part) {
    switch (part) {
        case Part::manifest: return "manifest";
        case Part::log: return "log";
        case Part::index: return "index";
        case Part::other: return "other";
    }
    return {};
}

bool CheckReport::clean() const {
    return std::ranges::all_of(findings,
                               [](const Finding& finding) { return finding.severity == Severity::note; });
}

void CheckReport::add(Finding finding) {
    if (findings.size() < findings_max) {
        findings.push_back(std::move(finding));
    } else {
        ++findings_left_out;
    }
}

json to_json(const CheckReport& report) {
    json findings = json::array();
    for (const Finding& finding : report.findings) {
        findings.push_back({{"file", finding.file},
                            {"offset", finding.offset},
                            {"bytes", finding.bytes},
                            {"severity", name_of(finding.severity)},
                            {"part", name_of(finding.part)},
                            {"what", finding.what},
                            {"consequence", finding.consequence},
                            {"remedy", finding.remedy}});
    }
    return {{"collection", report.collection}, {"clean", report.clean()},
            {"findings", std::move(findings)}, {"findings_left_out", report.findings_left_out},
            {"files", report.files},           {"bytes", report.bytes},
            {"records", report.records},       {"rows", report.rows}};
}

}  // namespace vexfs
