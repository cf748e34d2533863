// SPDX-License-Identifier: Apache-2.0
// The daemon's command line.
#include "vexfsd/options.h"

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

DaemonOptions parsed(std::vector<const char*> arguments, std::optional<DaemonExit>& exit) {
    arguments.insert(arguments.begin(), "vexfsd");
    return parse_options(static_cast<int>(arguments.size()), arguments.data(), exit);
}

DaemonOptions parsed(std::vector<const char*> arguments) {
    std::optional<DaemonExit> exit;
    DaemonOptions options = parsed(std::move(arguments), exit);
    REQUIRE_FALSE(exit);
    return options;
}

}  // namespace

TEST_CASE("without options there is nothing to override") {
    const DaemonOptions options = parsed({});
    CHECK(options.config_file.empty());
    CHECK(options.data_dir.empty());
    CHECK(options.socket.empty());
    CHECK_FALSE(options.foreground);
    CHECK_FALSE(options.check);
}

TEST_CASE("options are taken as they stand") {
    const DaemonOptions options =
        parsed({"--config", "c.toml", "--data-dir", "/d", "--socket=/s", "--foreground", "--check"});
    CHECK(options.config_file == "c.toml");
    CHECK(options.data_dir == "/d");
    CHECK(options.socket == "/s");
    CHECK(options.foreground);
    CHECK(options.check);
}

TEST_CASE("wrong usage exits with 2, help and version with 0") {
    const auto exit_of = [](std::vector<const char*> arguments) {
        std::optional<DaemonExit> exit;
        parsed(std::move(arguments), exit);
        REQUIRE(exit);
        return static_cast<int>(*exit);
    };
    CHECK(exit_of({"--sockt", "/s"}) == 2);
    CHECK(exit_of({"--socket"}) == 2);
    CHECK(exit_of({"start"}) == 2);
    CHECK(exit_of({"--help"}) == 0);
    CHECK(exit_of({"--version"}) == 0);
}

TEST_CASE("options win over the configuration, and values tell which") {
    const ConfigFiles files;
    DaemonOptions options;
    options.config_file = files.write("vexfsd.toml", R"([server]
data_dir = "/of/the/file"
socket = "/of/the/file.sock"
[log]
target = "journal"
)");
    options.socket = "/of/the/option.sock";
    options.foreground = true;
    const auto configuration = configure(options);
    REQUIRE(configuration);
    CHECK(configuration->settings().server.data_dir == "/of/the/file");
    CHECK(configuration->settings().server.socket == "/of/the/option.sock");
    CHECK(configuration->settings().log.target == "stderr");
    CHECK(configuration->origin_of("server.data_dir").text() == options.config_file + ":2");
    CHECK(configuration->origin_of("server.socket").text() == "--socket");
    CHECK(configuration->origin_of("log.target").text() == "--foreground");
}

TEST_CASE("paths of options are relative to where the daemon was started") {
    const ConfigFiles files;
    DaemonOptions options;
    options.config_file = files.write("vexfsd.toml", "");
    options.data_dir = "data";
    const auto configuration = configure(options);
    REQUIRE(configuration);
    CHECK(configuration->settings().server.data_dir == std::filesystem::current_path() / "data");
}

TEST_CASE("an option that can't be is told by its name") {
    const ConfigFiles files;
    DaemonOptions options;
    options.config_file = files.write("vexfsd.toml", "");
    options.data_dir = "/" + std::string(5000, 'd');
    options.socket = "/" + std::string(200, 's');
    const auto configuration = configure(options);
    REQUIRE_FALSE(configuration);
    REQUIRE(configuration.error().size() == 2);
    CHECK(configuration.error()[0].text() == "--data-dir: server.data_dir has 5001 bytes, at most 4095 fit");
    CHECK(configuration.error()[1].text() == "--socket: server.socket has 201 bytes, at most 107 fit");
}

TEST_CASE("what is wrong in the configuration is told, whatever the options") {
    const ConfigFiles files;
    DaemonOptions options;
    options.config_file = files.write("vexfsd.toml", "[server]\nmax_clients = 0\n");
    options.socket = "/of/the/option.sock";
    const auto configuration = configure(options);
    REQUIRE_FALSE(configuration);
    CHECK(configuration.error().size() == 1);
}
