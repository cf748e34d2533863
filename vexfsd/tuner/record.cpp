// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/unique_fd.h"
#include "engine/storage/checked_text.h"

namespace vexfs::tuner {
namespace {

using json = nlohmann::json;

constexpr TextFormat text_format{"vexfs-tuning", 1};
constexpr size_t record_bytes_max = 8 << 20;  // values_max of the longest keys and values fit

json to_json(const TunedValue& value) {
    return {{"key", value.key},        {"path", value.path},   {"original", value.original},
            {"ours", value.ours},      {"raise", value.raise}, {"restore_path", value.restore_path},
            {"leaving", value.leaving}};
}

TunedValue value_from(const json& value) {
    return {value.at("key"),          value.at("path"),  value.at("original"), value.at("ours"),
            value.at("restore_path"), value.at("raise"), value.at("leaving")};
}

}  // namespace

const TunedValue* TuningRecord::find(const std::string& key) const {
    const auto found = std::ranges::find(values, key, &TunedValue::key);
    return found == values.end() ? nullptr : &*found;
}

RecordFile::RecordFile(Disk& disk, std::string directory)
    : disk_(disk), directory_(std::move(directory)), path_(directory_ + "/tuning") {}

Result<std::optional<TuningRecord>> RecordFile::load() const {
    const auto text = disk_.read(path_, record_bytes_max);
    if (!text && text.error().code == ErrorCode::not_found) return std::nullopt;
    if (!text) return tl::unexpected(text.error());
    auto checked = from_checked_text(text_format, path_, *text);
    if (!checked) {
        Error error = std::move(checked.error());
        if (error.hint.empty())
            error.hint =
                "what was tuned is not known any more; the kernel has its own values after a reboot, "
                "and the file can be removed then";
        return tl::unexpected(std::move(error));
    }
    try {
        TuningRecord record{checked->at("boot_id"),
                            checked->at("profile"),
                            checked->at("complete"),
                            checked->at("applied_at"),
                            {}};
        for (const json& value : checked->at("values")) record.values.push_back(value_from(value));
        return record;
    } catch (const json::exception& error) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path_, error.what()));
    }
}

Result<void> RecordFile::save(const TuningRecord& record) {
    json values = json::array();
    for (const TunedValue& value : record.values) values.push_back(to_json(value));
    VEXFS_TRY(disk_.make_directory(directory_));
    VEXFS_TRY(replace_file(disk_, path_,
                           to_checked_text(text_format, {{"boot_id", record.boot_id},
                                                         {"profile", record.profile},
                                                         {"complete", record.complete},
                                                         {"applied_at", record.applied_at},
                                                         {"values", std::move(values)}})));
    // Its values are for all to see, as they are in /proc/sys.
    namespace fs = std::filesystem;
    std::error_code error;
    fs::permissions(directory_, fs::perms(0755), error);
    if (!error) fs::permissions(path_, fs::perms(0644), error);
    if (error) return fail_errno(fmt::format("make {} readable", path_), error.value());
    const UniqueFd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) return fail_errno("sync " + path_, errno);
    return {};
}

Result<void> RecordFile::remove() {
    auto removed = disk_.remove(path_);
    if (!removed && removed.error().code == ErrorCode::not_found) return {};
    VEXFS_TRY(std::move(removed));
    return disk_.sync_directory(directory_);
}

}  // namespace vexfs::tuner
