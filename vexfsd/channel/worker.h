// SPDX-License-Identifier: Apache-2.0
// One of the threads that serve the device: it gives its last reply and gets the next request in one system
// call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vexfsd/channel/device.h"
#include "vexfsd/requests/service.h"

namespace vexfs::channel {

// As it was handed over; good until the worker fetches the next one.
struct Request {
    vexfs_request header;
    std::span<const std::byte> data;
    std::string_view collection, name;
    Caller caller;
};

class Worker {
  public:
    explicit Worker(const Device& device);

    // Gives the reply that is kept, if there is one. None where the channel has come to its end.
    const Request* fetch();
    // Keeps a reply for the next fetch(). Its data stay where they are until then.
    void keep(const vexfs_reply& reply);
    // Gives the reply that is kept, now.
    void flush();
    // The id of the request that was fetched last.
    uint64_t current_id() const { return request_.header.id; }
    // Memory for the data of a reply; what is in it stays.
    std::span<std::byte> scratch(size_t bytes);

    // The handle of an open file that the kernel didn't take with the last reply that was given; 0 for none.
    uint64_t take_dropped() { return std::exchange(dropped_, 0); }

  private:
    void parse();

    const Device& device_;
    vexfs_next_args args_{};
    std::vector<std::byte> buffer_, scratch_;
    Request request_{};
    uint64_t dropped_ = 0;
};

// Gives a reply from any thread. True where nobody wanted it any more.
bool give(const Device& device, const vexfs_reply& reply);

}  // namespace vexfs::channel
