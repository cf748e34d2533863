// SPDX-License-Identifier: Apache-2.0
// Where the kernel's values lie, and how they are read and written.
#include "vexfsd/tuner/kernel_values.h"

#include "tests/vexfsd/tuner/made_kernel.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace vexfs::tuner;

TEST_CASE("a key lies where sysctl(8) has it") {
    const MadeKernel kernel;
    kernel.set("sys/net/ipv4/conf/eth0.100/forwarding", "1");
    CHECK(kernel.find("vm.swappiness")->path == kernel.path("sys/vm/swappiness"));
    CHECK(kernel.find("net.ipv4.conf.eth0/100.forwarding")->path ==
          kernel.path("sys/net/ipv4/conf/eth0.100/forwarding"));
}

TEST_CASE("a key that has moved to debugfs is found there by its old name") {
    const MadeKernel kernel;
    const KernelPlace place = kernel.find("kernel.sched_migration_cost_ns").value();
    CHECK(place.moved);
    CHECK(place.path == kernel.path("debug/sched/migration_cost_ns"));
    kernel.set("sys/kernel/sched_migration_cost_ns", "500000");
    CHECK_FALSE(kernel.find("kernel.sched_migration_cost_ns")->moved);
}

TEST_CASE("a key that isn't there says why") {
    const MadeKernel kernel;
    CHECK(kernel.find("vm.nothing").error().code == ErrorCode::not_found);
    CHECK_THAT(kernel.find("kernel.sched_latency_ns").error().message, Catch::Contains("nor in debugfs"));
    std::filesystem::remove_all(kernel.path("debug"));
    const Error unseen = kernel.find("kernel.sched_migration_cost_ns").error();
    CHECK_THAT(unseen.message, Catch::Contains("since Linux 5.13"));
    CHECK_THAT(unseen.hint, Catch::Contains("mount -t debugfs"));
}

TEST_CASE("what leads out of the tree is no key") {
    for (const char* key : {"", "vm", ".vm.swappiness", "vm..swappiness", "vm.", "vm.//.etc", "///", "vm./",
                            "vm.swappiness\n", "vm.swap piness"}) {
        INFO(key);
        CHECK(check_key(key).error().code == ErrorCode::invalid_argument);
    }
    CHECK(check_key("vm.swappiness"));
}

TEST_CASE("values are the same whatever parts their fields") {
    const MadeKernel kernel;
    kernel.set("sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456");
    CHECK(kernel.read(kernel.path("sys/net/ipv4/tcp_rmem")) == "4096 131072 6291456");
    CHECK(normal_value("  4096   131072 6291456 \n") == "4096 131072 6291456");
    CHECK(normal_value("").empty());
}

TEST_CASE("a shorter value takes the place of a longer one") {
    const MadeKernel kernel;
    REQUIRE(kernel.write(kernel.path("sys/vm/max_map_count"), "1"));
    CHECK(kernel.get("sys/vm/max_map_count") == "1");
}
