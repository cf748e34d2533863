// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/kernel_values.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "engine/base/unique_fd.h"

namespace vexfs::tuner {
namespace {

constexpr size_t value_bytes_max = 4096;  // sysctl handlers get a page
constexpr size_t key_bytes_max = 255;

struct Moved {
    std::string_view key, debugfs;
};

// kernel/sched/debug.c, sched_init_debug().
constexpr std::array moved_keys{
    Moved{"kernel.sched_latency_ns", "sched/latency_ns"},
    Moved{"kernel.sched_migration_cost_ns", "sched/migration_cost_ns"},
    Moved{"kernel.sched_min_granularity_ns", "sched/min_granularity_ns"},
    Moved{"kernel.sched_nr_migrate", "sched/nr_migrate"},
    Moved{"kernel.sched_tunable_scaling", "sched/tunable_scaling"},
    Moved{"kernel.sched_wakeup_granularity_ns", "sched/wakeup_granularity_ns"},
};

// mm/page-writeback.c
constexpr std::array<std::array<std::string_view, 2>, 2> twins{{
    {"vm.dirty_ratio", "vm.dirty_bytes"},
    {"vm.dirty_background_ratio", "vm.dirty_background_bytes"},
}};

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

std::string path_of(std::string_view key) {
    std::string path(key);
    for (char& c : path) {
        if (c == '.') {
            c = '/';
        } else if (c == '/') {
            c = '.';
        }
    }
    return path;
}

}  // namespace

Result<void> check_key(std::string_view key) {
    const auto wrong = [&](std::string_view why) {
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no sysctl key: {}", key, why),
                    "write it as sysctl(8) does: vm.swappiness");
    };
    if (key.size() > key_bytes_max) return wrong("it is too long");
    if (key.find('.') == std::string_view::npos) return wrong("it has no dot");
    // The slashes become dots, so that no part can be "..", and none is empty.
    const std::string padded = fmt::format(".{}.", key);
    if (padded.find("..") != std::string::npos) return wrong("a part of it is empty");
    if (padded.find("./.") != std::string::npos || padded.find(".//.") != std::string::npos)
        return wrong("a part of it is no name");
    if (std::ranges::any_of(key, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
        return wrong("it holds a space or a control character");
    return {};
}

std::string_view twin_of(std::string_view key) {
    for (const auto& [one, other] : twins) {
        if (key == one) return other;
        if (key == other) return one;
    }
    return {};
}

std::string normal_value(std::string_view text) {
    std::string value;
    bool gap = false;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\n') {
            gap = !value.empty();
            continue;
        }
        if (gap) value += ' ';
        gap = false;
        value += c;
    }
    return value;
}

Result<KernelPlace> KernelValues::find(std::string_view key) const {
    VEXFS_TRY(check_key(key));
    std::string path = fmt::format("{}/{}", roots_.proc_sys, path_of(key));
    if (exists(path)) return KernelPlace{std::move(path), false};
    const auto moved = std::ranges::find(moved_keys, key, &Moved::key);
    if (moved == moved_keys.end()) {
        return fail(ErrorCode::not_found, "this kernel has no such key");
    }
    path = fmt::format("{}/{}", roots_.debugfs, moved->debugfs);
    if (exists(path)) return KernelPlace{std::move(path), true};
    std::error_code error;
    if (!std::filesystem::is_directory(roots_.debugfs + "/sched", error)) {
        return fail(
            ErrorCode::not_found,
            fmt::format("it is in debugfs since Linux 5.13, and there is no {}/sched to be seen",
                        roots_.debugfs),
            "debugfs is mounted with: mount -t debugfs none /sys/kernel/debug; only root sees into it");
    }
    return fail(ErrorCode::not_found, "this kernel has it neither among its sysctls nor in debugfs");
}

Result<std::string> KernelValues::read(const std::string& path) const {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail_errno(fmt::format("read {}", path), errno);
    std::string text(value_bytes_max, '\0');
    size_t used = 0;
    while (used < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + used, text.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(fmt::format("read {}", path), errno);
        if (got == 0) break;
        used += static_cast<size_t>(got);
    }
    text.resize(used);
    return normal_value(text);
}

Result<void> KernelValues::write(const std::string& path, std::string_view value) const {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (!file) return fail_errno(fmt::format("write {}", path), errno);
    const std::string line = fmt::format("{}\n", value);
    const ssize_t written = ::write(file.get(), line.data(), line.size());
    if (written < 0) return fail_errno(fmt::format("write {} to {}", value, path), errno);
    if (static_cast<size_t>(written) != line.size())
        return fail(ErrorCode::io_error, fmt::format("{} took a part of {}", path, value));
    return {};
}

Result<void> KernelValues::check_writable(const std::string& path) const {
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return {};
    return fail_errno(fmt::format("write {}", path), errno);
}

Result<std::string> KernelValues::boot_id() const {
    return read(roots_.proc_sys + "/kernel/random/boot_id");
}

}  // namespace vexfs::tuner
