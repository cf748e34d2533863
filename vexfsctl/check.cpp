// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include "vexfsctl/progress.h"
#include "vexfsctl/show.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

using json = nlohmann::json;

constexpr auto poll_every = std::chrono::milliseconds(100);

Result<std::vector<std::string>> all_names(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("collection.list"));
    std::vector<std::string> names;
    for (const char* group : {"collections", "quarantined"}) {
        for (const auto& entry : reply.header.at(group)) names.push_back(cell(entry, "name"));
    }
    return names;
}

// The reply of the check, none where a signal ended the waiting.
Result<std::optional<json>> check_one(Context& context, Transport& work, const std::string& name,
                                      bool repair) {
    Message request = request_for("collection.check", name);
    request.header["repair"] = repair;
    VEXFS_TRY(work.send(std::move(request)));
    Progress progress((repair ? "repairing " : "checking ") + name, std::nullopt, 0, ProgressUnit::bytes);
    while (true) {
        if (interrupted()) return std::nullopt;
        VEXFS_ASSIGN(const bool ready, work.ready(poll_every));
        if (ready) break;
        if (!is_terminal(STDERR_FILENO)) continue;
        const auto state = context.call(request_for("collection.check_status", name));
        if (!state || !state->header.value("running", false)) continue;
        progress.set_total(state->header.value("bytes_total", uint64_t{0}));
        progress.update(state->header.value("bytes_done", uint64_t{0}));
    }
    VEXFS_ASSIGN(Message reply, work.receive());
    return std::move(reply.header);
}

uint64_t number(const json& object, const char* key) {
    return object.value(key, uint64_t{0});
}

std::string outcome_of(const json& report) {
    const std::string repair = cell(report, "repair");
    if (repair == "nothing") return "nothing to repair";
    if (repair == "opened") return "opened again, nothing had to be repaired";
    if (repair == "rewritten") return "repaired, no row was touched";
    if (repair == "salvaged") {
        const json& lost = report.at("lost");
        const std::string kept = fmt::format("the damaged one is kept at {}", cell(report, "kept_at"));
        if (lost.at("ranges").empty()) return fmt::format("repaired, nothing is lost; {}", kept);
        return fmt::format(
            "repaired with {} points; in {} of the log {} rows may be lost{}; {}",
            human_count(number(report.at("kept"), "points")), human_bytes(number(lost, "bytes")),
            human_count(number(lost, "rows_max")),
            lost.value("others_may_be_older", false) ? ", and points that were deleted be back" : "", kept);
    }
    if (report.value("clean", false)) return "clean";
    return fmt::format("damaged; 'vexfsctl collection check {} --repair' repairs it",
                       cell(report, "collection"));
}

void add_rows(Table& table, const json& report) {
    for (const auto& finding : report.at("findings")) {
        table.rows.push_back({cell(report, "collection"), cell(finding, "file"), cell(finding, "offset"),
                              cell(finding, "severity"), cell(finding, "what"), cell(finding, "consequence"),
                              cell(finding, "remedy")});
    }
}

}  // namespace

Result<ExitStatus> check(Context& context, const CheckOptions& options) {
    note_interrupts();
    std::vector<std::string> names = options.names;
    if (names.empty()) {
        VEXFS_ASSIGN(names, all_names(context));
    }
    VEXFS_ASSIGN(const std::unique_ptr<Transport> work, context.connect());
    json reports = json::array();
    Table table{
        {{"COLLECTION"}, {"FILE"}, {"OFFSET", true}, {"SEVERITY"}, {"WHAT"}, {"CONSEQUENCE"}, {"REMEDY"}},
        {}};
    bool damage_left = false;
    for (const std::string& name : names) {
        VEXFS_ASSIGN(auto report, check_one(context, *work, name, options.repair));
        if (!report) {
            context.out().note(fmt::format("interrupted while {} was checked", name));
            // The engine in this process would go on; what it writes takes a place at the very end alone.
            if (context.embedded()) _exit(static_cast<int>(ExitStatus::interrupted));
            return ExitStatus::interrupted;
        }
        report->erase("ok");
        add_rows(table, *report);
        damage_left |= !options.repair && !report->value("clean", false);
        context.out().note(fmt::format("{}: {} files, {}, {} records, {} rows read: {}", name,
                                       number(*report, "files"), human_bytes(number(*report, "bytes")),
                                       human_count(number(*report, "records")),
                                       human_count(number(*report, "rows")), outcome_of(*report)));
        reports.push_back(std::move(*report));
    }
    nlohmann::ordered_json payload;
    payload["checks"] = std::move(reports);
    VEXFS_TRY(context.out().print(payload, table));
    return damage_left ? ExitStatus::storage : succeeded;
}

}  // namespace vexfs::ctl
