// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

namespace vexfs {

DaemonOptions parse_options(int argc, const char* const* argv, std::optional<DaemonExit>& exit) {
    DaemonOptions options;
    CLI::App app("vexfsd - serve vector search from local disks", "vexfsd");
    app.set_version_flag("--version", "vexfsd " VEXFS_VERSION);
    app.add_option("--config", options.config_file,
                   "Read FILE and FILE.d/*.toml instead of the installed configuration")
        ->option_text("FILE");
    app.add_option("--data-dir", options.data_dir, "Directory of the collections")->option_text("DIR");
    app.add_option("--socket", options.socket, "Socket that clients connect to")->option_text("PATH");
    app.add_option("--mount", options.mount, "Directory where the collections are mounted")
        ->option_text("DIR");
    app.add_option("--mount-backend", options.mount_backend,
                   "What serves the mount: auto, module, fuse or none")
        ->option_text("BACKEND");
    app.add_flag("--foreground", options.foreground, "Log to standard error");
    app.add_flag("--check", options.check, "Check the configuration and exit");
    app.footer(
        "Exit status: 0 stopped, 1 failed, 2 usage, 75 data or socket or mount point held by "
        "another process, 78 wrong configuration. See vexfsd(8).");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit = app.exit(error) == 0 ? DaemonExit::stopped : DaemonExit::usage;
    }
    return options;
}

tl::expected<Configuration, std::vector<ConfigProblem>> configure(const DaemonOptions& options) {
    ConfigSources sources;
    sources.file = options.config_file;
    auto configuration = load_configuration(sources);
    if (!configuration) return configuration;
    std::vector<ConfigProblem> problems;
    const auto put = [&](std::string_view option, std::string_view key, const std::string& value) {
        if (auto set = configuration->set_from_text(key, value, option); !set) {
            problems.push_back({std::string(option), 0, 0, set.error().message, set.error().hint});
        }
    };
    const auto absolute = [](const std::string& path) { return std::filesystem::absolute(path).string(); };
    if (!options.data_dir.empty()) put("--data-dir", "server.data_dir", absolute(options.data_dir));
    if (!options.socket.empty()) put("--socket", "server.socket", absolute(options.socket));
    if (!options.mount.empty()) put(mount_option, "mount.directory", absolute(options.mount));
    if (!options.mount_backend.empty()) put("--mount-backend", "mount.backend", options.mount_backend);
    if (options.foreground) put("--foreground", "log.target", "stderr");
    if (!problems.empty()) return tl::unexpected(std::move(problems));
    return configuration;
}

}  // namespace vexfs
