// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/module.h"

#include <fmt/format.h>

#include <algorithm>

#include "vexfsctl/configuration.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/tuner.h"
#include "vexfsd/tuner/module_statistics.h"

namespace vexfs::ctl {
namespace {

using tuner::Module;
using tuner::ModuleParameter;
using tuner::ModuleStatus;
using tuner::ParameterState;

Result<Settings::Module> module_settings(const Output& out) {
    VEXFS_ASSIGN(const Configuration configuration, right_configuration(out, {}));
    return configuration.settings().module;
}

bool differs(const ModuleStatus& status) {
    return std::ranges::any_of(status.parameters, [](const ModuleParameter& parameter) {
        return parameter.state == ParameterState::differs;
    });
}

nlohmann::ordered_json to_json(const ModuleStatus& status) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
    for (const ModuleParameter& parameter : status.parameters) {
        parameters.push_back({{"name", parameter.name},
                              {"configured", parameter.configured},
                              {"actual", parameter.actual},
                              {"range", parameter.range},
                              {"state", name_of(parameter.state)}});
    }
    return {{"loaded", status.loaded},
            {"module_version", status.version},
            {"file", status.file},
            {"note", status.note},
            {"parameters", std::move(parameters)}};
}

Result<void> print(Output& out, const ModuleStatus& status) {
    Table table{{{"PARAMETER"}, {"CONFIGURED", true}, {"ACTUAL", true}, {"RANGE"}, {"STATE"}}, {}};
    for (const ModuleParameter& parameter : status.parameters) {
        table.rows.push_back({parameter.name, parameter.configured, parameter.actual, parameter.range,
                              std::string(name_of(parameter.state))});
    }
    return out.print(to_json(status), table);
}

// What the rows come to, for people.
void sum_up(const Output& out, const ModuleStatus& status) {
    if (out.format() == OutputFormat::json) return;
    if (!status.loaded) return out.note("not loaded: " + status.note);
    out.note(fmt::format("{} {} is loaded{}", tuner::module_name, status.version,
                         differs(status) ? ", with other parameters than configured" : ""));
}

Result<ExitStatus> module_status(Context& context) {
    VEXFS_ASSIGN(const Settings::Module settings, module_settings(context.out()));
    VEXFS_ASSIGN(const ModuleStatus now, Module().status(settings));
    VEXFS_TRY(print(context.out(), now));
    sum_up(context.out(), now);
    return now.loaded ? ExitStatus::success : ExitStatus::failed;
}

Result<ExitStatus> plan(Context& context) {
    VEXFS_ASSIGN(const Settings::Module settings, module_settings(context.out()));
    VEXFS_ASSIGN(const ModuleStatus now, Module().status(settings));
    VEXFS_TRY(print(context.out(), now));
    if (context.out().format() == OutputFormat::json) return succeeded;
    if (now.loaded) {
        context.out().note(differs(now) ? "load would set what differs" : "load would change nothing");
    } else {
        context.out().note(now.file.empty() ? "load would fail: " + now.note
                                            : fmt::format("load would take {} with these", now.file));
    }
    return succeeded;
}

// A mount that FUSE serves for want of the module goes over to it. Without a daemon there is none.
Result<void> mount_anew(Context& context) {
    if (context.embedded()) return {};
    const auto before = context.call("mount.status");
    if (!before || !before->header.value("fallback", false)) return {};
    VEXFS_TRY(context.call("mount.unmount"));
    VEXFS_ASSIGN(const Message after, context.call("mount.mount"));
    context.out().note(fmt::format("{} is mounted by {}", after.header.value("directory", ""),
                                   after.header.value("note", "")));
    return {};
}

Result<ExitStatus> load(Context& context) {
    VEXFS_ASSIGN(const Settings::Module settings, module_settings(context.out()));
    VEXFS_ASSIGN(const ModuleStatus now, open_tuner()->load(settings));
    VEXFS_TRY(print(context.out(), now));
    sum_up(context.out(), now);
    VEXFS_TRY(mount_anew(context));
    return succeeded;
}

Result<ExitStatus> unload(Context& context) {
    VEXFS_TRY(open_tuner()->unload());
    context.out().note("unloaded");
    return succeeded;
}

nlohmann::ordered_json to_json(const tuner::ModuleCounters& counters) {
    nlohmann::ordered_json shown;
    for (size_t i = 0; i < counters.counts.size(); ++i)
        shown[std::string(tuner::module_counter_names[i])] = counters.counts[i];
    shown["latency_log2_us"] = counters.latency;
    return shown;
}

// As stat(2) has it, from the kernel's own form.
std::string device_text(uint64_t device) {
    return fmt::format("{}:{}", device >> 20, device & 0xfffff);
}

nlohmann::ordered_json to_json(const std::vector<tuner::ModuleCounted>& rows, std::string_view of) {
    nlohmann::ordered_json shown = nlohmann::ordered_json::array();
    for (const tuner::ModuleCounted& row : rows) {
        nlohmann::ordered_json one{{"instance", row.instance}, {"device", device_text(row.device)}};
        if (of == "collection") one["collection"] = row.collection;
        if (of == "cpu") one["cpu"] = row.cpu;
        one["counters"] = to_json(row.counters);
        shown.push_back(std::move(one));
    }
    return shown;
}

nlohmann::ordered_json to_json(const tuner::ModuleStatistics& read) {
    nlohmann::ordered_json instances = nlohmann::ordered_json::array();
    for (const tuner::ModuleInstance& one : read.instances) {
        instances.push_back({{"instance", one.name},
                             {"served", one.served},
                             {"daemons", one.daemons},
                             {"in_work", one.in_work}});
    }
    return {{"instances", std::move(instances)},
            {"mounts", to_json(read.mounts, "mount")},
            {"collections", to_json(read.collections, "collection")},
            {"cpus", to_json(read.cpus, "cpu")},
            {"cache",
             {{"bytes", read.cache_bytes},
              {"entries", read.cache_entries},
              {"evictions", read.cache_evictions}}}};
}

void add_row(Table& table, const tuner::ModuleCounted& row) {
    const auto count = [&](std::string_view name) {
        const auto found = std::ranges::find(tuner::module_counter_names, name);
        return std::to_string(row.counters.counts[found - tuner::module_counter_names.begin()]);
    };
    table.rows.push_back({row.instance, device_text(row.device), row.collection, count("requests"),
                          count("errors"), count("bytes_written"), count("bytes_read"), count("cache_hits"),
                          std::to_string(tuner::latency_us(row.counters, 0.5)),
                          std::to_string(tuner::latency_us(row.counters, 0.99))});
}

Result<ExitStatus> statistics(Context& context) {
    VEXFS_ASSIGN(const tuner::ModuleStatistics read, tuner::module_statistics());
    Table table{{{"INSTANCE"},
                 {"DEVICE"},
                 {"COLLECTION"},
                 {"REQUESTS", true},
                 {"ERRORS", true},
                 {"WRITTEN", true},
                 {"READ", true},
                 {"CACHED", true},
                 {"P50_US", true},
                 {"P99_US", true}},
                {}};
    for (const tuner::ModuleCounted& mount : read.mounts) add_row(table, mount);
    for (const tuner::ModuleCounted& collection : read.collections) add_row(table, collection);
    VEXFS_TRY(context.out().print(to_json(read), table));
    return succeeded;
}

}  // namespace

void register_module(Cli& cli) {
    CLI::App* noun =
        cli.noun("module", "Load the kernel module with the configured parameters, and unload it");
    cli.run_there(noun);
    cli.verb(noun, "status",
             "Show its parameters as configured and as they are: exit status 0 loaded, 1 not loaded",
             "vexfsctl module status", module_status);
    cli.verb(noun, "plan", "Show what load would do, and do nothing", "vexfsctl module plan", plan);
    cli.verb(noun, "load", "Load it, or set the parameters that differ where it is loaded; as root",
             "sudo vexfsctl module load", load);
    cli.verb(noun, "stats", "Show what the loaded module counts, for each mount and collection",
             "vexfsctl module stats", statistics);
    cli.verb(noun, "unload", "Unload it, which nobody may be using; as root", "sudo vexfsctl module unload",
             unload);
}

}  // namespace vexfs::ctl
