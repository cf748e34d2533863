// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsctl/hand_over.h"
#include "vexfsctl/transport.h"

namespace vexfs::ctl {
namespace {

constexpr const char* default_socket_path = "/run/vexfs/vexfsd.sock";
constexpr size_t read_bytes = size_t{64} << 10;

void put_descriptor(msghdr& message, std::span<char> control, int descriptor) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
}

class SocketTransport : public Transport {
  public:
    SocketTransport(UniqueFd socket, std::string peer, std::string hint)
        : socket_(std::move(socket)), peer_(std::move(peer)), hint_(std::move(hint)) {}

    Result<void> send(Message request) override {
        const Encoded encoded = encode_parts(std::move(request));
        size_t sent = 0;
        while (sent < encoded.bytes()) {
            VEXFS_ASSIGN(const short events, wait_for(POLLIN | POLLOUT, -1));
            // Replies are taken while a request goes out: else both sides could wait for each other with
            // full buffers.
            if ((events & POLLIN) != 0) {
                if (const Result<void> filled = fill(); !filled) return unless_answered(filled.error());
            }
            if ((events & POLLOUT) == 0) continue;
            std::array<iovec, 2> rest = encoded.rest(sent);
            msghdr message{};
            message.msg_iov = rest.data();
            message.msg_iovlen = rest.size();
            alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
            if (passed_) put_descriptor(message, control, passed_.get());
            const ssize_t count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count >= 0) {
                sent += static_cast<size_t>(count);
                passed_.reset();
            } else if (errno != EINTR && errno != EAGAIN) {
                const int error_number = errno;
                (void)fill();
                return unless_answered(lost(error_number).value());
            }
        }
        return {};
    }

    // Goes with the next request.
    void pass(UniqueFd descriptor) { passed_ = std::move(descriptor); }

    Result<Message> receive() override {
        VEXFS_TRY(need(frame_prefix_bytes));
        VEXFS_ASSIGN(const FramePrefix prefix, decode_prefix(std::span<const std::byte, frame_prefix_bytes>(
                                                   buffer_.data() + taken_, frame_prefix_bytes)));
        VEXFS_TRY(need(frame_prefix_bytes + prefix.header_bytes));
        taken_ += frame_prefix_bytes;
        Message reply;
        VEXFS_ASSIGN(reply.header, decode_header({reinterpret_cast<const char*>(buffer_.data() + taken_),
                                                  prefix.header_bytes}));
        taken_ += prefix.header_bytes;
        reply.body.resize(prefix.body_bytes);
        VEXFS_TRY(take(reply.body));
        if (auto error = error_of(reply)) return tl::unexpected<Error>(std::move(*error));
        return reply;
    }

    Result<bool> ready(std::chrono::milliseconds timeout) override {
        if (taken_ < buffer_.size()) return true;
        VEXFS_ASSIGN(const short events, wait_for(POLLIN, static_cast<int>(timeout.count())));
        return events != 0;
    }

    bool broken() const override { return broken_; }

  private:
    // The events that are there; none after the timeout (-1: no timeout) or a signal.
    Result<short> wait_for(short events, int timeout_ms) {
        pollfd waiting{socket_.get(), events, 0};
        const int count = ::poll(&waiting, 1, timeout_ms);
        if (count < 0 && errno != EINTR) return fail_errno("poll " + peer_, errno);
        if (count <= 0) return short{0};
        // A hang-up is found by the read or the write that it breaks.
        return (waiting.revents & ~events) != 0 ? events : waiting.revents;
    }

    // A daemon that refuses says why before it closes the connection: receive() is to tell that then.
    Result<void> unless_answered(const Error& error) {
        broken_ = taken_ == buffer_.size();
        if (!broken_) return {};
        return tl::unexpected<Error>(error);
    }

    Result<void> need(size_t bytes) {
        while (buffer_.size() - taken_ < bytes) {
            VEXFS_ASSIGN(const short events, wait_for(POLLIN, -1));
            if (events != 0) VEXFS_TRY(fill());
        }
        return {};
    }

    // What was received already, and the rest from the socket.
    Result<void> take(std::span<std::byte> into) {
        const size_t here = std::min(into.size(), buffer_.size() - taken_);
        std::copy_n(buffer_.data() + taken_, here, into.data());
        taken_ += here;
        if (taken_ == buffer_.size()) {
            buffer_.clear();
            taken_ = 0;
        }
        into = into.subspan(here);
        while (!into.empty()) {
            const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
            if (count > 0) {
                into = into.subspan(static_cast<size_t>(count));
            } else if (count == 0 || errno != EINTR) {
                return lost(count == 0 ? 0 : errno);
            }
        }
        return {};
    }

    Result<void> fill() {
        if (taken_ > 0) {
            buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(taken_));
            taken_ = 0;
        }
        const size_t before = buffer_.size();
        buffer_.resize(before + read_bytes);
        const ssize_t count = ::recv(socket_.get(), buffer_.data() + before, read_bytes, MSG_DONTWAIT);
        const int error_number = errno;
        buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) return lost(0);
        if (count < 0 && error_number != EINTR && error_number != EAGAIN) return lost(error_number);
        return {};
    }

    tl::unexpected<Error> lost(int error_number) {
        broken_ = true;
        return fail(ErrorCode::unavailable,
                    fmt::format("the {} closed the connection{}{}", peer_, error_number == 0 ? "" : ": ",
                                error_number == 0 ? "" : std::strerror(error_number)),
                    hint_);
    }

    UniqueFd socket_;
    std::string peer_, hint_;
    UniqueFd passed_;  // with the next request
    std::vector<std::byte> buffer_;
    size_t taken_ = 0;  // bytes of buffer_ that were received already
    bool broken_ = false;
};

Result<std::unique_ptr<SocketTransport>> connect_to(const std::string& path) {
    VEXFS_ASSIGN(UniqueFd socket, connect_socket(path));
    return std::make_unique<SocketTransport>(std::move(socket), "daemon at " + path,
                                             "see 'systemctl status vexfsd' and 'journalctl -u vexfsd'");
}

class SocketEndpoint : public Endpoint {
  public:
    explicit SocketEndpoint(std::string path) : path_(std::move(path)) {}

    bool embedded() const override { return false; }
    std::string name() const override { return "daemon at " + path_; }

    Result<std::unique_ptr<Transport>> connect() override { return connect_to(path_); }

  private:
    std::string path_;
};

}  // namespace

bool is_repeatable(const Message& request) {
    constexpr std::array repeatable{
        "collection.check_status",
        "collection.configure",
        "collection.info",
        "collection.list",
        "collection.optimize",
        "get",
        "health",
        "import.status",
        "io_stats",
        "mount.status",
        "scroll",
        "search",
        "search_range",
        "stats",
        "update_metadata",
        "upsert",
    };
    const std::string op = request.header.value("op", "");
    return std::ranges::find(repeatable, op) != repeatable.end() || request.header.value("exist_ok", false) ||
           request.header.value("missing_ok", false);
}

Message request_for(const char* operation, const std::string& collection) {
    Message request;
    request.header = {{"op", operation}, {"collection", collection}};
    return request;
}

Result<Message> Transport::call(Message request) {
    VEXFS_TRY(send(std::move(request)));
    return receive();
}

std::string socket_path(const std::string& option) {
    if (!option.empty()) return option;
    const char* environment = std::getenv("VEXFS_SOCKET");
    return environment != nullptr && *environment != '\0' ? environment : default_socket_path;
}

std::unique_ptr<Transport> transport_over(UniqueFd socket, std::string peer, std::string hint) {
    return std::make_unique<SocketTransport>(std::move(socket), std::move(peer), std::move(hint));
}

Result<UniqueFd> connect_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("socket path '{}' is empty or longer than {} bytes", path,
                                sizeof(address.sun_path) - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno("socket", errno);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const int error_number = errno;
        if (error_number == EACCES || error_number == EPERM) {
            return fail(ErrorCode::permission_denied,
                        fmt::format("connect to {}: {}", path, std::strerror(error_number)),
                        "run it as root or as a member of the socket's group");
        }
        return fail(ErrorCode::unavailable,
                    fmt::format("no daemon answers at {}: {}", path, std::strerror(error_number)),
                    "start it with 'systemctl start vexfsd', or use --embedded DIR to do without");
    }
    return socket;
}

Result<Message> call_with_descriptor(const std::string& socket, Message request, UniqueFd descriptor) {
    VEXFS_ASSIGN(const auto transport, connect_to(socket));
    transport->pass(std::move(descriptor));
    return transport->call(std::move(request));
}

std::unique_ptr<Endpoint> socket_endpoint(std::string path) {
    return std::make_unique<SocketEndpoint>(std::move(path));
}

}  // namespace vexfs::ctl
