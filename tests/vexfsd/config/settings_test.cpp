// SPDX-License-Identifier: Apache-2.0
// Keys, values and where they came from; what a reload changes.
#include <set>

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;
using Names = std::vector<std::string_view>;

TEST_CASE("every key has a name of its own, a type, a line of description and its default") {
    const Configuration built_in;
    std::set<std::string_view> names;
    const auto values = built_in.values();
    REQUIRE(values.size() == setting_keys().size());
    for (size_t i = 0; i < values.size(); ++i) {
        const SettingKey& key = setting_keys()[i];
        CAPTURE(key.name);
        CHECK(names.insert(key.name).second);
        CHECK_FALSE(key.type.empty());
        CHECK_FALSE(key.description.empty());
        CHECK(key.description.find('\n') == std::string_view::npos);
        CHECK(values[i].key->name == key.name);
        CHECK(values[i].value == key.default_value);
        CHECK(values[i].origin.text() == "built in");
    }
}

TEST_CASE("values are shown as they are written, a mode in octal digits") {
    Configuration configuration;
    REQUIRE(configuration.set_from_text("collections.mode", "640", "--mode"));
    REQUIRE(configuration.set_from_text("server.max_clients", "7", "--max-clients"));
    for (const auto& [key, value, origin] : configuration.values()) {
        if (key->name == "collections.mode") CHECK(value == "0640");
        if (key->name == "server.max_clients") CHECK(value == 7);
        if (key->name == "server.data_dir") CHECK(value == "/var/lib/vexfs");
    }
    CHECK(configuration.origin_of("collections.mode").text() == "--mode");
    CHECK(configuration.origin_of("server.data_dir").text() == "built in");
}

TEST_CASE("a text sets a key as a file would, or changes nothing") {
    Configuration configuration;
    const auto refusal = [&](std::string_view key, const std::string& text) {
        const auto set = configuration.set_from_text(key, text, "--option");
        REQUIRE_FALSE(set);
        CHECK(set.error().code == ErrorCode::invalid_argument);
        return set.error().message;
    };
    CHECK(refusal("server.max_clients", "0") == "server.max_clients is 0, out of its range 1 to 1000000");
    CHECK(refusal("server.max_clients", "7 ") == "server.max_clients takes an integer, not \"7 \"");
    CHECK(refusal("server.max_clients", "") == "server.max_clients takes an integer, not \"\"");
    CHECK(refusal("server.data_dir", "data") == "server.data_dir is \"data\", not an absolute path");
    CHECK(refusal("server.max_client", "7") == "there is no key server.max_client");
    CHECK(configuration.set_from_text("server.max_client", "7", "x").error().hint ==
          "did you mean \"server.max_clients\"?");
    CHECK(configuration.settings().server.max_clients == Settings{}.server.max_clients);
    CHECK(configuration.origin_of("server.max_clients").text() == "built in");
}

TEST_CASE("changed keys are told by when they take effect") {
    Settings changed;
    CHECK(changed_keys(Settings{}, changed, Applies::reload).empty());
    changed.server.max_clients = 7;
    changed.server.socket = "/other";
    changed.log.level = "debug";
    changed.storage.segment_bytes = 1 << 20;
    CHECK(changed_keys(Settings{}, changed, Applies::reload) == Names{"server.max_clients", "log.level"});
    CHECK(changed_keys(Settings{}, changed, Applies::restart) ==
          Names{"server.socket", "storage.segment_bytes"});
    CHECK(name_of(Applies::reload) == "reload");
    CHECK(name_of(Applies::restart) == "restart");
}

TEST_CASE("what takes a restart stays as it runs, with its origin") {
    Configuration running;
    REQUIRE(running.set_from_text("server.socket", "/run/old", "--socket"));
    REQUIRE(running.set_from_text("server.max_clients", "5", "--old"));
    Configuration read;
    REQUIRE(read.set_from_text("server.socket", "/run/new", "--new"));
    REQUIRE(read.set_from_text("server.max_clients", "6", "--new"));
    REQUIRE(read.set_from_text("server.socket_mode", "0600", "--new"));

    const Configuration applied = read.with_running(running);
    CHECK(applied.settings().server.socket == "/run/old");
    CHECK(applied.origin_of("server.socket").text() == "--socket");
    CHECK(applied.settings().server.socket_mode == 0660);
    CHECK(applied.settings().server.max_clients == 6);
    CHECK(applied.origin_of("server.max_clients").text() == "--new");
    CHECK(changed_keys(running.settings(), applied.settings(), Applies::restart).empty());
    // So that the next reload tells the same keys again.
    CHECK(changed_keys(applied.settings(), read.settings(), Applies::restart) ==
          Names{"server.socket", "server.socket_mode"});
}
