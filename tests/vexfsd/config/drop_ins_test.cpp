// SPDX-License-Identifier: Apache-2.0
// The files of the configuration and their order.
#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Configuration load(const std::vector<std::string>& directories) {
    ConfigSources sources;
    sources.directories = directories;
    const auto configuration = load_configuration(sources);
    REQUIRE(configuration);
    return *configuration;
}

}  // namespace

TEST_CASE("a later directory wins, key by key") {
    const ConfigFiles files;
    const std::string usr = files.write("usr/vexfsd.toml", "[server]\nmax_clients = 1\nworker_threads = 1\n");
    const std::string etc = files.write("etc/vexfsd.toml", "[server]\nmax_clients = 2\n");
    const Configuration configuration = load({files.path("usr"), files.path("etc")});
    CHECK(configuration.settings().server.max_clients == 2);
    CHECK(configuration.settings().server.worker_threads == 1);
    CHECK(configuration.origin_of("server.max_clients").text() == etc + ":2");
    CHECK(configuration.origin_of("server.worker_threads").text() == usr + ":3");
    CHECK(configuration.files() == Texts{usr, etc});
}

TEST_CASE("drop-ins come after all files, in the order of their names whatever their directories") {
    const ConfigFiles files;
    files.write("usr/vexfsd.toml", "[server]\nmax_clients = 1\n");
    files.write("etc/vexfsd.toml", "[server]\nmax_clients = 2\n");
    files.write("etc/vexfsd.toml.d/10-first.toml", "[server]\nmax_clients = 10\nworker_threads = 10\n");
    const std::string last = files.write("usr/vexfsd.toml.d/20-last.toml", "[server]\nmax_clients = 20\n");
    const Configuration configuration = load({files.path("usr"), files.path("etc")});
    CHECK(configuration.settings().server.max_clients == 20);
    CHECK(configuration.settings().server.worker_threads == 10);
    CHECK(configuration.origin_of("server.max_clients").text() == last + ":2");
    CHECK(configuration.files().size() == 4);
}

TEST_CASE("a drop-in takes the place of one with its name in an earlier directory") {
    const ConfigFiles files;
    files.write("usr/vexfsd.toml.d/10-site.toml", "[server]\nmax_clients = 1\nworker_threads = 1\n");
    files.write("etc/vexfsd.toml.d/10-site.toml", "[server]\nmax_clients = 2\n");
    const Configuration configuration = load({files.path("usr"), files.path("etc")});
    CHECK(configuration.settings().server.max_clients == 2);
    CHECK(configuration.settings().server.worker_threads == 0);
    CHECK(configuration.files() == Texts{files.path("etc/vexfsd.toml.d/10-site.toml")});
}

TEST_CASE("only files of the ending .toml are drop-ins") {
    const ConfigFiles files;
    files.write("etc/vexfsd.toml.d/10-site.toml.dpkg-old", "[server]\nmax_clients = 1\n");
    files.write("etc/vexfsd.toml.d/README", "not TOML");
    CHECK(load({files.path("etc")}).files().empty());
}

TEST_CASE("directories that there are not are passed over") {
    const ConfigFiles files;
    CHECK(load({files.path("none"), files.path("neither")}).settings().server.max_clients ==
          Settings{}.server.max_clients);
}

TEST_CASE("a named file is read alone, with the drop-ins beside it") {
    const ConfigFiles files;
    const std::string file = files.write("my.toml", "[server]\nmax_clients = 1\nworker_threads = 1\n");
    files.write("my.toml.d/b.toml", "[server]\nmax_clients = 3\n");
    files.write("my.toml.d/a.toml", "[server]\nmax_clients = 2\n");
    files.write("vexfsd.toml", "not TOML");
    const Configuration configuration = ConfigFiles::load(file);
    CHECK(configuration.settings().server.max_clients == 3);
    CHECK(configuration.settings().server.worker_threads == 1);
    CHECK(configuration.files() ==
          Texts{file, files.path("my.toml.d/a.toml"), files.path("my.toml.d/b.toml")});
}

TEST_CASE("problems of several files are told at once, each with its file") {
    const ConfigFiles files;
    ConfigSources sources;
    sources.file = files.write("my.toml", "[server]\nmax_clients = 0\n");
    files.write("my.toml.d/a.toml", "[log\n");
    files.write("my.toml.d/b.toml", "[log]\nlevel = 7\n");
    const auto configuration = load_configuration(sources);
    REQUIRE_FALSE(configuration);
    Texts where;
    for (const ConfigProblem& problem : configuration.error()) where.push_back(problem.file);
    CHECK(where == Texts{sources.file, files.path("my.toml.d/a.toml"), files.path("my.toml.d/b.toml")});
}
