// SPDX-License-Identifier: Apache-2.0
// Profiles read from directories, and mistakes in them.
#include "vexfsd/tuner/profiles.h"

#include "tests/vexfsd/config/config_files.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace vexfs::tuner;

namespace {

std::vector<std::string> values_of(const Profile& profile) {
    std::vector<std::string> all;
    for (const ProfileValue& value : profile.values)
        all.push_back(value.key + "=" + value.value + (value.raise ? " at least" : ""));
    return all;
}

Texts problems_of(const ProfileCatalog& catalog, const std::string& file) {
    Texts texts;
    for (const ConfigProblem& problem : catalog.problems()) {
        REQUIRE(problem.text().starts_with(file));
        texts.push_back(problem.text().substr(file.size()));
    }
    return texts;
}

}  // namespace

TEST_CASE("a profile is a file with its name, keys written as in sysctl.conf or quoted") {
    const ConfigFiles files;
    files.write("profiles/quick.toml", R"(description = "for tests"
[set]
vm.swappiness = 1
"net.ipv4.conf.eth0/100.forwarding" = 0
net.ipv4.tcp_rmem = "4096	131072  6291456"
[raise]
vm.max_map_count = 262_144
)");
    const ProfileCatalog catalog = ProfileCatalog::load({files.path("profiles")});
    CHECK(catalog.problems().empty());
    const Profile* const profile = catalog.find("quick").value();
    CHECK(profile->description == "for tests");
    CHECK(values_of(*profile) == Texts{"net.ipv4.conf.eth0/100.forwarding=0",
                                       "net.ipv4.tcp_rmem=4096 131072 6291456",
                                       "vm.max_map_count=262144 at least", "vm.swappiness=1"});
}

TEST_CASE("a profile of a later directory takes the place of one with its name") {
    const ConfigFiles files;
    files.write("usr/quick.toml", "[set]\nvm.swappiness = 1\n");
    files.write("etc/quick.toml", "[set]\nvm.swappiness = 10\n");
    const ProfileCatalog catalog =
        ProfileCatalog::load({files.path("usr"), files.path("etc"), files.path("none")});
    REQUIRE(catalog.profiles().size() == 1);
    CHECK(values_of(catalog.profiles()[0]) == Texts{"vm.swappiness=10"});
}

TEST_CASE("a wrong profile is left out with all that is wrong, and the others stand") {
    const ConfigFiles files;
    files.write("p/quick.toml", "[set]\nvm.swappiness = 1\n");
    const std::string wrong = files.write("p/wrong.toml", R"(descripton = "a typo"
raise = 3
[set]
vm.swappiness = 1.5
"../../etc/passwd" = 1
vm.dirty_ratio = 15
vm.dirty_bytes = 1_000_000
)");
    const ProfileCatalog catalog = ProfileCatalog::load({files.path("p")});
    CHECK(catalog.profiles().size() == 1);
    const Texts problems = problems_of(catalog, wrong);
    REQUIRE(problems.size() == 5);
    CHECK(problems[0] == R"(:1:1: a profile has no key descripton (did you mean "description"?))");
    CHECK(problems[1] == ":2:9: raise is a section, not a key (write [raise])");
    CHECK_THAT(problems[2], Catch::StartsWith(":5:1: '../../etc/passwd' is no sysctl key"));
    CHECK(problems[3] == ":4:17: vm.swappiness takes an integer or a string");
    CHECK(problems[4] == ": the kernel takes one of vm.dirty_bytes and vm.dirty_ratio, and zeroes the other");
    const Error error = catalog.find("wrong").error();
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK(error.hint == "'vexfsctl tuning list' shows all that is");
}

TEST_CASE("a profile that sets nothing, or a key twice, is wrong") {
    const ConfigFiles files;
    const std::string empty = files.write("empty/a.toml", "description = \"\"\n");
    CHECK(problems_of(ProfileCatalog::load({files.path("empty")}), empty) ==
          Texts{": the profile has no values (write them under [set])"});
    const std::string twice =
        files.write("twice/a.toml", "[set]\nvm.swappiness = 1\n[raise]\nvm.swappiness = 2\n");
    CHECK(problems_of(ProfileCatalog::load({files.path("twice")}), twice) ==
          Texts{": vm.swappiness stands there twice"});
}

TEST_CASE("a profile that isn't there names those that are") {
    const ConfigFiles files;
    files.write("p/quick.toml", "[set]\nvm.swappiness = 1\n");
    const ProfileCatalog catalog = ProfileCatalog::load({files.path("p")});
    CHECK(catalog.find("quack").error().code == ErrorCode::not_found);
    CHECK(catalog.find("quack").error().hint == "did you mean \"quick\"?");
    CHECK(catalog.find("other").error().hint == "there are quick");
}

TEST_CASE("the installed profiles are right, and one is the reference's") {
    const ProfileCatalog catalog = ProfileCatalog::load({VEXFS_SHIPPED_CONFIG "/profiles"});
    CHECK(catalog.problems().empty());
    CHECK(values_of(*catalog.find("reference").value()) == Texts{"kernel.sched_migration_cost_ns=5000000",
                                                                 "vm.dirty_background_ratio=5",
                                                                 "vm.dirty_ratio=15", "vm.swappiness=1"});
    for (const char* preset :
         {"high-throughput", "balanced", "high-recall", "memory-efficient", "high-recall-lsh"}) {
        INFO(preset);
        CHECK(catalog.find(preset));
    }
}
