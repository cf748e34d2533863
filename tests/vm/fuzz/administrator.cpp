// SPDX-License-Identifier: Apache-2.0
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "kmod/uapi/vexfs.h"
#include "tests/vm/fuzz/fuzz.h"

namespace fuzz {
namespace {

constexpr const char* parameters[] = {"cache_size_mb",  "max_concurrent_ops", "batch_size",
                                      "worker_threads", "prefetch_enabled",   "compression_level"};

class Administrator {
  public:
    explicit Administrator(uint64_t seed) : chance_(seed) {
        socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
        family_ = find_family();
    }
    ~Administrator() { close(socket_); }

    void step() {
        begin(family_, static_cast<uint8_t>(chance_.one_in(10) ? chance_.number() : chance_.below(10)));
        // The way it should be, most of the time.
        if (chance_.one_in(2)) {
            std::array<char, 24> name{};
            std::strcpy(name.data(), parameters[chance_.below(6)]);
            // Cut off, without its NUL, or with more than one.
            add(VEXFS_ATTR_PARAMETER, name.data(),
                chance_.one_in(2) ? std::strlen(name.data()) + 1 : chance_.below(name.size()));
            const auto value =
                static_cast<uint32_t>(chance_.one_in(2) ? chance_.below(100) : chance_.number());
            add(VEXFS_ATTR_VALUE, &value, chance_.one_in(10) ? chance_.below(5) : sizeof value);
        }
        for (uint64_t i = chance_.below(4); i > 0; --i) {
            std::array<std::byte, 64> bytes;
            chance_.fill(bytes);
            add(static_cast<uint16_t>(chance_.below(24)), bytes.data(), chance_.below(bytes.size()));
        }
        if (chance_.one_in(4)) chance_.damage(std::span(message_).subspan(sizeof(nlmsghdr)));
        send_it();
        drain();
    }

  private:
    nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(message_.data()); }

    void begin(uint16_t family, uint8_t command) {
        message_.assign(NLMSG_HDRLEN + GENL_HDRLEN, std::byte{0});
        header().nlmsg_type = family;
        header().nlmsg_flags =
            static_cast<uint16_t>(NLM_F_REQUEST | (chance_.one_in(2) ? NLM_F_DUMP : NLM_F_ACK));
        reinterpret_cast<genlmsghdr*>(NLMSG_DATA(&header()))->cmd = command;
    }

    void add(uint16_t kind, const void* data, size_t bytes) {
        const size_t at = message_.size();
        message_.resize(at + NLA_HDRLEN + NLA_ALIGN(bytes));
        const nlattr head{static_cast<uint16_t>(NLA_HDRLEN + bytes), kind};
        std::memcpy(message_.data() + at, &head, sizeof head);
        std::memcpy(message_.data() + at + NLA_HDRLEN, data, bytes);
    }

    void send_it() {
        header().nlmsg_len = static_cast<uint32_t>(message_.size());
        (void)send(socket_, message_.data(), message_.size(), 0);
    }

    ssize_t drain() {
        ssize_t got = 0, last = -1;
        received_.resize(1 << 16);
        while ((got = recv(socket_, received_.data(), received_.size(), 0)) > 0) last = got;
        return last;
    }

    uint16_t find_family() {
        message_.assign(NLMSG_HDRLEN + GENL_HDRLEN, std::byte{0});
        header().nlmsg_type = GENL_ID_CTRL;
        header().nlmsg_flags = NLM_F_REQUEST;
        reinterpret_cast<genlmsghdr*>(NLMSG_DATA(&header()))->cmd = CTRL_CMD_GETFAMILY;
        add(CTRL_ATTR_FAMILY_NAME, VEXFS_GENL_NAME, sizeof VEXFS_GENL_NAME);
        send_it();
        received_.resize(1 << 16);
        const ssize_t got = recv(socket_, received_.data(), received_.size(), 0);
        for (ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN <= got;) {
            const auto* const head = reinterpret_cast<const nlattr*>(received_.data() + at);
            if (head->nla_type == CTRL_ATTR_FAMILY_ID)
                return *reinterpret_cast<const uint16_t*>(received_.data() + at + NLA_HDRLEN);
            at += NLA_ALIGN(head->nla_len);
        }
        return 0;
    }

    Chance chance_;
    int socket_;
    uint16_t family_ = 0;
    std::vector<std::byte> message_, received_;
};

}  // namespace

void be_administrator(Run& run, uint64_t seed) {
    Administrator administrator(seed);
    while (run.next(messages)) administrator.step();
}

}  // namespace fuzz
