// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/tuning.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>

namespace vexfs::tuner {
namespace {

std::optional<int64_t> number_in(std::string_view text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Whether `text` is a number of at least `least`.
bool reaches(std::string_view text, std::string_view least) {
    const auto have = number_in(text), want = number_in(least);
    return have && want && *have >= *want;
}

std::string with_hint(const Error& error) {
    return error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
}

Error rights_explained(Error error) {
    if (error.code == ErrorCode::permission_denied) error.hint = only_root_may;
    if (error.code == ErrorCode::read_only)
        error.hint = "the kernel's values are read-only here, as in a container: tune the host";
    return error;
}

uint64_t seconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

}  // namespace

std::string_view name_of(TuningState state) {
    switch (state) {
        case TuningState::none: return "none";
        case TuningState::planned: return "planned";
        case TuningState::applied: return "applied";
        case TuningState::drifted: return "drifted";
        case TuningState::interrupted: return "interrupted";
        case TuningState::rebooted: return "rebooted";
        case TuningState::reverted: return "reverted";
    }
    return "";
}

std::string_view name_of(ValueState state) {
    switch (state) {
        case ValueState::change: return "change";
        case ValueState::restore: return "restore";
        case ValueState::same: return "same";
        case ValueState::enough: return "enough";
        case ValueState::missing: return "missing";
        case ValueState::applied: return "applied";
        case ValueState::restored: return "restored";
        case ValueState::drifted: return "drifted";
        case ValueState::pending: return "pending";
        case ValueState::lost: return "lost";
    }
    return "";
}

// One value on the way to a profile, with how to go back.
struct Tuning::Step {
    ValueReport row;
    std::optional<TunedValue> value;  // for the record; none where there is nothing of ours
    std::string path, write;          // what is written, nothing for an empty path
    std::string back_path, back;      // and what undoes just that
};

Tuning::Tuning(const KernelValues& kernel, Disk& disk, std::string directory)
    : kernel_(kernel), disk_(disk), directory_(std::move(directory)), file_(disk, directory_) {}

Result<UniqueFd> Tuning::lock() {
    if (auto made = disk_.make_directory(directory_); !made)
        return tl::unexpected(rights_explained(std::move(made.error())));
    const std::string path = directory_ + "/lock";
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file)
        return tl::unexpected(rights_explained(fail_errno(fmt::format("open {}", path), errno).value()));
    while (::flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return fail_errno(fmt::format("lock {}", path), errno);
    }
    return file;
}

Result<Tuning::Known> Tuning::known() const {
    Known known;
    VEXFS_ASSIGN(known.boot_id, kernel_.boot_id());
    VEXFS_ASSIGN(known.record, file_.load());
    known.this_boot = known.record && known.record->boot_id == known.boot_id;
    return known;
}

Tuning::Step Tuning::step_to(const ProfileValue& wanted, const Known& known) const {
    Step step{{wanted.key, {}, wanted.value, {}, ValueState::missing, {}}, {}, {}, {}, {}, {}};
    const auto place = kernel_.find(wanted.key);
    if (!place) {
        step.row.note = with_hint(place.error());
        return step;
    }
    const auto now = kernel_.read(place->path);
    if (!now) {
        step.row.note = with_hint(now.error());
        return step;
    }
    step.row.now = *now;
    if (place->moved) step.row.note = fmt::format("it is {} in this kernel", place->path);

    TunedValue value{wanted.key, place->path, *now, wanted.value, place->path, wanted.raise, false};
    step.back_path = place->path;
    step.back = *now;
    const TunedValue* held = known.find(wanted.key);
    if (held != nullptr && *now == held->ours) {
        value.original = held->original;
        value.restore_path = held->restore_path;
    } else if (const std::string_view twin = twin_of(wanted.key); !twin.empty() && *now == "0") {
        const auto twin_place = kernel_.find(twin);
        const auto twin_now =
            twin_place ? kernel_.read(twin_place->path) : tl::unexpected(twin_place.error());
        if (twin_now && *twin_now != "0") {
            step.row.note = fmt::format("the kernel zeroes {}, which is {}", twin, *twin_now);
            step.back_path = value.restore_path = twin_place->path;
            step.back = value.original = *twin_now;
            // What stands there may be ours as well, from the profile before.
            const TunedValue* held_twin = known.find(std::string(twin));
            if (held_twin != nullptr && *twin_now == held_twin->ours) {
                value.original = held_twin->original;
                value.restore_path = held_twin->restore_path;
            }
        }
    }
    if (wanted.raise && !number_in(value.original)) {
        step.row.note = fmt::format("it is '{}', which is no number that could be raised", value.original);
        return step;
    }
    const bool enough = wanted.raise && reaches(value.original, wanted.value);
    if (enough) value.ours = value.original;
    if (value.original != *now) step.row.original = value.original;
    if (value.ours == *now) {
        step.row.state = enough && *now != wanted.value ? ValueState::enough : ValueState::same;
    } else {
        step.row.state = ValueState::change;
        step.path = value.path;
        step.write = value.ours;
    }
    step.value = std::move(value);
    return step;
}

Tuning::Step Tuning::step_without(const TunedValue& value) const {
    Step step{{value.key, {}, value.original, value.original, ValueState::missing, {}}, {}, {}, {}, {}, {}};
    const auto now = kernel_.read(value.path);
    if (!now) {
        step.row.note = with_hint(now.error());
        return step;
    }
    step.row.now = *now;
    if (*now == value.original && value.path == value.restore_path) {
        step.row.state = ValueState::same;
    } else if (*now != value.ours) {
        step.row.state = ValueState::drifted;
        step.row.note = fmt::format("it was made {}, and is not ours any more", value.ours);
    } else {
        step.row.state = ValueState::restore;
        step.path = value.restore_path;
        step.write = value.original;
        step.back_path = value.path;
        step.back = value.ours;
        step.value = value;
        step.value->leaving = true;
    }
    return step;
}

// Those that are undone come first: what they give back may be set anew.
Result<std::vector<Tuning::Step>> Tuning::steps_to(const Profile& profile, const Known& known) const {
    std::vector<Step> steps;
    if (known.this_boot) {
        for (const TunedValue& value : known.record->values) {
            const auto kept = std::ranges::find(profile.values, value.key, &ProfileValue::key);
            if (kept == profile.values.end()) steps.push_back(step_without(value));
        }
    }
    for (const ProfileValue& value : profile.values) steps.push_back(step_to(value, known));
    return steps;
}

Result<TuningReport> Tuning::plan(const Profile& profile) const {
    VEXFS_ASSIGN(const Known before, known());
    VEXFS_ASSIGN(const std::vector<Step> steps, steps_to(profile, before));
    TuningReport report{profile.name, TuningState::planned, 0, {}};
    for (const Step& step : steps) report.values.push_back(step.row);
    return report;
}

Result<void> Tuning::write(const std::vector<Step>& steps) const {
    for (auto step = steps.begin(); step != steps.end(); ++step) {
        if (step->path.empty()) continue;
        auto written = kernel_.write(step->path, step->write);
        if (written) continue;
        Error error = std::move(written.error());
        while (step != steps.begin()) {
            --step;
            if (step->path.empty()) continue;
            if (const auto back = kernel_.write(step->back_path, step->back); !back)
                error.message += fmt::format("; and {}", back.error().message);
        }
        return tl::unexpected(std::move(error));
    }
    return {};
}

Result<void> Tuning::put_record_back(const Known& before) {
    return before.this_boot ? file_.save(*before.record) : file_.remove();
}

Result<TuningReport> Tuning::apply(const Profile& profile) {
    VEXFS_ASSIGN(const UniqueFd locked, lock());
    VEXFS_ASSIGN(const Known before, known());
    VEXFS_ASSIGN(std::vector<Step> steps, steps_to(profile, before));
    TuningRecord record{before.boot_id, profile.name, false, seconds_now(), {}};
    bool writes = false;
    for (const Step& step : steps) {
        if (step.value) record.values.push_back(*step.value);
        if (step.path.empty()) continue;
        writes = true;
        if (auto writable = kernel_.check_writable(step.path); !writable)
            return tl::unexpected(rights_explained(std::move(writable.error())));
    }
    if (writes) {
        VEXFS_TRY(file_.save(record));
        if (auto written = write(steps); !written) {
            Error error = rights_explained(std::move(written.error()));
            error.message = fmt::format("profile {} is not applied: {}", profile.name, error.message);
            if (auto back = put_record_back(before); !back)
                error.message += fmt::format("; and {}", back.error().message);
            return tl::unexpected(std::move(error));
        }
    } else if (before.this_boot && before.record->profile == profile.name) {
        record.applied_at = before.record->applied_at;
    }

    TuningReport report{profile.name, TuningState::applied, record.applied_at, {}};
    for (Step& step : steps) {
        if (step.row.state == ValueState::restore) step.row.state = ValueState::restored;
        if (step.row.state == ValueState::change) {
            step.row.state = ValueState::applied;
            step.row.original = step.value->original;
            step.row.now = step.write;
            // The kernel may have made something else of it.
            const auto now = kernel_.read(step.path);
            if (now && *now != step.write) {
                std::ranges::find(record.values, step.row.key, &TunedValue::key)->ours = *now;
                step.row.now = *now;
                step.row.note = fmt::format("the kernel made {} of {}", *now, step.write);
            }
        }
        report.values.push_back(std::move(step.row));
    }
    record.complete = true;
    std::erase_if(record.values, [](const TunedValue& value) { return value.leaving; });
    VEXFS_TRY(file_.save(record));
    return report;
}

Result<TuningReport> Tuning::revert() {
    VEXFS_ASSIGN(const UniqueFd locked, lock());
    VEXFS_ASSIGN(Known before, known());
    if (!before.record) return TuningReport{};
    TuningReport report{before.record->profile, TuningState::reverted, before.record->applied_at, {}};
    if (!before.this_boot) {
        report.state = TuningState::rebooted;
        for (const TunedValue& value : before.record->values) {
            report.values.push_back(look_at(value, true));
            report.values.back().state = ValueState::lost;
        }
        VEXFS_TRY(file_.remove());
        return report;
    }
    std::vector<Step> steps;
    const std::vector<TunedValue>& values = before.record->values;
    for (auto value = values.rbegin(); value != values.rend(); ++value) steps.push_back(step_without(*value));
    for (const Step& step : steps) {
        if (step.path.empty()) continue;
        if (auto writable = kernel_.check_writable(step.path); !writable)
            return tl::unexpected(rights_explained(std::move(writable.error())));
    }
    before.record->complete = false;
    VEXFS_TRY(file_.save(*before.record));
    VEXFS_TRY(write(steps));
    VEXFS_TRY(file_.remove());
    std::ranges::reverse(steps);
    for (Step& step : steps) {
        if (step.row.state == ValueState::restore) {
            step.row.state = ValueState::restored;
            step.row.now = step.write;
        }
        report.values.push_back(std::move(step.row));
    }
    return report;
}

ValueReport Tuning::look_at(const TunedValue& value, bool complete) const {
    ValueReport row{value.key, {}, value.ours, value.original, ValueState::missing, {}};
    const auto now = kernel_.read(value.path);
    if (!now) {
        row.note = with_hint(now.error());
        return row;
    }
    row.now = *now;
    if (*now == value.ours || (value.raise && reaches(*now, value.ours))) {
        row.state = ValueState::applied;
    } else if (!complete && *now == value.original) {
        row.state = ValueState::pending;
    } else {
        row.state = ValueState::drifted;
        row.note = "somebody else has changed it";
    }
    return row;
}

Result<TuningReport> Tuning::status() const {
    VEXFS_ASSIGN(const Known current, known());
    if (!current.record) return TuningReport{};
    const TuningRecord& record = *current.record;
    TuningReport report{record.profile, TuningState::applied, record.applied_at, {}};
    for (const TunedValue& value : record.values) {
        report.values.push_back(look_at(value, record.complete));
        ValueReport& row = report.values.back();
        if (!current.this_boot) row = {row.key, row.now, row.wanted, row.original, ValueState::lost, {}};
        if (row.state == ValueState::drifted) report.state = TuningState::drifted;
    }
    if (!record.complete) report.state = TuningState::interrupted;
    if (!current.this_boot) report.state = TuningState::rebooted;
    return report;
}

}  // namespace vexfs::tuner
