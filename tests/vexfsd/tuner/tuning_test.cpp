// SPDX-License-Identifier: Apache-2.0
// Profiles applied to a kernel and undone.
#include "vexfsd/tuner/tuning.h"

#include "tests/vexfsd/tuner/made_kernel.h"

using namespace vexfs;
using namespace vexfs::test;
using namespace vexfs::tuner;

namespace {

const Profile quick = profile_of("quick", {{"kernel.sched_migration_cost_ns", "5000000", false},
                                           {"vm.max_map_count", "262144", true},
                                           {"vm.swappiness", "1", false}});

}  // namespace

TEST_CASE("a plan says what would change, and changes nothing") {
    const MadeKernel kernel;
    kernel.set("sys/vm/max_map_count", "1000000");
    const TuningReport report = kernel.tuning().plan(quick).value();
    CHECK(report.state == TuningState::planned);
    CHECK(rows_of(report) ==
          Rows{"kernel.sched_migration_cost_ns change", "vm.max_map_count enough", "vm.swappiness change"});
    CHECK(report.values[2].now == "60");
    CHECK(report.values[2].wanted == "1");
    CHECK_THAT(report.values[0].note, Catch::Contains("debug/sched/migration_cost_ns"));
    CHECK(kernel.get("sys/vm/swappiness") == "60");
    CHECK_FALSE(std::filesystem::exists(kernel.path("state")));
}

TEST_CASE("a profile is applied, seen, and undone") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    CHECK(tuning.status()->state == TuningState::none);
    const TuningReport applied = tuning.apply(quick).value();
    CHECK(applied.state == TuningState::applied);
    CHECK(rows_of(applied) == Rows{"kernel.sched_migration_cost_ns applied", "vm.max_map_count applied",
                                   "vm.swappiness applied"});
    CHECK(kernel.get("sys/vm/swappiness") == "1");
    CHECK(kernel.get("sys/vm/max_map_count") == "262144");
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "5000000");

    const TuningReport status = tuning.status().value();
    CHECK(status.state == TuningState::applied);
    CHECK(status.profile == "quick");
    CHECK(status.values[2].original == "60");

    CHECK(rows_of(tuning.revert().value()) == Rows{"kernel.sched_migration_cost_ns restored",
                                                   "vm.max_map_count restored", "vm.swappiness restored"});
    CHECK(kernel.get("sys/vm/swappiness") == "60");
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "500000");
    CHECK(tuning.status()->state == TuningState::none);
}

TEST_CASE("applying and undoing may be repeated") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    CHECK(rows_of(tuning.apply(quick).value()) ==
          Rows{"kernel.sched_migration_cost_ns same", "vm.max_map_count same", "vm.swappiness same"});
    CHECK(tuning.revert()->state == TuningState::reverted);
    CHECK(tuning.revert()->state == TuningState::none);
    CHECK(kernel.get("sys/vm/swappiness") == "60");
}

TEST_CASE("the originals are on the disk before the first change") {
    MadeKernel kernel;
    size_t writes = 0;
    kernel.on_write = [&](const std::string&, std::string_view) -> Result<void> {
        const auto record = RecordFile(posix_disk(), kernel.path("state")).load().value();
        REQUIRE(record);
        CHECK_FALSE(record->complete);
        CHECK(record->find("vm.swappiness")->original == "60");
        CHECK(record->values.size() == 3);
        ++writes;
        return {};
    };
    REQUIRE(kernel.tuning().apply(quick));
    CHECK(writes == 3);
}

TEST_CASE("an apply that was broken off anywhere is seen, undone and finished") {
    struct Crash {};
    const size_t crash_at = GENERATE(1, 2, 3);
    const bool finished = GENERATE(false, true);
    MadeKernel kernel;
    size_t writes = 0;
    kernel.on_write = [&](const std::string&, std::string_view) -> Result<void> {
        if (++writes == crash_at) throw Crash{};
        return {};
    };
    CHECK_THROWS_AS(kernel.tuning().apply(quick), Crash);
    kernel.on_write = nullptr;
    Tuning tuning = kernel.tuning();
    const TuningReport status = tuning.status().value();
    CHECK(status.state == TuningState::interrupted);
    CHECK(status.values[crash_at - 1].state == ValueState::pending);
    if (finished) {
        REQUIRE(tuning.apply(quick));
        CHECK(kernel.get("sys/vm/swappiness") == "1");
        CHECK(tuning.status()->state == TuningState::applied);
    }
    REQUIRE(tuning.revert());
    CHECK(kernel.get("sys/vm/swappiness") == "60");
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "500000");
}

TEST_CASE("an undoing that was broken off is finished") {
    struct Crash {};
    MadeKernel kernel;
    REQUIRE(kernel.tuning().apply(quick));
    size_t writes = 0;
    kernel.on_write = [&](const std::string&, std::string_view) -> Result<void> {
        if (++writes == 2) throw Crash{};
        return {};
    };
    CHECK_THROWS_AS(kernel.tuning().revert(), Crash);
    kernel.on_write = nullptr;
    CHECK(kernel.tuning().status()->state == TuningState::interrupted);
    CHECK(rows_of(kernel.tuning().revert().value()) ==
          Rows{"kernel.sched_migration_cost_ns restored", "vm.max_map_count restored", "vm.swappiness same"});
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "500000");
}

TEST_CASE("a value that the kernel refuses leaves all as it was") {
    MadeKernel kernel;
    kernel.on_write = [&](const std::string&, std::string_view value) -> Result<void> {
        if (value == "1") return fail(ErrorCode::invalid_argument, "write 1: Invalid argument");
        return {};
    };
    const Error error = kernel.tuning().apply(quick).error();
    CHECK(error.message == "profile quick is not applied: write 1: Invalid argument");
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "500000");
    CHECK(kernel.tuning().status()->state == TuningState::none);
}

TEST_CASE("what somebody else has changed since is reported, and left alone") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    kernel.set("sys/vm/swappiness", "33");
    const TuningReport status = tuning.status().value();
    CHECK(status.state == TuningState::drifted);
    CHECK(status.values[2].state == ValueState::drifted);
    CHECK(rows_of(tuning.revert().value()) == Rows{"kernel.sched_migration_cost_ns restored",
                                                   "vm.max_map_count restored", "vm.swappiness drifted"});
    CHECK(kernel.get("sys/vm/swappiness") == "33");
    CHECK(tuning.status()->state == TuningState::none);
}

TEST_CASE("applied again, a value that somebody else has changed is what is given back") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    kernel.set("sys/vm/swappiness", "33");
    REQUIRE(tuning.apply(quick));
    CHECK(kernel.get("sys/vm/swappiness") == "1");
    REQUIRE(tuning.revert());
    CHECK(kernel.get("sys/vm/swappiness") == "33");
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
}

TEST_CASE("a value that is raised by somebody else is no drift of one that is only to be raised") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    kernel.set("sys/vm/max_map_count", "1000000");
    CHECK(tuning.status()->state == TuningState::applied);
    REQUIRE(tuning.revert());
    CHECK(kernel.get("sys/vm/max_map_count") == "1000000");
}

TEST_CASE("after a start of the kernel its values are its own") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    kernel.reboot();
    // The same number as ours, and yet not ours.
    kernel.set("sys/vm/max_map_count", "262144");
    kernel.set("sys/vm/swappiness", "60");
    CHECK(tuning.status()->state == TuningState::rebooted);
    SECTION("nothing is undone") {
        const TuningReport report = tuning.revert().value();
        CHECK(report.state == TuningState::rebooted);
        CHECK(kernel.get("sys/vm/max_map_count") == "262144");
        CHECK(tuning.status()->state == TuningState::none);
    }
    SECTION("a profile is applied as for the first time") {
        REQUIRE(tuning.apply(quick));
        REQUIRE(tuning.revert());
        CHECK(kernel.get("sys/vm/max_map_count") == "262144");
        CHECK(kernel.get("sys/vm/swappiness") == "60");
    }
}

TEST_CASE("a profile takes the place of another, and the first values are given back") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    const Profile other =
        profile_of("other", {{"vm.dirty_ratio", "10", false}, {"vm.swappiness", "10", false}});
    CHECK(rows_of(tuning.plan(other).value()) == Rows{"kernel.sched_migration_cost_ns restore",
                                                      "vm.max_map_count restore", "vm.dirty_ratio change",
                                                      "vm.swappiness change"});
    REQUIRE(tuning.apply(other));
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
    CHECK(kernel.get("sys/vm/swappiness") == "10");
    CHECK(tuning.status()->profile == "other");
    REQUIRE(tuning.revert());
    CHECK(kernel.get("sys/vm/swappiness") == "60");
    CHECK(kernel.get("sys/vm/dirty_ratio") == "20");
}

TEST_CASE("a change of profiles that was broken off is undone") {
    struct Crash {};
    const size_t crash_at = GENERATE(1, 2, 3, 4);
    MadeKernel kernel;
    REQUIRE(kernel.tuning().apply(quick));
    size_t writes = 0;
    kernel.on_write = [&](const std::string&, std::string_view) -> Result<void> {
        if (++writes == crash_at) throw Crash{};
        return {};
    };
    const Profile other =
        profile_of("other", {{"vm.dirty_ratio", "10", false}, {"vm.swappiness", "10", false}});
    CHECK_THROWS_AS(kernel.tuning().apply(other), Crash);
    kernel.on_write = nullptr;
    REQUIRE(kernel.tuning().apply(quick));
    REQUIRE(kernel.tuning().revert());
    CHECK(kernel.get("sys/vm/dirty_ratio") == "20");
    CHECK(kernel.get("sys/vm/max_map_count") == "65530");
    CHECK(kernel.get("debug/sched/migration_cost_ns") == "500000");
}

TEST_CASE("a ratio that zeroes a number of bytes gives it back") {
    const MadeKernel kernel;
    kernel.set("sys/vm/dirty_ratio", "0");
    kernel.set("sys/vm/dirty_bytes", "100000000");
    Tuning tuning = kernel.tuning();
    const Profile ratio = profile_of("ratio", {{"vm.dirty_ratio", "15", false}});
    CHECK_THAT(tuning.plan(ratio)->values[0].note,
               Catch::Contains("zeroes vm.dirty_bytes, which is 100000000"));
    REQUIRE(tuning.apply(ratio));
    CHECK(kernel.get("sys/vm/dirty_bytes") == "0");
    SECTION("undone") {
        REQUIRE(tuning.revert());
    }
    SECTION("after another profile that sets the bytes") {
        REQUIRE(tuning.apply(profile_of("bytes", {{"vm.dirty_bytes", "5000000", false}})));
        CHECK(kernel.get("sys/vm/dirty_bytes") == "5000000");
        REQUIRE(tuning.revert());
    }
    CHECK(kernel.get("sys/vm/dirty_bytes") == "100000000");
    CHECK(kernel.get("sys/vm/dirty_ratio") == "0");
}

TEST_CASE("a key that this kernel hasn't got is passed over with the reason") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    const TuningReport report =
        tuning.apply(profile_of("odd", {{"vm.nothing", "1", false}, {"vm.swappiness", "1", false}})).value();
    CHECK(rows_of(report) == Rows{"vm.nothing missing", "vm.swappiness applied"});
    CHECK(report.values[0].note == "this kernel has no such key");
}

TEST_CASE("what the kernel makes of a value is what counts as ours") {
    MadeKernel kernel;
    kernel.shown = {"0x10", "16"};
    Tuning tuning = kernel.tuning();
    const TuningReport report = tuning.apply(profile_of("hex", {{"vm.swappiness", "0x10", false}})).value();
    CHECK(report.values[0].note == "the kernel made 16 of 0x10");
    CHECK(tuning.status()->state == TuningState::applied);
    REQUIRE(tuning.revert());
    CHECK(kernel.get("sys/vm/swappiness") == "60");
}

TEST_CASE("a damaged record is named, and nothing is changed") {
    const MadeKernel kernel;
    Tuning tuning = kernel.tuning();
    REQUIRE(tuning.apply(quick));
    std::ofstream(kernel.path("state/tuning"), std::ios::app) << "x";
    for (const Error& error :
         {tuning.status().error(), tuning.apply(quick).error(), tuning.revert().error()}) {
        CHECK(error.code == ErrorCode::corrupt);
        CHECK_THAT(error.message, Catch::Contains(kernel.path("state/tuning")));
        CHECK_FALSE(error.hint.empty());
    }
    CHECK(kernel.get("sys/vm/swappiness") == "1");
}

TEST_CASE("without the disk's word nothing is changed") {
    const MadeKernel kernel;
    std::ofstream(kernel.path("state")) << "a file in the directory's place";
    CHECK_FALSE(kernel.tuning().apply(quick));
    CHECK(kernel.get("sys/vm/swappiness") == "60");
}
