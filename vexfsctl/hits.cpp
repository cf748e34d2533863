// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/hits.h"

#include <fmt/format.h>

#include <cstring>

#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

std::string distance_text(const nlohmann::json& hit) {
    const auto found = hit.find("distance");
    if (found == hit.end() || !found->is_number()) return {};
    return fmt::format("{:.6g}", found->get<double>());
}

std::string vector_text(const nlohmann::json& point) {
    return point.contains("vector") ? cell(point, "vector") : std::string();
}

}  // namespace

Result<std::vector<uint64_t>> ids_of(const Message& reply) {
    if (reply.header.contains("ids")) return reply.header["ids"].get<std::vector<uint64_t>>();
    VEXFS_ASSIGN(const std::vector<ArrayView> arrays, arrays_of(reply));
    for (const ArrayView& array : arrays) {
        if (array.name != "ids" || array.dtype != "u64") continue;
        std::vector<uint64_t> ids(array.bytes.size() / sizeof(uint64_t));
        std::memcpy(ids.data(), array.bytes.data(), ids.size() * sizeof(uint64_t));
        return ids;
    }
    return fail(ErrorCode::malformed, "the reply has no ids");
}

Result<std::vector<std::vector<float>>> vectors_of(const Message& reply) {
    VEXFS_ASSIGN(const std::vector<ArrayView> arrays, arrays_of(reply));
    std::vector<std::vector<float>> vectors;
    for (const ArrayView& array : arrays) {
        if (array.name != "vectors" || array.dtype != "f32" || array.shape.size() != 2) continue;
        const size_t dimension = array.shape[1];
        for (size_t row = 0; row < array.shape[0]; ++row) {
            std::vector<float>& vector = vectors.emplace_back(dimension);
            std::memcpy(vector.data(), array.bytes.data() + row * dimension * sizeof(float),
                        dimension * sizeof(float));
        }
    }
    return vectors;
}

Result<void> print_hits(Output& out, const Message& reply) {
    VEXFS_ASSIGN(const auto vectors, vectors_of(reply));
    nlohmann::ordered_json payload = payload_of(reply.header);
    nlohmann::ordered_json hits =
        payload.at("results").empty() ? nlohmann::ordered_json::array() : payload["results"][0];
    payload.erase("results");
    Table table{{{"RANK", true}, {"ID", true}, {"DISTANCE", true}, {"METADATA"}}, {}};
    bool with_vector = !vectors.empty();
    for (size_t i = 0; i < hits.size(); ++i) {
        if (i < vectors.size()) hits[i]["vector"] = vectors[i];
        with_vector = with_vector || hits[i].contains("vector");
    }
    if (with_vector) table.columns.push_back({"VECTOR"});
    for (size_t i = 0; i < hits.size(); ++i) {
        const nlohmann::json hit = hits[i];
        table.rows.push_back(
            {std::to_string(i + 1), cell(hit, "id"), distance_text(hit), cell(hit, "metadata")});
        if (with_vector) table.rows.back().push_back(vector_text(hit));
    }
    nlohmann::ordered_json ordered{{"hits", std::move(hits)}};
    for (const auto& [key, value] : payload.items()) ordered[key] = value;
    return out.print(ordered, table);
}

void explain_search(Output& out, const Message& reply) {
    if (out.format() == OutputFormat::json || !reply.header.contains("plans")) return;
    const nlohmann::json& plan = reply.header["plans"].at(0);
    const auto us = [&](const char* key) { return fmt::format("{:.0f} us", plan.value(key, 0.0)); };
    out.note(fmt::format(
        "plan: {}{}", cell(plan, "path"),
        plan.contains("ef_search") ? fmt::format(", ef_search {}", cell(plan, "ef_search")) : ""));
    if (plan.contains("matches"))
        out.note(fmt::format("filter: takes {} points, {:.3g} % of all", cell(plan, "matches"),
                             100 * plan.value("selectivity", 1.0)));
    if (plan.contains("expected_scan_us"))
        out.note(fmt::format("expected: a scan of these {}, a search of the index {}", us("expected_scan_us"),
                             plan.contains("expected_index_us") ? us("expected_index_us") : "unknown"));
    out.note(fmt::format("looked at: {} in the index, {} compared one by one", cell(plan, "visited"),
                         cell(plan, "scanned")));
    out.note(fmt::format("took: filter {}, index {}, scan {}, reply {}", us("filter_us"), us("index_us"),
                         us("scan_us"), us("reply_us")));
}

Result<void> print_points(Output& out, const Message& reply) {
    VEXFS_ASSIGN(const auto vectors, vectors_of(reply));
    nlohmann::ordered_json payload = payload_of(reply.header);
    nlohmann::ordered_json& points = payload.at("points");
    Table table{{{"ID", true}, {"METADATA"}}, {}};
    if (!vectors.empty()) table.columns.push_back({"VECTOR"});
    for (size_t i = 0; i < points.size(); ++i) {
        if (i < vectors.size()) points[i]["vector"] = vectors[i];
        const nlohmann::json point = points[i];
        table.rows.push_back({cell(point, "id"), cell(point, "metadata")});
        if (!vectors.empty()) table.rows.back().push_back(vector_text(point));
    }
    return out.print(payload, table);
}

}  // namespace vexfs::ctl
