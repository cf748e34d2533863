// SPDX-License-Identifier: Apache-2.0
#include "fuse/mounting.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "vexfsd/base/mount_table.h"

namespace vexfs::fuse {
namespace {

constexpr const char* helper = "fusermount3";
constexpr const char* options_of_all = "default_permissions,allow_other";
constexpr const char* options_of_one = "default_permissions";

// Runs fusermount3; its exit status is 0 or the error is what it was to do.
Result<void> run_helper(std::vector<std::string> arguments, int comm_socket, const std::string& what) {
    arguments.insert(arguments.begin(), helper);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string comm = fmt::format("_FUSE_COMMFD={}", comm_socket);
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
    environment.push_back(comm.data());
    environment.push_back(nullptr);
    // The daemon blocks signals that a child must not inherit blocked.
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int error = posix_spawnp(&child, helper, nullptr, &attributes, argv.data(), environment.data());
    posix_spawnattr_destroy(&attributes);
    if (error == ENOENT) {
        return fail(ErrorCode::unsupported, fmt::format("{}: fusermount3 is not installed", what),
                    "install fuse3, or let root start the daemon");
    }
    if (error != 0) return fail_errno(fmt::format("{}: start {}", what, helper), error);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return fail(ErrorCode::permission_denied, fmt::format("{}: {} failed", what, helper),
                "it has said why on standard error");
}

// The descriptor that comes over a socket; none where none came.
UniqueFd received_descriptor(int socket) {
    char byte = 0;
    iovec part{&byte, 1};
    std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return UniqueFd();
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return UniqueFd();
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return UniqueFd(descriptor);
}

Result<UniqueFd> mount_by_helper(const std::string& directory, const char* options) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return fail_errno("socketpair", errno);
    const UniqueFd ours(ends[0]), theirs(ends[1]);
    fcntl(ours.get(), F_SETFD, FD_CLOEXEC);
    const std::string all = fmt::format("{},fsname=vexfs,subtype=vexfs,nosuid,nodev,noexec,noatime", options);
    VEXFS_TRY(run_helper({"-o", all, "--", directory}, theirs.get(), "mount on " + directory));
    UniqueFd descriptor = received_descriptor(ours.get());
    if (!descriptor) return fail(ErrorCode::io_error, fmt::format("{} gave no descriptor", helper));
    return descriptor;
}

}  // namespace

Result<UniqueFd> mount_as_root(const std::string& source, const std::string& directory, bool read_only) {
    UniqueFd device(open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (!device) {
        auto failed = fail_errno("open /dev/fuse", errno);
        failed.value().hint = "this kernel has no FUSE, or this container hides it; modprobe fuse loads it";
        return failed;
    }
    const std::string data = fmt::format("fd={},rootmode={:o},user_id={},group_id={},{}", device.get(),
                                         S_IFDIR, getuid(), getgid(), options_of_all);
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
                                (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0ul);
    if (::mount(source.c_str(), directory.c_str(), fs_type, flags, data.c_str()) != 0)
        return fail_errno(fmt::format("mount on {}", directory), errno);
    return device;
}

Result<UniqueFd> mount(const std::string& directory) {
    if (geteuid() == 0) return mount_as_root("vexfs", directory, false);
    auto mounted = mount_by_helper(directory, options_of_all);
    return mounted ? std::move(mounted) : mount_by_helper(directory, options_of_one);
}

Result<void> unmount(const std::string& directory) {
    if (geteuid() != 0) {
        return run_helper({"-u", "-z", "-q", "--", directory}, -1, "unmount " + directory);
    }
    if (umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
        return fail_errno(fmt::format("unmount {}", directory), errno);
    return {};
}

Result<void> abort(const std::string& directory) {
    const auto mounted = mounted_on(directory);
    if (!mounted || mounted->type != fs_type) return {};
    if (geteuid() != 0) return unmount(directory);
    if (umount2(directory.c_str(), MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
        return fail_errno(fmt::format("unmount {}", directory), errno);
    return {};
}

Result<MountPoint> look_at(const std::string& directory) {
    struct stat status {};
    const auto mounted = mounted_on(directory);
    const bool ours = mounted && mounted->type == fs_type;
    // Of a living mount nothing is asked: whoever serves it may be slow.
    if (!ours) {
        if (stat(directory.c_str(), &status) != 0) {
            auto failed = fail_errno(fmt::format("mount on {}", directory), errno);
            if (failed.value().code == ErrorCode::not_found) failed.value().hint = "make it with mkdir";
            return failed;
        }
        if (!S_ISDIR(status.st_mode))
            return fail(ErrorCode::invalid_argument, fmt::format("{} is no directory", directory));
        return MountPoint::free;
    }
    if (stat(directory.c_str(), &status) != 0 && (errno == ENOTCONN || errno == ECONNABORTED))
        return MountPoint::dead;
    return MountPoint::alive;
}

}  // namespace vexfs::fuse
