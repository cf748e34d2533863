// SPDX-License-Identifier: Apache-2.0
// A client of a server's socket. It waits a minute at most, so that a test can't hang.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/base/unique_fd.h"
#include "tests/vexfsd/frames.h"

namespace vexfs::test {

class TestClient {
  public:
    explicit TestClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        connected_ = connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    bool connected() const { return connected_; }
    void close() { socket_.reset(); }
    void end() { shutdown(socket_.get(), SHUT_WR); }

    // False where the server takes no more.
    bool send(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            if (!ready(POLLOUT)) return false;
            const ssize_t sent =
                ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (sent < 0) return false;
            bytes = bytes.subspan(static_cast<size_t>(sent));
        }
        return true;
    }

    // The next reply, a frame or a line; none where the server closes before. For threads of a test, too.
    std::optional<Message> next() {
        Message reply;
        std::string start = take(1);
        reply.text = start == "{";
        if (reply.text) {
            while (!start.empty() && start.back() != '\n') {
                const std::string more = take(1);
                if (more.empty()) return std::nullopt;
                start += more;
            }
            reply.header = decode_header(start).value();
            return reply;
        }
        start += take(frame_prefix_bytes - 1);
        if (start.size() != frame_prefix_bytes) return std::nullopt;
        const auto prefix =
            decode_prefix(std::as_bytes(std::span<const char, frame_prefix_bytes>(start))).value();
        const std::string header = take(prefix.header_bytes);
        reply.body = bytes_of(take(prefix.body_bytes));
        if (header.size() + reply.body.size() != prefix.header_bytes + prefix.body_bytes) return std::nullopt;
        reply.header = decode_header(header).value();
        return reply;
    }
    Message receive() {
        auto reply = next();
        REQUIRE(reply);
        return *std::move(reply);
    }
    json ask(std::span<const std::byte> request) {
        REQUIRE(send(request));
        return receive().header;
    }
    // The code of the next reply's error.
    std::string refusal() { return receive().header.at("error").at("code").get<std::string>(); }

    // The server says nothing more and closes.
    bool closed() {
        if (!ready(POLLIN)) return false;
        char byte = 0;
        const ssize_t got = recv(socket_.get(), &byte, 1, 0);
        return got == 0 || (got < 0 && errno == ECONNRESET);
    }
    // Something comes to read.
    bool hears() const { return ready(POLLIN); }
    // Nothing is there to read now.
    bool silent() const {
        char byte = 0;
        return recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
    }

  private:
    bool ready(short events) const {
        pollfd wanted{socket_.get(), events, 0};
        while (true) {
            const int count = poll(&wanted, 1, 60'000);
            if (count < 0 && errno == EINTR) continue;
            return count > 0;
        }
    }
    // So many bytes, or fewer where the server closes.
    std::string take(size_t count) {
        std::string bytes(count, '\0');
        size_t used = 0;
        while (used < count && ready(POLLIN)) {
            const ssize_t got = recv(socket_.get(), bytes.data() + used, count - used, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            used += static_cast<size_t>(got);
        }
        bytes.resize(used);
        return bytes;
    }

    UniqueFd socket_;
    bool connected_ = false;
};

}  // namespace vexfs::test
