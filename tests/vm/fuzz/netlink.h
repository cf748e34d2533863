// SPDX-License-Identifier: Apache-2.0
// Messages to the netlink family of the module, as they should be or not.
#pragma once

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fuzz {

class Netlink {
  public:
    Netlink();
    ~Netlink();
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    void begin(uint8_t command, uint16_t flags);
    void add(uint16_t kind, const void* data, size_t bytes);
    // What of the message is behind the header that says how long it is.
    std::span<std::byte> body() { return std::span(message_).subspan(sizeof(nlmsghdr)); }
    // Sends it, and takes whatever has been answered.
    void send();

  private:
    nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(message_.data()); }
    void put();
    ssize_t drain();
    uint16_t find_family();

    int socket_;
    uint16_t family_ = 0;
    std::vector<std::byte> message_, received_;
};

}  // namespace fuzz
