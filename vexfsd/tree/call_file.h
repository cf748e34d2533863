// SPDX-License-Identifier: Apache-2.0
// `call`: requests and replies of vexfs-protocol(7), as over the socket.
#pragma once

#include <deque>
#include <optional>

#include "vexfsd/requests/answer.h"
#include "vexfsd/tree/stream_file.h"

namespace vexfs {

class CallFile final : public StreamFile {
  public:
    // `collection` is that of requests that name none, or empty.
    CallFile(Service& service, MemoryBudget& budget, bool readable, Caller caller, std::string collection,
             uint64_t request_bytes_max);

  private:
    Outcome<void> take(std::span<const std::byte> bytes) override;
    bool answer_whole(std::span<const std::byte> bytes) override;
    Outcome<bool> work() override;
    Outcome<void> finish() override;
    uint64_t held_bytes() const override;
    void drop_held() override;
    void end_line();
    Message next_reply();
    Message reply_to(RawMessage request);

    Service& service_;
    const Caller caller_;
    const std::string collection_;
    const uint64_t request_bytes_max_;
    FrameReader reader_;
    std::deque<RawMessage> requests_;
    uint64_t requests_bytes_ = 0;
    std::optional<Error> failure_;  // that no reply has told yet
    bool failed_text_ = false;
};

}  // namespace vexfs
