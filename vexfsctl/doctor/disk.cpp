// SPDX-License-Identifier: Apache-2.0
// The data directory's disk, and who may use the directory.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "engine/base/unique_fd.h"
#include "vexfsctl/doctor/findings.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr size_t syncs = 15;
constexpr size_t record_bytes = 4096;
constexpr double slow_sync_ms = 10;
constexpr double little_space = 0.05;

// The directory, or what is above it as long as that isn't there.
std::string existing(std::string path) {
    std::error_code error;
    while (!std::filesystem::exists(path, error) && path.size() > 1)
        path = std::filesystem::path(path).parent_path().string();
    return path;
}

// Of writes as the log makes them, each with its fdatasync, into a file without a name.
Result<std::vector<double>> sync_times_ms(const std::string& directory) {
    const UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    if (!file) return fail_errno(fmt::format("make a file in {}", directory), errno);
    const std::array<char, record_bytes> record{};
    std::vector<double> times;
    for (size_t i = 0; i < syncs; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        if (::write(file.get(), record.data(), record.size()) != static_cast<ssize_t>(record.size()) ||
            ::fdatasync(file.get()) != 0)
            return fail_errno(fmt::format("write and sync in {}", directory), errno);
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(times);
    return times;
}

void check_file_system(Findings& findings, const std::string& directory) {
    struct statfs system {};
    if (::statfs(directory.c_str(), &system) != 0) return;
    const auto is = [&](auto magic) {
        return static_cast<uint64_t>(system.f_type) == static_cast<uint64_t>(magic);
    };
    if (is(TMPFS_MAGIC) || is(RAMFS_MAGIC)) {
        findings.advise(fmt::format("{} is in memory", directory), "All collections are gone with a restart.",
                        "set server.data_dir to a directory on a disk");
    } else if (is(NFS_SUPER_MAGIC) || is(SMB_SUPER_MAGIC)) {
        findings.advise(fmt::format("{} is on a network file system", directory),
                        "A lost server looks like a failed disk: collections become read-only.",
                        "set server.data_dir to a directory on a local disk");
    }
}

void check_space(Findings& findings, const std::string& directory) {
    struct statvfs space {};
    if (::statvfs(directory.c_str(), &space) != 0 || space.f_blocks == 0) return;
    const double share = static_cast<double>(space.f_bavail) / static_cast<double>(space.f_blocks);
    const std::string found = fmt::format("{} free of {} on {}", human_bytes(space.f_bavail * space.f_frsize),
                                          human_bytes(space.f_blocks * space.f_frsize), directory);
    if ((space.f_flag & ST_RDONLY) != 0) {
        findings.wrong(fmt::format("{} is mounted read-only", directory), "Nothing can be written.",
                       fmt::format("sudo mount -o remount,rw \"$(findmnt -n -o TARGET -T {})\"", directory));
    } else if (share < little_space) {
        findings.wrong(found, "When the disk is full, inserts fail until there is space.",
                       "vexfsctl collection snapshot list, and delete what isn't needed");
    } else {
        findings.good(found);
    }
}

void check_syncs(Findings& findings, const std::string& directory) {
    const auto times = sync_times_ms(directory);
    if (!times) {
        const bool rights = times.error().code == ErrorCode::permission_denied;
        findings.advise(times.error().message, "How fast the disk is was not measured.",
                        rights ? "sudo vexfsctl doctor" : "");
        return;
    }
    const double median = (*times)[times->size() / 2];
    const std::string found = fmt::format("a sync takes {:.2f} ms, at most {:.2f} ms", median, times->back());
    if (median > slow_sync_ms) {
        findings.advise(found, "Each write waits so long, but for those that share a sync.",
                        "insert in batches, or give collections durability=async");
    } else {
        findings.good(found);
    }
}

}  // namespace

std::vector<Finding> check_disk(const Examined& examined) {
    Findings findings("disk");
    const std::string directory = existing(examined.data_dir);
    check_file_system(findings, directory);
    check_space(findings, directory);
    check_syncs(findings, directory);
    return findings.take();
}

std::vector<Finding> check_permissions(const Examined& examined) {
    Findings findings("permissions");
    const std::string& directory = examined.data_dir;
    struct stat data {};
    if (::stat(directory.c_str(), &data) != 0) {
        if (examined.daemon) {
            findings.advise(fmt::format("{}: {}", directory, std::strerror(errno)),
                            "The daemon makes it at its first start.", start_command());
        }
        return findings.take();
    }
    if ((data.st_mode & S_IWOTH) != 0) {
        findings.wrong(fmt::format("{} has mode {:04o}", directory, data.st_mode & 07777),
                       "Everybody may change the collections' files behind the daemon.",
                       fmt::format("sudo chmod o-rwx {}", directory));
    } else if ((data.st_mode & S_IROTH) != 0) {
        findings.advise(fmt::format("{} has mode {:04o}", directory, data.st_mode & 07777),
                        "Everybody may read the files in it, whatever modes the collections have.",
                        fmt::format("sudo chmod o-rwx {}", directory));
    } else {
        findings.good(fmt::format("{} is its owner's alone", directory));
    }
    for (const char* path : {"/etc/vexfs", "/etc/vexfs/vexfsd.toml"}) {
        struct stat found {};
        if (::stat(path, &found) == 0 && (found.st_mode & S_IWOTH) != 0) {
            findings.wrong(fmt::format("everybody may write {}", path), "Everybody configures the daemon.",
                           fmt::format("sudo chmod o-w {}", path));
        }
    }
    const passwd* const user = ::getpwnam("vexfs");
    if (examined.daemon && user != nullptr && data.st_uid != user->pw_uid && directory == "/var/lib/vexfs") {
        findings.wrong(fmt::format("{} belongs to user {}, not to vexfs", directory, data.st_uid),
                       "The daemon can't open it.", fmt::format("sudo chown -R vexfs:vexfs {}", directory));
    }
    return findings.take();
}

}  // namespace vexfs::ctl
