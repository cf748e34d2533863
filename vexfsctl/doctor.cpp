// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "vexfsctl/doctor/findings.h"
#include "vexfsctl/doctor/report.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::good: return "good";
        case Verdict::advice: return "advice";
        case Verdict::wrong: return "wrong";
    }
    return "";
}

namespace {

std::vector<Finding> check_configuration(Examined& examined) {
    Findings findings("configuration");
    const auto configuration = load_configuration({});
    if (!configuration) {
        findings.wrong(configuration.error().front().text(),
                       "The daemon doesn't start with it, and a reload changes nothing.",
                       "vexfsctl config check");
        return findings.take();
    }
    examined.settings = configuration->settings();
    const size_t files = configuration->files().size();
    findings.good(files == 1 ? "its file is right" : fmt::format("its {} files are right", files));
    return findings.take();
}

std::vector<Finding> check_all(Context& context, Examined& examined) {
    std::vector<Finding> all;
    const auto add = [&](std::vector<Finding> found) { std::ranges::move(found, std::back_inserter(all)); };
    add(check_configuration(examined));
    examined.data_dir = examined.settings.server.data_dir;
    examined.daemon = !context.embedded();
    if (context.embedded()) examined.data_dir = context.options().embedded;
    add(check_processor());
    add(check_memory());
    add(check_kernel());
    add(check_clock());
    add(check_limits(examined));
    add(check_disk(examined));
    add(check_permissions(examined));
    add(check_mounting(examined));
    add(check_tuning());
    if (examined.daemon) {
        add(check_unit());
        add(check_daemon(context));
    }
    return all;
}

nlohmann::ordered_json to_json(const std::vector<Finding>& all) {
    nlohmann::ordered_json findings = nlohmann::ordered_json::array();
    for (const Finding& finding : all) {
        findings.push_back({{"subject", finding.subject},
                            {"verdict", name_of(finding.verdict)},
                            {"found", finding.found},
                            {"meaning", finding.meaning},
                            {"command", finding.command}});
    }
    return findings;
}

// A paragraph for each, for its last column would be cut off where it says most.
std::string for_people(const std::vector<Finding>& all) {
    constexpr size_t verdict_columns = 8, subject_columns = 15;
    const std::string margin(verdict_columns + subject_columns, ' ');
    std::string text;
    for (const Finding& finding : all) {
        text += fmt::format("{:<{}}{:<{}}{}\n", name_of(finding.verdict), verdict_columns, finding.subject,
                            subject_columns, escape_for_terminal(finding.found));
        if (!finding.meaning.empty()) text += margin + escape_for_terminal(finding.meaning) + "\n";
        if (!finding.command.empty()) text += margin + "> " + escape_for_terminal(finding.command) + "\n";
    }
    return text;
}

Result<void> print(Output& out, const std::vector<Finding>& all) {
    if (out.format() == OutputFormat::table) return out.print_text(for_people(all));
    Table table{{{"SUBJECT"}, {"VERDICT"}, {"FOUND"}, {"MEANING"}, {"COMMAND"}}, {}};
    for (const Finding& finding : all) {
        table.rows.push_back({finding.subject, std::string(name_of(finding.verdict)), finding.found,
                              finding.meaning, finding.command});
    }
    return out.print({{"findings", to_json(all)}}, table);
}

Result<ExitStatus> doctor(Context& context, const std::string& report) {
    Examined examined;
    const std::vector<Finding> all = check_all(context, examined);
    VEXFS_TRY(print(context.out(), all));
    if (!report.empty()) {
        VEXFS_TRY(write_report(context, examined, to_json(all), report));
        context.out().note(
            fmt::format("{} is written: names of collections, users, hosts and addresses are taken "
                        "out; look through it before you send it",
                        report));
    }
    const bool wrong =
        std::ranges::any_of(all, [](const Finding& finding) { return finding.verdict == Verdict::wrong; });
    return wrong ? ExitStatus::failed : ExitStatus::success;
}

}  // namespace

void register_doctor(Cli& cli) {
    const auto report = std::make_shared<std::string>();
    CLI::App* app = cli.noun_alone(
        "doctor", "Check this machine for what VexFS needs: exit status 1 where something is wrong, else 0",
        "vexfsctl doctor\nvexfsctl doctor --report report.tar",
        [report](Context& context) { return doctor(context, *report); });
    cli.run_there(app);
    cli.option(app, "--report", *report, "FILE", "Pack what a helper needs into a tar archive, without names",
               {Completes::Kind::file, {}});
}

}  // namespace vexfs::ctl
