// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/tuning.h"

#include <fmt/format.h>

#include "vexfsctl/nouns.h"
#include "vexfsctl/tuner.h"

namespace vexfs::ctl {
namespace {

using namespace vexfs::tuner;

ProfileCatalog load_profiles(const Output& out) {
    ProfileCatalog catalog = ProfileCatalog::load();
    for (const ConfigProblem& problem : catalog.problems()) out.note("vexfsctl: " + problem.text());
    return catalog;
}

Result<void> print(Output& out, const TuningReport& report) {
    Table table{{{"KEY"}, {"NOW", true}, {"WANTED", true}, {"ORIGINAL", true}, {"STATE"}, {"NOTE"}}, {}};
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    for (const ValueReport& value : report.values) {
        const std::string state(name_of(value.state));
        table.rows.push_back({value.key, value.now, value.wanted, value.original, state, value.note});
        values.push_back({{"key", value.key},
                          {"now", value.now},
                          {"wanted", value.wanted},
                          {"original", value.original},
                          {"state", state},
                          {"note", value.note}});
    }
    if (table.rows.empty() && out.format() == OutputFormat::table) table.columns.clear();
    return out.print({{"profile", report.profile},
                      {"state", name_of(report.state)},
                      {"applied_at", report.applied_at},
                      {"values", std::move(values)}},
                     table);
}

// What the rows come to, for people.
void sum_up(const Output& out, const TuningReport& report) {
    if (out.format() == OutputFormat::json) return;
    const std::string profile = fmt::format("profile {}", report.profile);
    switch (report.state) {
        case TuningState::none: return out.note("nothing is tuned");
        case TuningState::planned: return out.note(profile + ": this is what apply would do");
        case TuningState::applied: return out.note(profile + " is applied");
        case TuningState::drifted:
            return out.note(profile + " is applied, and somebody else has changed values of it since");
        case TuningState::interrupted:
            return out.note(profile + " was broken off: apply finishes it, revert undoes it");
        case TuningState::rebooted:
            return out.note(profile + " ended when the kernel was started anew: its values are its own");
        case TuningState::reverted: return out.note(profile + " is undone");
    }
}

Result<ExitStatus> report(Context& context, const TuningReport& tuned) {
    VEXFS_TRY(print(context.out(), tuned));
    sum_up(context.out(), tuned);
    return succeeded;
}

Result<ExitStatus> list_profiles(Context& context) {
    const ProfileCatalog catalog = load_profiles(context.out());
    VEXFS_ASSIGN(const TuningReport now, Tuning(kernel_values()).status());
    Table table{{{"NAME"}, {"STATE"}, {"VALUES", true}, {"DESCRIPTION"}}, {}};
    nlohmann::ordered_json profiles = nlohmann::ordered_json::array();
    for (const Profile& profile : catalog.profiles()) {
        const std::string state(profile.name == now.profile ? name_of(now.state) : "");
        nlohmann::ordered_json set = nlohmann::ordered_json::object();
        nlohmann::ordered_json raise = nlohmann::ordered_json::object();
        for (const ProfileValue& value : profile.values) (value.raise ? raise : set)[value.key] = value.value;
        table.rows.push_back(
            {profile.name, state, std::to_string(profile.values.size()), profile.description});
        profiles.push_back({{"name", profile.name},
                            {"state", state},
                            {"description", profile.description},
                            {"set", std::move(set)},
                            {"raise", std::move(raise)},
                            {"file", profile.file}});
    }
    VEXFS_TRY(context.out().print({{"profiles", std::move(profiles)}}, table));
    return succeeded;
}

Result<ExitStatus> plan(Context& context, const std::string& name) {
    const ProfileCatalog catalog = load_profiles(context.out());
    VEXFS_ASSIGN(const Profile* const profile, catalog.find(name));
    VEXFS_ASSIGN(const TuningReport planned, Tuning(kernel_values()).plan(*profile));
    return report(context, planned);
}

Result<ExitStatus> apply_profile(Context& context, const std::string& name) {
    const ProfileCatalog catalog = load_profiles(context.out());
    VEXFS_ASSIGN(const Profile* const profile, catalog.find(name));
    VEXFS_ASSIGN(const TuningReport applied, open_tuner()->apply(*profile));
    return report(context, applied);
}

Result<ExitStatus> revert(Context& context) {
    VEXFS_ASSIGN(const TuningReport reverted, open_tuner()->revert());
    return report(context, reverted);
}

Result<ExitStatus> tuning_status(Context& context) {
    VEXFS_ASSIGN(const TuningReport now, Tuning(kernel_values()).status());
    VEXFS_TRY(report(context, now));
    const bool as_meant = now.state == TuningState::applied || now.state == TuningState::none;
    return as_meant ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

void register_tuning(Cli& cli) {
    CLI::App* noun = cli.noun("tuning", "Set values of the kernel by profiles, and undo them");
    cli.run_there(noun);
    cli.verb(noun, "list", "List the profiles, and which is applied", "vexfsctl tuning list", list_profiles);
    const Completes profiles{Completes::Kind::profile, {}};
    const auto planned = std::make_shared<std::string>();
    CLI::App* plan_app = cli.verb(noun, "plan", "Show what apply would change, and change nothing",
                                  "vexfsctl tuning plan reference",
                                  [planned](Context& context) { return plan(context, *planned); });
    cli.option(plan_app, "PROFILE", *planned, "PROFILE", "The profile", profiles)->required();
    const auto applied = std::make_shared<std::string>();
    CLI::App* apply_app =
        cli.verb(noun, "apply", "Write a profile's values, in the place of one applied before; as root",
                 "sudo vexfsctl tuning apply reference",
                 [applied](Context& context) { return apply_profile(context, *applied); });
    cli.option(apply_app, "PROFILE", *applied, "PROFILE", "The profile", profiles)->required();
    cli.verb(noun, "revert", "Undo what was applied, but for what somebody else has changed since; as root",
             "sudo vexfsctl tuning revert", revert);
    cli.verb(noun, "status",
             "Show each value beside the profile's: exit status 1 where they have parted, else 0",
             "vexfsctl tuning status", tuning_status);
}

}  // namespace vexfs::ctl
