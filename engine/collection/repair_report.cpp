// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "engine/collection/repair.h"

namespace vexfs {

using nlohmann::json;

std::string_view name_of(Repair repair) {
    switch (repair) {
        case Repair::nothing: return "nothing";
        case Repair::opened: return "opened";
        case Repair::rewritten: return "rewritten";
        case Repair::salvaged: return "salvaged";
    }
    return {};
}

json to_json(const RepairReport& report) {
    json value = to_json(report.found);
    value["repair"] = name_of(report.done);
    if (!report.kept_at.empty()) value["kept_at"] = report.kept_at;
    if (!report.salvaged) return value;
    const Salvaged& salvaged = *report.salvaged;
    const Losses& losses = salvaged.losses;
    json ranges = json::array();
    for (const LostRange& range : losses.ranges) {
        ranges.push_back({{"file", range.file},
                          {"offset", range.offset},
                          {"bytes", range.bytes},
                          {"what", range.why},
                          {"records", range.records},
                          {"rows_max", range.rows_max}});
    }
    value["kept"] = {{"records", salvaged.records}, {"rows", salvaged.rows}, {"points", salvaged.points}};
    value["lost"] = {
        {"ranges", std::move(ranges)},           {"bytes", losses.bytes},
        {"rows_max", losses.rows_max},           {"ids", losses.lost_ids},
        {"older_ids", losses.older_ids},         {"older_metadata_ids", losses.older_metadata_ids},
        {"undeleted_ids", losses.undeleted_ids}, {"others_may_be_older", losses.others_may_be_older}};
    if (salvaged.manifest_rebuilt) value["schema_from"] = salvaged.schema_from;
    return value;
}

}  // namespace vexfs
