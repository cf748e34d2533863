// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/listen.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace vexfs {
namespace {

constexpr size_t group_buffer_bytes = 64u << 10;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<UniqueFd> lock(const std::string& path) {
    const std::string file = path + ".lock";
    UniqueFd descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!descriptor) return fail_errno("open " + file, errno);
    if (flock(descriptor.get(), LOCK_EX | LOCK_NB) == 0) return descriptor;
    if (errno != EWOULDBLOCK) return fail_errno("lock " + file, errno);
    return fail(ErrorCode::busy, fmt::format("socket {} is held by another daemon", path),
                "stop that one, or name another socket with --socket");
}

// Removes what a dead daemon left; busy where a living process answers.
Result<void> clear_path(const std::string& path) {
    struct stat there {};
    if (lstat(path.c_str(), &there) != 0) {
        if (errno == ENOENT) return {};
        return fail_errno("look at " + path, errno);
    }
    if (!S_ISSOCK(there.st_mode)) {
        return fail(ErrorCode::already_exists, fmt::format("{} is there and is no socket", path),
                    "move it away, or name another socket with --socket");
    }
    const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return fail_errno("socket", errno);
    const sockaddr_un address = address_of(path);
    const int connected = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    // EAGAIN: somebody listens and has no time.
    if (connected == 0 || errno == EAGAIN) {
        ucred holder{};
        socklen_t bytes = sizeof holder;
        const bool known =
            connected == 0 && getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &holder, &bytes) == 0;
        return fail(ErrorCode::busy,
                    known ? fmt::format("socket {} is held by process {}", path, holder.pid)
                          : fmt::format("socket {} is held by another process", path),
                    "stop that one, or name another socket with --socket");
    }
    if (errno != ECONNREFUSED) return fail_errno("try " + path, errno);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove the old " + path, errno);
    return {};
}

}  // namespace

Result<gid_t> group_id(const std::string& name) {
    std::vector<char> buffer(group_buffer_bytes);
    group entry{};
    group* found = nullptr;
    const int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error != 0) return fail_errno("look up group " + name, error);
    if (found == nullptr) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("server.socket_group: there is no group {}", name));
    }
    return entry.gr_gid;
}

Result<ListeningPath> ListeningPath::bind(const std::string& path, uint32_t mode, const std::string& group) {
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
        return fail(ErrorCode::invalid_argument, fmt::format("the socket's path has {} bytes, 1 to {} fit",
                                                             path.size(), sizeof(sockaddr_un::sun_path) - 1));
    }
    ListeningPath listening;
    listening.path_ = path;
    VEXFS_ASSIGN(listening.lock_, lock(path));
    VEXFS_TRY(clear_path(path));
    listening.socket_ = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listening.socket_) return fail_errno("socket", errno);
    // The path gets this mode at bind: nobody can connect before group and mode are right.
    if (fchmod(listening.socket_.get(), 0) != 0) return fail_errno("set the mode of " + path, errno);
    const sockaddr_un address = address_of(path);
    if (::bind(listening.socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail_errno("bind " + path, errno);
    }
    listening.bound_ = true;
    if (!group.empty()) {
        VEXFS_ASSIGN(const gid_t gid, group_id(group));
        if (chown(path.c_str(), static_cast<uid_t>(-1), gid) != 0) {
            return fail_errno(fmt::format("give {} to group {}", path, group), errno);
        }
    }
    if (listen(listening.socket_.get(), SOMAXCONN) != 0) return fail_errno("listen at " + path, errno);
    if (chmod(path.c_str(), mode) != 0) return fail_errno("set the mode of " + path, errno);
    return listening;
}

ListeningPath::~ListeningPath() {
    if (lock_ && bound_) unlink(path_.c_str());
}

Result<ListeningPath> ListeningPath::resume(const std::string& path, UniqueFd socket) {
    VEXFS_TRY(prepare_socket(socket, AF_UNIX));
    sockaddr_un address{};
    socklen_t bytes = sizeof address;
    struct stat there {};
    const bool same = getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &bytes) == 0 &&
                      path == address.sun_path && lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode);
    if (!same) return fail(ErrorCode::not_found, fmt::format("the socket that was kept is not {}", path));
    ListeningPath listening;
    listening.path_ = path;
    VEXFS_ASSIGN(listening.lock_, lock(path));
    listening.socket_ = std::move(socket);
    listening.bound_ = true;
    return listening;
}

Result<void> prepare_socket(const UniqueFd& socket, int family) {
    if (sd_is_socket(socket.get(), family, SOCK_STREAM, 1) <= 0) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the socket that systemd handed over is no listening {}stream",
                                family == AF_UNIX ? "Unix " : ""));
    }
    const int flags = fcntl(socket.get(), F_GETFL);
    if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
        return fail_errno("make systemd's socket non-blocking", errno);
    }
    return {};
}

}  // namespace vexfs
