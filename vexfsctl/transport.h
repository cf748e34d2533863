// SPDX-License-Identifier: Apache-2.0
// The one way from a noun to the requests: over the daemon's socket, or to a service in this process.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/requests/message.h"

namespace vexfs::ctl {

class Transport {
  public:
    virtual ~Transport() = default;

    // Sends a request without waiting for its reply. Requests are handled in the order they were sent.
    virtual Result<void> send(Message request) = 0;
    // The reply to the oldest request that has none yet. An error reply is returned as the error it carries.
    virtual Result<Message> receive() = 0;
    // Whether receive() would return at once, after waiting `timeout` at most.
    virtual Result<bool> ready(std::chrono::milliseconds timeout) = 0;
    // Whether the connection broke: what has no reply may be done all the same. A daemon that stops as it
    // should says of the first request without a reply that it is unavailable, and begins none.
    virtual bool broken() const { return false; }

    Result<Message> call(Message request);
};

Message request_for(const char* operation, const std::string& collection);

// In which a daemon is back that was restarted.
inline constexpr auto restart_patience = std::chrono::seconds(10);
inline constexpr auto restart_poll = std::chrono::milliseconds(50);
// Whether nothing is different where a daemon did the request twice.
bool is_repeatable(const Message& request);

// One daemon or data directory, and as many transports to it as wanted.
class Endpoint {
  public:
    virtual ~Endpoint() = default;
    virtual Result<std::unique_ptr<Transport>> connect() = 0;
    virtual bool embedded() const = 0;
    // "daemon at /run/vexfs/vexfsd.sock", "directory /srv/data"
    virtual std::string name() const = 0;
};

// --socket, else $VEXFS_SOCKET, else /run/vexfs/vexfsd.sock.
std::string socket_path(const std::string& option);

// A connection to the daemon's socket.
Result<UniqueFd> connect_socket(const std::string& path);
std::unique_ptr<Endpoint> socket_endpoint(std::string path);
// The daemon of another machine, by ssh(1); `socket` is the path there, empty for that machine's own default.
std::unique_ptr<Endpoint> ssh_endpoint(std::string host, std::string socket);
// Over a connected socket, whose other end is called `peer`; `hint` says what to look at where it breaks.
std::unique_ptr<Transport> transport_over(UniqueFd socket, std::string peer, std::string hint);
// Opens the directory with the first request; makes it where that creates a collection.
std::unique_ptr<Endpoint> embedded_endpoint(std::string directory);

}  // namespace vexfs::ctl
