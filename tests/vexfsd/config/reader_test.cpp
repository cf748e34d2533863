// SPDX-License-Identifier: Apache-2.0
// One file of the configuration, and what can be wrong in it.
#include <sys/stat.h>

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;

TEST_CASE("an empty file leaves every value built in") {
    const ConfigFiles files;
    const Configuration configuration = ConfigFiles::load(files.write("vexfsd.toml", ""));
    CHECK(changed_keys(Settings{}, configuration.settings(), Applies::reload).empty());
    CHECK(changed_keys(Settings{}, configuration.settings(), Applies::restart).empty());
    CHECK(configuration.files() == Texts{files.path("vexfsd.toml")});
}

TEST_CASE("every key can be set") {
    const ConfigFiles files;
    const Settings settings = ConfigFiles::load(files.write("vexfsd.toml", R"([server]
data_dir = "/srv/vexfs"
socket = "/srv/vexfs.sock"
socket_mode = "0600"
socket_group = "users"
max_clients = 7
worker_threads = 3
max_concurrent_ops = 9
max_request_bytes = 65_536
max_inflight_bytes = 0x10_0000
request_timeout_s = 1
shutdown_timeout_s = 0
[log]
level = "debug"
target = "journal"
[collections]
preset = "balanced"
durability = "sync"
mode = 0o640
dimension = 17
[mount]
directory = "/srv/mnt"
backend = "fuse"
instance = "other"
[module]
cache_size_mb = 8192
max_concurrent_ops = 2000
batch_size = 50_000
worker_threads = 16
prefetch_enabled = false
compression_level = 0
[index]
threads = 2
max_backlog_rows = 1_000
max_backlog_bytes = 1_000_000
[queries]
cache_entries = 5
cache_bytes = 0
slow_ms = 5
[alerts]
command = "/srv/tell"
[metrics]
address = "::1"
port = 9639
[storage]
segment_bytes = 1_048_576
background_mib_per_s = 100
io_backend = "posix"
)"))
                                  .settings();
    CHECK(settings.server.data_dir == "/srv/vexfs");
    CHECK(settings.server.socket == "/srv/vexfs.sock");
    CHECK(settings.server.socket_mode == 0600);
    CHECK(settings.server.socket_group == "users");
    CHECK(settings.server.max_clients == 7);
    CHECK(settings.server.worker_threads == 3);
    CHECK(settings.server.max_concurrent_ops == 9);
    CHECK(settings.server.max_request_bytes == 65'536);
    CHECK(settings.server.max_inflight_bytes == 1 << 20);
    CHECK(settings.server.request_timeout_s == 1);
    CHECK(settings.server.shutdown_timeout_s == 0);
    CHECK(settings.log.level == "debug");
    CHECK(settings.log.target == "journal");
    CHECK(settings.collections.preset == "balanced");
    CHECK(settings.collections.dimension == 17);
    CHECK(settings.mount.directory == "/srv/mnt");
    CHECK(settings.mount.backend == "fuse");
    CHECK(settings.mount.instance == "other");
    CHECK(settings.collections.durability == "sync");
    CHECK(settings.collections.mode == 0640);
    CHECK(settings.module.cache_size_mb == 8192);
    CHECK(settings.module.max_concurrent_ops == 2000);
    CHECK(settings.module.batch_size == 50'000);
    CHECK(settings.module.worker_threads == 16);
    CHECK_FALSE(settings.module.prefetch_enabled);
    CHECK(settings.module.compression_level == 0);
    CHECK(settings.index.threads == 2);
    CHECK(settings.index.max_backlog_rows == 1'000);
    CHECK(settings.index.max_backlog_bytes == 1'000'000);
    CHECK(settings.queries.cache_entries == 5);
    CHECK(settings.queries.cache_bytes == 0);
    CHECK(settings.queries.slow_ms == 5);
    CHECK(settings.alerts.command == "/srv/tell");
    CHECK(settings.metrics.address == "::1");
    CHECK(settings.metrics.port == 9639);
    CHECK(settings.storage.segment_bytes == 1 << 20);
    CHECK(settings.storage.background_mib_per_s == 100);
    CHECK(settings.storage.io_backend == "posix");
    // This test sets each key to another value than the one built in.
    CHECK(changed_keys(Settings{}, settings, Applies::reload).size() +
              changed_keys(Settings{}, settings, Applies::restart).size() +
              changed_keys(Settings{}, settings, Applies::load).size() ==
          setting_keys().size());
}

TEST_CASE("an unknown key is told with its place and the key that was probably meant") {
    const ConfigFiles files;
    CHECK(files.problems("[server]\n  max_client = 7\n") ==
          Texts{R"(:2:3: section server has no key max_client (did you mean "max_clients"?))"});
    CHECK(files.problems("[server]\nflavour = 7\n") == Texts{":2:1: section server has no key flavour"});
    CHECK(files.problems("server.max_client = 7\n") ==
          Texts{R"(:1:8: section server has no key max_client (did you mean "max_clients"?))"});
}

TEST_CASE("a key in a wrong section, or in none, is told where it belongs") {
    const ConfigFiles files;
    CHECK(
        files.problems("[index]\nsegment_bytes = 1048576\n") ==
        Texts{":2:1: section index has no key segment_bytes (segment_bytes belongs into section [storage])"});
    CHECK(files.problems("max_clients = 7\n") ==
          Texts{":1:1: there is no key max_clients (max_clients belongs into section [server])"});
}

TEST_CASE("an unknown section is told with the one that was probably meant") {
    const ConfigFiles files;
    CHECK(files.problems("\n[sever]\nmax_clients = 7\n") ==
          Texts{R"(:2:2: there is no section sever (did you mean "server"?))"});
    CHECK(files.problems("server = 7\n") == Texts{":1:10: server is a section, not a key (write [server])"});
}

TEST_CASE("a value of the wrong type is told with what the key takes") {
    const ConfigFiles files;
    const auto problem = [&](std::string_view line) {
        const Texts all = files.problems("[server]\n" + std::string(line) + "\n");
        REQUIRE(all.size() == 1);
        return all.front();
    };
    CHECK(problem(R"(max_clients = "7")") == ":2:15: server.max_clients takes an integer, not a string");
    CHECK(problem("max_clients = 7.0") == ":2:15: server.max_clients takes an integer, not a fraction");
    CHECK(problem("max_clients = true") == ":2:15: server.max_clients takes an integer, not a boolean");
    CHECK(problem("max_clients = [7]") == ":2:15: server.max_clients takes an integer, not an array");
    CHECK(problem("max_clients = {a=7}") == ":2:15: server.max_clients takes an integer, not a table");
    CHECK(problem("max_clients = 1979-05-27") == ":2:15: server.max_clients takes no date or time");
    CHECK(problem("max_clients = inf") == ":2:15: server.max_clients is not a finite number");
    CHECK(problem("socket = 7") == ":2:10: server.socket takes a string, not an integer");
}

TEST_CASE("a value out of its range is told with the range") {
    const ConfigFiles files;
    const auto problem = [&](std::string_view text) {
        const Texts all = files.problems(text);
        REQUIRE(all.size() == 1);
        return all.front();
    };
    CHECK(problem("[server]\nmax_clients = 0\n") ==
          ":2:15: server.max_clients is 0, out of its range 1 to 1000000");
    CHECK(problem("[server]\nmax_clients = -1\n") ==
          ":2:15: server.max_clients is -1, out of its range 1 to 1000000");
    CHECK(problem("[storage]\nsegment_bytes = 9223372036854775807\n") ==
          ":2:17: storage.segment_bytes is 9223372036854775807, out of its range 1048576 to 68719476736");
    CHECK(problem("[log]\nlevel = \"loud\"\n") ==
          ":2:9: log.level is \"loud\", not one of debug, info, warning, error");
    CHECK(problem("[collections]\nmode = \"1777\"\n") ==
          ":2:8: collections.mode is 01777, out of its range 0000 to 0777 (write it as with chmod(1), in "
          "quotes: "
          "\"0660\")");
}

TEST_CASE("a mode is octal, in quotes or with 0o") {
    const ConfigFiles files;
    const auto mode = [&](std::string_view value) {
        return ConfigFiles::load(files.write("mode.toml", "[collections]\nmode = " + std::string(value)))
            .settings()
            .collections.mode;
    };
    CHECK(mode("\"0640\"") == 0640);
    CHECK(mode("\"640\"") == 0640);
    CHECK(mode("\"0\"") == 0);
    CHECK(mode("0o640") == 0640);
    for (const char* wrong :
         {"\"0680\"", "\"\"", "\"rw-r-----\"", "\"-640\"", "\"0640 \"", "-1", "true", "6.4"}) {
        CHECK(files.problems("[collections]\nmode = " + std::string(wrong)).size() == 1);
    }
}

TEST_CASE("a path is absolute and fits where it is used") {
    const ConfigFiles files;
    CHECK(files.problems("[server]\ndata_dir = \"data\"\n") ==
          Texts{":2:12: server.data_dir is \"data\", not an absolute path"});
    CHECK(files.problems("[server]\ndata_dir = \"\"\n") == Texts{":2:12: server.data_dir is empty"});
    CHECK(files.problems("[server]\ndata_dir = \"/a\\u0000b\"\n") ==
          Texts{":2:12: server.data_dir holds a NUL"});
    const std::string fits = "/" + std::string(106, 's');
    CHECK(ConfigFiles::load(files.write("fits.toml", "[server]\nsocket = \"" + fits + "\""))
              .settings()
              .server.socket == fits);
    CHECK(files.problems("[server]\nsocket = \"" + fits + "s\"\n") ==
          Texts{":2:10: server.socket has 108 bytes, at most 107 fit"});
}

TEST_CASE("all that is wrong is told at once, in the order of the lines") {
    const ConfigFiles files;
    const Texts all = files.problems(
        "[server]\nsocket = 7\nmax_clients = 0\nports = 1\n[log]\nlevel = \"loud\"\n[nolog]\n");
    const Texts places{":2:10: ", ":3:15: ", ":4:1: ", ":6:9: ", ":7:2: "};
    REQUIRE(all.size() == places.size());
    for (size_t i = 0; i < all.size(); ++i) CHECK_THAT(all[i], Catch::StartsWith(places[i]));
}

TEST_CASE("a file that is no TOML is told with the place") {
    const ConfigFiles files;
    for (const char* text :
         {"[server\n", "[server]\nmax_clients 7\n", "[server]\nmax_clients = 7\nmax_clients = 8\n",
          "[server]\nsocket = \"\xff\"\n"}) {
        const Texts all = files.problems(text);
        REQUIRE(all.size() == 1);
        CHECK_THAT(all.front(), Catch::Matches(":[123]:[0-9]+: .+"));
    }
    CHECK_FALSE(files.problems("[server]\nmax_clients = " + std::string(100'000, '[')).empty());
}

TEST_CASE("a named file must be there, be a file, and not be endless") {
    const ConfigFiles files;
    const auto problem = [](const std::string& file) {
        ConfigSources sources;
        sources.file = file;
        const auto configuration = load_configuration(sources);
        REQUIRE_FALSE(configuration);
        return configuration.error().front().text();
    };
    CHECK(problem("/nonexistent/vexfsd.toml") == "/nonexistent/vexfsd.toml: there is no such file");
    const std::string directory = std::filesystem::path(files.write("d/x", "")).parent_path();
    CHECK_THAT(problem(directory), Catch::Contains("can't be read"));
    CHECK_THAT(problem("/dev/zero"), Catch::Contains("can't be read"));
    CHECK_THAT(problem(files.write("large.toml", std::string((1 << 20) + 1, '\n'))),
               Catch::Contains("can't be read"));
}

TEST_CASE("a FIFO in the place of a file stops nobody") {
    const ConfigFiles files;
    REQUIRE(mkfifo(files.path("fifo.toml").c_str(), 0600) == 0);
    CHECK(ConfigFiles::load(files.path("fifo.toml")).settings().server.max_clients ==
          Settings{}.server.max_clients);
}

TEST_CASE("all requests in memory are not less than one") {
    const ConfigFiles files;
    CHECK(files.problems("[server]\nmax_request_bytes = 200_000\nmax_inflight_bytes = 100_000\n") ==
          Texts{":3:1: server.max_inflight_bytes (100000) is less than server.max_request_bytes (200000) (a "
                "request "
                "of the largest size must fit)"});
    // Each value is right alone; the one that was written down is told.
    CHECK_THAT(files.problems("\n[server]\nmax_inflight_bytes = 100_000\n").front(),
               Catch::StartsWith(":3:1: "));
}
