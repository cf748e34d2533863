// SPDX-License-Identifier: Apache-2.0
// Every call to the disk fails once, in turn and in several ways, and nothing acknowledged is lost by it.
//
// VEXFS_TEST_SEED chooses what failed calls leave.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/engine/storage/scene.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

// A way to fail from one call on.
struct Fault {
    std::string_view name;
    int error_number;
    bool lasts = false;          // else that one call alone
    bool growing_alone = false;  // calls that may need space; the others succeed
};

constexpr std::array faults{Fault{"an I/O error", EIO}, Fault{"a full disk at one call", ENOSPC},
                            Fault{"no descriptor left", EMFILE}, Fault{"a disk that died", EIO, true},
                            Fault{"a full disk", ENOSPC, true, true}};

const std::vector<Step> steps{{Action::insert_one},
                              {Action::insert_many, Durability::async},
                              {Action::sync_behind},
                              {Action::configure},
                              {Action::upsert, Durability::sync},
                              {Action::erase},
                              {Action::import_rows},
                              {Action::configure},
                              {Action::metadata},
                              {Action::reindex},
                              {Action::insert_many},
                              {Action::erase, Durability::async},
                              {Action::upsert, Durability::async},
                              {Action::import_rows, Durability::sync},
                              {Action::insert_one}};

class FaultTest {
  public:
    FaultTest(const SimulatedDisk& base, const Model& start, const Fault& fault, uint64_t first_call,
              uint64_t seed, uint64_t segment_bytes)
        : disk_(base.after_power_cut(seed)),
          history_(start),
          fault_(fault),
          first_call_(first_call),
          seed_(seed),
          segment_bytes_(segment_bytes) {
        disk_->fault = [this](const DiskCall& call) { return error_of(call); };
    }

    // Whether there was a call to fail.
    Result<bool> run() {
        auto collection = open_collection(*disk_, segment_bytes_);
        if (collection) {
            for (size_t i = 0; i < steps.size(); ++i) {
                // There is space again.
                if (i + 3 >= steps.size() && fault_.growing_alone) disk_->fault = nullptr;
                if (auto checked = step(**collection, i); !checked)
                    return fail(ErrorCode::internal, fmt::format("step {}: {}", i, checked.error().message));
            }
        } else {
            VEXFS_TRY(check_names_file(collection.error()));
        }
        if (collection) collection->reset();
        disk_->fault = nullptr;
        for (uint64_t image = 0; image < 4; ++image) {
            if (auto alive = goes_on(*disk_->after_power_cut(seed_ + image)); !alive)
                return fail(ErrorCode::internal, "after a power cut: " + alive.error().message);
        }
        if (auto alive = goes_on(*disk_->after_process_death(seed_)); !alive)
            return fail(ErrorCode::internal, "opened again: " + alive.error().message);
        return failed_;
    }

    std::string failed_call() const { return failed_call_; }

  private:
    int error_of(const DiskCall& call) {
        ++calls_;
        if (calls_ < first_call_ || (failed_ && !fault_.lasts)) return 0;
        if (fault_.growing_alone && !call.grows) return 0;
        if (!failed_) failed_call_ = fmt::format("call {}, {} of {}", calls_, call.name, call.path);
        failed_ = true;
        failed_paths_.insert(call.path);
        // An index is built again: nothing depends on its files before they are synced.
        sync_failed_ |= call.is_sync && !call.path.ends_with(".hnsw");
        return fault_.error_number;
    }

    Result<void> step(LocalCollection& collection, size_t number) {
        const bool read_only = sync_failed_;
        failed_paths_.clear();
        const auto done = history_.perform(collection, steps[number], number);
        const bool writes = steps[number].action != Action::sync_behind;
        if (read_only && writes && (done || done.error().code != ErrorCode::read_only))
            return fail(ErrorCode::internal, "a sync failed before, but the collection takes writes");
        if (sync_failed_ && !collection.info().read_only)
            return fail(ErrorCode::internal, "a sync failed, but the collection is not read-only");
        if (!sync_failed_ && fault_.error_number != EIO && collection.info().read_only)
            return fail(ErrorCode::internal, "the disk is well, but the collection is read-only");
        if (done) return {};
        const Error& error = done.error();
        if (error.code == ErrorCode::internal) return done;
        if (error.code != ErrorCode::read_only) {
            VEXFS_TRY(check_names_file(error));
            if (failed_paths_.empty())
                return fail(ErrorCode::internal, "no call failed, but: " + error.message);
        }
        if (fault_.growing_alone && error.code != ErrorCode::no_space)
            return fail(ErrorCode::internal, "not no_space: " + error.message);
        const Model before = history_.now();
        VEXFS_TRY(history_.go_on_after(error, collection));
        if (error.code == ErrorCode::no_space && !history_.now().looks_like(before))
            return fail(ErrorCode::internal, "a write without space is seen all the same");
        return {};
    }

    Result<void> check_names_file(const Error& error) const {
        for (const std::string& path : failed_paths_) {
            if (error.message.find(path) != std::string::npos) return {};
        }
        return fail(ErrorCode::internal, fmt::format("the error \"{}\" names no file of {}", error.message,
                                                     fmt::join(failed_paths_, ", ")));
    }

    // The disk is well: all is there, writes are taken, and they outlast a power cut.
    Result<void> goes_on(SimulatedDisk& disk) {
        VEXFS_ASSIGN(const auto collection, open_collection(disk, segment_bytes_));
        VEXFS_ASSIGN(const Model found, history_.recovered(*collection));
        History history(found, collection->schema().access.gid);
        VEXFS_TRY(history.perform(*collection, {Action::insert_one}, 100));
        VEXFS_TRY(history.perform(*collection, {Action::upsert}, 101));
        const auto left = disk.after_power_cut(seed_);
        VEXFS_ASSIGN(const auto again, open_collection(*left, segment_bytes_));
        VEXFS_TRY(history.recovered(*again));
        return {};
    }

    std::unique_ptr<SimulatedDisk> disk_;
    History history_;
    const Fault& fault_;
    const uint64_t first_call_, seed_, segment_bytes_;
    uint64_t calls_ = 0;
    bool failed_ = false, sync_failed_ = false;
    std::string failed_call_;
    std::set<std::string> failed_paths_;  // in this step
};

}  // namespace

TEST_CASE("an error of any call to the disk is told with its file, and loses nothing") {
#ifdef VEXFS_SANITIZED
    constexpr uint64_t of_calls = 4;  // one in so many: all of them take minutes
#else
    constexpr uint64_t of_calls = 1;
#endif
    const uint64_t seed = test_seed();
    Model start;
    const auto base = prepared_disk(start);
    const Fault& fault = faults[GENERATE(0, 1, 2, 3, 4)];
    const uint64_t segment_bytes =
        std::array{one_segment, segment_for_each_write, uint64_t{5'000}}[GENERATE(0, 1, 2)];
    uint64_t call = 1;
    for (bool failed = true; failed; call += of_calls) {
        FaultTest test(*base, start, fault, call, seed + call, segment_bytes);
        const auto outcome = test.run();
        INFO("VEXFS_TEST_SEED=" << seed << ", segments of " << segment_bytes << " bytes, " << fault.name
                                << ", " << test.failed_call());
        if (!outcome) {
            FAIL_CHECK(outcome.error().message);
        } else {
            failed = *outcome;
        }
    }
    CHECK(call > 30);
}
