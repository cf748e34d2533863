// SPDX-License-Identifier: Apache-2.0
// Applies profiles to the running kernel and undoes them.
//
// One profile is applied at a time. What stood in the kernel before is on the disk before the first value is
// changed; a value is undone only where it is still ours, and where somebody else has changed it since it is
// theirs. An apply that a crash has broken off is seen by status(), finished by apply() and undone by
// revert(). All of it may be repeated. Several processes may use the same directory: changes wait for each
// other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsd/tuner/kernel_values.h"
#include "vexfsd/tuner/profiles.h"
#include "vexfsd/tuner/record.h"

namespace vexfs::tuner {

inline constexpr const char* state_directory = "/var/lib/vexfs-tuner";
// The hint where permission is missing.
inline constexpr const char* only_root_may = "only root may: run it with sudo(8)";

enum class TuningState {
    none,         // nothing is tuned
    planned,      // what apply() would do
    applied,      // everything is as we have written it
    drifted,      // somebody else has changed a value since
    interrupted,  // an apply was broken off
    rebooted,     // what was tuned ended with a start of the kernel
    reverted,
};
std::string_view name_of(TuningState state);

enum class ValueState {
    change,    // plan: it will be written
    restore,   // plan: it will be undone, for the profile has no such key
    same,      // it is so already, or it has the value from before anybody tuned it
    enough,    // it is higher already, and is only to be raised
    missing,   // this kernel hasn't got it
    applied,   // it is written
    restored,  // it is undone
    drifted,   // somebody else has changed it: left alone
    pending,   // a broken-off apply didn't come to it
    lost,      // it ended with a start of the kernel
};
std::string_view name_of(ValueState state);

struct ValueReport {
    std::string key;
    std::string now;       // in the kernel
    std::string wanted;    // by the profile
    std::string original;  // before anybody tuned it; empty where that is `now`
    ValueState state;
    std::string note;
};

struct TuningReport {
    std::string profile;  // empty for none
    TuningState state = TuningState::none;
    uint64_t applied_at = 0;  // seconds since the epoch
    std::vector<ValueReport> values;
};

class Tuning {
  public:
    // `disk` keeps the record in `directory`.
    explicit Tuning(const KernelValues& kernel, Disk& disk = posix_disk(),
                    std::string directory = state_directory);

    Result<TuningReport> plan(const Profile& profile) const;
    // All or nothing: where a value is refused, those written before it are put back.
    Result<TuningReport> apply(const Profile& profile);
    Result<TuningReport> revert();
    Result<TuningReport> status() const;

  private:
    // The record where it speaks of this boot, and the one that there is.
    struct Known {
        std::string boot_id;
        std::optional<TuningRecord> record;
        bool this_boot = false;

        const TunedValue* find(const std::string& key) const {
            return this_boot ? record->find(key) : nullptr;
        }
    };
    struct Step;

    Result<Known> known() const;
    Result<std::vector<Step>> steps_to(const Profile& profile, const Known& known) const;
    Step step_to(const ProfileValue& value, const Known& known) const;
    Step step_without(const TunedValue& value) const;
    // Puts back what it wrote where one is refused.
    Result<void> write(const std::vector<Step>& steps) const;
    Result<void> put_record_back(const Known& known);
    ValueReport look_at(const TunedValue& value, bool complete) const;
    Result<UniqueFd> lock();

    const KernelValues& kernel_;
    Disk& disk_;
    std::string directory_;
    RecordFile file_;
};

}  // namespace vexfs::tuner
