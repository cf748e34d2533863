// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/metrics_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <string_view>

#include "vexfsd/watch/prometheus.h"

namespace vexfs {
namespace {

constexpr unsigned connections_max = 16;
constexpr unsigned idle_s_max = 60;
constexpr size_t request_bytes_max = 16u << 10;

MHD_Result respond(MHD_Connection* connection, unsigned status, std::string_view type, std::string text) {
    MHD_Response* const response =
        MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, std::string(type).c_str());
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

MHD_Result answer(void* self, MHD_Connection* connection, const char* url, const char* method, const char*,
                  const char*, size_t* upload_bytes, void** seen) {
    constexpr std::string_view plain = "text/plain; charset=utf-8";
    const std::string_view verb = method;
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
        return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "only GET is answered\n");
    // The first call comes with the header alone.
    if (*seen == nullptr) {
        *seen = self;
        return MHD_YES;
    }
    if (*upload_bytes != 0) return MHD_NO;
    if (std::string_view(url) != "/metrics")
        return respond(connection, MHD_HTTP_NOT_FOUND, plain, "there is /metrics alone\n");
    try {
        return respond(connection, MHD_HTTP_OK, prometheus_content_type,
                       static_cast<MetricsServer*>(self)->text()());
    } catch (const std::exception& error) {
        return respond(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, plain, fmt::format("{}\n", error.what()));
    }
}

template <class Address>
Result<UniqueFd> listen_at(const Address& address, const std::string& shown) {
    UniqueFd socket(::socket(reinterpret_cast<const sockaddr&>(address).sa_family,
                             SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return fail_errno("make a socket for the metrics", errno);
    const int on = 1;
    if (setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return fail_errno("prepare the socket of the metrics", errno);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket.get(), SOMAXCONN) != 0)
        return fail_errno("listen for Prometheus at " + shown, errno);
    return socket;
}

}  // namespace

Result<UniqueFd> listen_on_loopback(const std::string& address, uint16_t port) {
    sockaddr_in v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return listen_at(v4, fmt::format("{}:{}", address, port));
    }
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1)
        return fail(ErrorCode::invalid_argument, fmt::format("{} is no address", address));
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return listen_at(v6, fmt::format("[{}]:{}", address, port));
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(UniqueFd listener,
                                                            std::function<std::string()> text) {
    std::unique_ptr<MetricsServer> server(new MetricsServer(std::move(text)));
    server->http_ = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, answer, server.get(),
                                     MHD_OPTION_LISTEN_SOCKET, listener.get(), MHD_OPTION_CONNECTION_LIMIT,
                                     connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_s_max,
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, request_bytes_max, MHD_OPTION_END);
    if (server->http_ == nullptr) return fail_errno("serve the metrics", errno);
    server->listener_ = std::move(listener);
    return server;
}

MetricsServer::~MetricsServer() {
    if (http_ == nullptr) return;
    MHD_quiesce_daemon(http_);  // leaves the listener to us
    MHD_stop_daemon(http_);
}

}  // namespace vexfs
