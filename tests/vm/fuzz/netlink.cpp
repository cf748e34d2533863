// SPDX-License-Identifier: Apache-2.0
#include "tests/vm/fuzz/netlink.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "kmod/uapi/vexfs.h"

namespace fuzz {

Netlink::Netlink()
    : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC)),
      received_(1 << 16) {
    family_ = find_family();
}

Netlink::~Netlink() {
    close(socket_);
}

void Netlink::begin(uint8_t command, uint16_t flags) {
    message_.assign(NLMSG_HDRLEN + GENL_HDRLEN, std::byte{0});
    header().nlmsg_type = family_;
    header().nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    reinterpret_cast<genlmsghdr*>(NLMSG_DATA(&header()))->cmd = command;
}

void Netlink::add(uint16_t kind, const void* data, size_t bytes) {
    const size_t at = message_.size();
    message_.resize(at + NLA_HDRLEN + NLA_ALIGN(bytes));
    const nlattr head{static_cast<uint16_t>(NLA_HDRLEN + bytes), kind};
    std::memcpy(message_.data() + at, &head, sizeof head);
    std::memcpy(message_.data() + at + NLA_HDRLEN, data, bytes);
}

void Netlink::put() {
    header().nlmsg_len = static_cast<uint32_t>(message_.size());
    (void)::send(socket_, message_.data(), message_.size(), 0);
}

void Netlink::send() {
    put();
    drain();
}

ssize_t Netlink::drain() {
    ssize_t got = 0, last = -1;
    while ((got = recv(socket_, received_.data(), received_.size(), 0)) > 0) last = got;
    return last;
}

uint16_t Netlink::find_family() {
    begin(CTRL_CMD_GETFAMILY, 0);
    header().nlmsg_type = GENL_ID_CTRL;
    add(CTRL_ATTR_FAMILY_NAME, VEXFS_GENL_NAME, sizeof VEXFS_GENL_NAME);
    put();
    const ssize_t got = recv(socket_, received_.data(), received_.size(), 0);
    for (ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN <= got;) {
        const auto* const head = reinterpret_cast<const nlattr*>(received_.data() + at);
        if (head->nla_type == CTRL_ATTR_FAMILY_ID)
            return *reinterpret_cast<const uint16_t*>(received_.data() + at + NLA_HDRLEN);
        at += NLA_ALIGN(head->nla_len);
    }
    return 0;
}

}  // namespace fuzz
