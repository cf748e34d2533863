// SPDX-License-Identifier: Apache-2.0
// vexfsd(8): parse, configure, check, run.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>

#include "engine/base/heap.h"
#include "vexfsd/daemon.h"
#include "vexfsd/exit_status.h"
#include "vexfsd/log.h"
#include "vexfsd/options.h"

namespace {

using namespace vexfs;

void say(const Error& error) {
    if (error.hint.empty()) {
        spdlog::error("{}", error.message);
    } else {
        spdlog::error("{} ({})", error.message, error.hint);
    }
}

DaemonExit check_only(const Configuration& configuration) {
    if (auto service = service_options(configuration.settings()); !service) {
        say(service.error());
        return DaemonExit::configuration;
    }
    for (const std::string& file : configuration.files()) fmt::print("{}\n", file);
    fmt::print("the configuration is right\n");
    return DaemonExit::stopped;
}

DaemonExit run(const DaemonOptions& options, const Configuration& configuration) {
    if (auto prepared = prepare_process(); !prepared) {
        say(prepared.error());
        return DaemonExit::failed;
    }
    // Apart from the daemon's own start, so that its failure is known for one of the configuration.
    if (auto service = service_options(configuration.settings()); !service) {
        say(service.error());
        return DaemonExit::configuration;
    }
    auto daemon = Daemon::start(options, configuration);
    if (!daemon) {
        say(daemon.error());
        return daemon.error().code == ErrorCode::busy ? DaemonExit::held : DaemonExit::failed;
    }
    if (auto ran = (*daemon)->run(); !ran) {
        say(ran.error());
        return DaemonExit::failed;
    }
    daemon->reset();
    log_event(events::stopped, "stopped");
    return DaemonExit::stopped;
}

DaemonExit start(int argc, char** argv) {
    std::optional<DaemonExit> exit;
    const DaemonOptions options = parse_options(argc, argv, exit);
    if (exit) return *exit;
    const auto configuration = configure(options);
    if (!configuration) {
        for (const ConfigProblem& problem : configuration.error()) {
            fmt::print(stderr, "vexfsd: {}\n", problem.text());
        }
        return DaemonExit::configuration;
    }
    Settings::Log log = configuration->settings().log;
    if (options.check) log.target = "stderr";
    open_log(log);
    return options.check ? check_only(*configuration) : run(options, *configuration);
}

}  // namespace

int main(int argc, char** argv) {
    vexfs::keep_little_free_memory();
    try {
        return static_cast<int>(start(argc, argv));
    } catch (const std::exception& error) {
        fmt::print(stderr, "vexfsd: {}\n", error.what());
        return static_cast<int>(DaemonExit::failed);
    }
}
