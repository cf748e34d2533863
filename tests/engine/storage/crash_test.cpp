// SPDX-License-Identifier: Apache-2.0
// At every call that changes the disk the power is cut or the process dies, and what recovers is compared
// with the model.
//
// VEXFS_TEST_SEED chooses what arrives on the platter and the random workloads, VEXFS_CRASH_SECONDS how long
// these go on.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>

#include "tests/engine/storage/scene.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint64_t snapshots_share = 3;  // of the steps of a random workload, beside one of each other

// What a workload is run with.
struct Scene {
    uint64_t seed = 0;
    uint64_t segment_bytes = 0;
    std::vector<Step> steps;
    size_t watched_from = 0;  // the first step in which there are crashes
};

struct Lost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class CrashTest {
  public:
    uint64_t crashes = 0;

    // Lost, with all that replays it, where a recovery is wrong.
    void run(const SimulatedDisk& base, const Model& start, const Scene& scene) {
        const auto disk = base.after_power_cut(scene.seed);
        auto collection = open_collection(*disk, scene.segment_bytes);
        if (!collection) throw Lost(collection.error().message);
        History history(start, 0, disk.get());
        std::string where;
        const auto crash = [&] {
            ++crashes;
            const uint64_t seed = mix(scene.seed + 0x9e37'79b9'7f4a'7c15 * crashes);
            const bool power = seed % 3 != 0;
            const auto left = power ? disk->after_power_cut(seed) : disk->after_process_death(seed);
            const auto lived = recover(*left, history, scene, seed, true);
            if (lived) return;
            throw Lost(fmt::format("VEXFS_TEST_SEED={}, segments of {} bytes, steps {}: {} {}: {}",
                                   scene.seed, scene.segment_bytes, text_of(scene.steps),
                                   power ? "power cut" : "process dead", where, lived.error().message));
        };
        const auto watch = [&](const DiskCall& call) {
            if (!call.changes) return;
            where = fmt::format("before {} of {}", call.name, call.path);
            crash();
        };
        // When this is left by an exception, the collection's end is not watched.
        const std::unique_ptr<SimulatedDisk, void (*)(SimulatedDisk*)> unwatched(
            disk.get(), [](SimulatedDisk* watched) { watched->watch = nullptr; });
        for (size_t i = 0; i < scene.steps.size(); ++i) {
            if (i >= scene.watched_from) disk->watch = watch;
            const auto done = history.perform(**collection, scene.steps[i], i);
            disk->watch = nullptr;
            if (!done) throw Lost(fmt::format("{}: {}", text_of(scene.steps), done.error().message));
            where = fmt::format("after step {}", i);
            if (i >= scene.watched_from) crash();
        }
        if (scene.watched_from > 1) return;
        disk->watch = watch;
        collection->reset();
        where = "behind the end";
        crash();
    }

  private:
    // Opens what a crash left, compares, writes, and survives another power cut, also one during the
    // recovery.
    Result<void> recover(SimulatedDisk& disk, const History& history, const Scene& scene, uint64_t seed,
                         bool cut_again) {
        std::vector<std::unique_ptr<SimulatedDisk>> cuts;
        if (cut_again && seed % 8 == 0) {
            disk.watch = [&](const DiskCall& call) {
                if (call.changes) cuts.push_back(disk.after_power_cut(seed + cuts.size()));
            };
        }
        VEXFS_ASSIGN(auto collection, open_collection(disk, scene.segment_bytes));
        disk.watch = nullptr;
        VEXFS_ASSIGN(const Model found, history.recovered(*collection));
        VEXFS_TRY(history.check_snapshots(disk));
        crashes += cuts.size();
        for (const auto& cut : cuts) VEXFS_TRY(recover(*cut, history, scene, seed, false));

        // Of one in four, which are enough for the time.
        if (seed % 4 != 1) return {};
        History second(found, collection->schema().access.gid);
        VEXFS_TRY(second.perform(*collection, {Action::insert_many, Durability::async}, 100));
        VEXFS_TRY(recover_at_last(*disk.after_power_cut(seed + 1), second, scene));
        VEXFS_TRY(second.perform(*collection, {Action::insert_one, Durability::group}, 101));
        return recover_at_last(*disk.after_power_cut(seed + 2), second, scene);
    }

    static Result<void> recover_at_last(SimulatedDisk& disk, const History& history, const Scene& scene) {
        VEXFS_ASSIGN(const auto collection, open_collection(disk, scene.segment_bytes));
        VEXFS_TRY(history.recovered(*collection));
        return {};
    }

    // SplitMix64's finaliser.
    static uint64_t mix(uint64_t value) {
        value = (value ^ (value >> 30)) * 0xbf58'476d'1ce4'e5b9;
        value = (value ^ (value >> 27)) * 0x94d0'49bb'1331'11eb;
        return value ^ (value >> 31);
    }
};

}  // namespace

TEST_CASE("a disk that lies about its syncs is found out") {
    Model start;
    const auto base = prepared_disk(start);
    base->lies = true;
    CrashTest test;
    CHECK_THROWS_AS(test.run(*base, start, {1, one_segment, std::vector<Step>(8, {Action::insert_one})}),
                    Lost);
}

TEST_CASE("nothing acknowledged is lost by a crash in any workload of up to three steps") {
#ifdef VEXFS_SANITIZED
    constexpr size_t of_third_steps = 32;  // one in so many: all of them take many minutes
#else
    constexpr size_t of_third_steps = 1;
#endif
    const uint64_t seed = test_seed();
    Model start;
    const auto base = prepared_disk(start);
    CrashTest test;
    const std::vector<Step>& all = all_steps();
    // Crashes before the last step are those of the shorter workloads.
    const auto both = [&](const std::vector<Step>& steps) {
        for (const uint64_t segment_bytes : {one_segment, segment_for_each_write})
            test.run(*base, start, {seed, segment_bytes, steps, steps.size() - 1});
    };
    size_t turn = 0;
    for (const Step& first : all) {
        both({first});
        for (const Step& second : all) {
            both({first, second});
            for (const Step& third : all)
                if (turn++ % of_third_steps == 0) both({first, second, third});
        }
    }
    CHECK(test.crashes >= 10'000 / of_third_steps);
    WARN(test.crashes << " crashes");
}

TEST_CASE("nothing acknowledged is lost by a crash in random workloads") {
    using Clock = std::chrono::steady_clock;
    const char* seconds = std::getenv("VEXFS_CRASH_SECONDS");
    const auto end = Clock::now() + std::chrono::seconds(seconds != nullptr ? std::atoll(seconds) : 0);
    Model start;
    const auto base = prepared_disk(start);
    uint64_t crashes = 0;
    uint64_t seed = test_seed();
    for (uint64_t round = 0; round < 60 || Clock::now() < end; ++round, ++seed) {
        std::mt19937_64 random(seed);
        Scene scene;
        scene.seed = seed;
        scene.segment_bytes = segment_for_each_write + random() % 6'000;
        scene.steps.resize(4 + random() % 20);
        for (Step& step : scene.steps) {
            const uint64_t chosen = random() % (all_steps().size() + snapshots_share);
            step = chosen < all_steps().size() ? all_steps()[chosen] : Step{Action::snapshot};
        }
        // Each by itself, so that its seed replays it.
        CrashTest test;
        test.run(*base, start, scene);
        crashes += test.crashes;
    }
    WARN(crashes << " crashes, seeds up to " << seed - 1);
}
