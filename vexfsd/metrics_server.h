// SPDX-License-Identifier: Apache-2.0
// Gives Prometheus the metrics: HTTP/1.1, GET /metrics alone, in a thread of its own. Whoever can connect may
// read them, and is told of every collection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/unique_fd.h"

struct MHD_Daemon;

namespace vexfs {

// A listening TCP socket. `address` is a loopback one, as text.
Result<UniqueFd> listen_on_loopback(const std::string& address, uint16_t port);

class MetricsServer {
  public:
    static Result<std::unique_ptr<MetricsServer>> start(UniqueFd listener, std::function<std::string()> text);
    // Answers what is asked already.
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    const std::function<std::string()>& text() const { return text_; }

  private:
    explicit MetricsServer(std::function<std::string()> text) : text_(std::move(text)) {}

    const std::function<std::string()> text_;
    UniqueFd listener_;
    ::MHD_Daemon* http_ = nullptr;
};

}  // namespace vexfs
