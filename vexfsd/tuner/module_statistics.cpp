// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/module_statistics.h"

#include <fmt/format.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <cstring>
#include <functional>
#include <memory>
#include <numeric>

#include "kmod/uapi/vexfs.h"

namespace vexfs::tuner {
namespace {

static_assert(module_counter_names.size() == VEXFS_COUNTER_LATENCY - VEXFS_COUNTER_REQUESTS);

using Attributes = std::array<nlattr*, VEXFS_ATTR_MAX + 1>;
using Told = std::function<void(const Attributes&)>;

Error failed(const char* what, int error) {
    return {ErrorCode::io_error, fmt::format("{} the kernel module: {}", what, nl_geterror(error)), ""};
}

int take(nl_msg* message, void* data) {
    Attributes attributes{};
    if (genlmsg_parse(nlmsg_hdr(message), 0, attributes.data(), VEXFS_ATTR_MAX, nullptr) == 0)
        (*static_cast<const Told*>(data))(attributes);
    return NL_OK;
}

class Family {
  public:
    static Result<Family> open() {
        Family family;
        if (!family.socket_) return fail(ErrorCode::io_error, "there is no memory for a netlink socket");
        if (const int error = genl_connect(family.socket_.get()); error < 0)
            return tl::unexpected(failed("connect to", error));
        family.id_ = genl_ctrl_resolve(family.socket_.get(), VEXFS_GENL_NAME);
        if (family.id_ < 0)
            return fail(ErrorCode::unsupported, "the kernel module vexfs_v2 is not loaded",
                        "vexfsctl module status says why");
        return family;
    }

    // Tells of each message of the answer.
    Result<void> ask(uint8_t command, int flags, const Told& told) {
        nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, take, const_cast<Told*>(&told));
        const std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message(nlmsg_alloc(), nlmsg_free);
        if (!message || genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, id_, 0, flags, command,
                                    VEXFS_GENL_VERSION) == nullptr)
            return fail(ErrorCode::io_error, "there is no memory for a netlink message");
        int error = nl_send_auto(socket_.get(), message.get());
        if (error >= 0) error = nl_recvmsgs_default(socket_.get());
        if (error >= 0 && (flags & NLM_F_DUMP) == 0) error = nl_wait_for_ack(socket_.get());
        if (error < 0) return tl::unexpected(failed("ask", error));
        return {};
    }

  private:
    Family() : socket_(nl_socket_alloc(), nl_socket_free) {}

    std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket_;
    int id_ = 0;
};

uint64_t number(const nlattr* attribute) {
    uint64_t value = 0;
    if (attribute != nullptr)
        std::memcpy(&value, nla_data(attribute), std::min<size_t>(sizeof value, nla_len(attribute)));
    return value;
}

std::string text(const nlattr* attribute) {
    if (attribute == nullptr) return {};
    const std::string_view bytes(static_cast<const char*>(nla_data(attribute)), nla_len(attribute));
    return std::string(bytes.substr(0, bytes.find('\0')));
}

ModuleCounters counters(nlattr* nest) {
    ModuleCounters read;
    std::array<nlattr*, VEXFS_COUNTER_MAX + 1> found{};
    if (nest == nullptr || nla_parse_nested(found.data(), VEXFS_COUNTER_MAX, nest, nullptr) != 0) return read;
    for (size_t i = 0; i < read.counts.size(); ++i)
        read.counts[i] = number(found[VEXFS_COUNTER_REQUESTS + i]);
    if (const nlattr* const latency = found[VEXFS_COUNTER_LATENCY]) {
        read.latency.resize(nla_len(latency) / sizeof(uint64_t));
        std::memcpy(read.latency.data(), nla_data(latency), read.latency.size() * sizeof(uint64_t));
    }
    return read;
}

Result<std::vector<ModuleCounted>> counted(Family& family, uint8_t command) {
    std::vector<ModuleCounted> rows;
    VEXFS_TRY(family.ask(command, NLM_F_DUMP, [&](const Attributes& told) {
        rows.push_back({text(told[VEXFS_ATTR_INSTANCE]), number(told[VEXFS_ATTR_DEVICE]),
                        text(told[VEXFS_ATTR_COLLECTION]), number(told[VEXFS_ATTR_CPU]),
                        counters(told[VEXFS_ATTR_COUNTERS])});
    }));
    return rows;
}

}  // namespace

Result<ModuleStatistics> module_statistics() {
    VEXFS_ASSIGN(Family family, Family::open());
    ModuleStatistics read;
    VEXFS_TRY(family.ask(VEXFS_CMD_GET_INSTANCES, NLM_F_DUMP, [&](const Attributes& told) {
        read.instances.push_back({text(told[VEXFS_ATTR_INSTANCE]), number(told[VEXFS_ATTR_SERVED]) != 0,
                                  number(told[VEXFS_ATTR_EPOCH]), number(told[VEXFS_ATTR_IN_WORK])});
    }));
    VEXFS_ASSIGN(read.mounts, counted(family, VEXFS_CMD_GET_MOUNTS));
    VEXFS_ASSIGN(read.collections, counted(family, VEXFS_CMD_GET_COLLECTIONS));
    VEXFS_ASSIGN(read.cpus, counted(family, VEXFS_CMD_GET_CPUS));
    VEXFS_TRY(family.ask(VEXFS_CMD_GET_CACHE, NLM_F_ACK, [&](const Attributes& told) {
        read.cache_bytes = number(told[VEXFS_ATTR_CACHE_BYTES]);
        read.cache_entries = number(told[VEXFS_ATTR_CACHE_ENTRIES]);
        read.cache_evictions = number(told[VEXFS_ATTR_CACHE_EVICTIONS]);
    }));
    return read;
}

uint64_t latency_us(const ModuleCounters& counters, double share) {
    const auto all = std::accumulate(counters.latency.begin(), counters.latency.end(), uint64_t{0});
    const double wanted = share * static_cast<double>(all);
    uint64_t below = 0;
    for (size_t i = 0; i < counters.latency.size(); ++i) {
        below += counters.latency[i];
        if (below > 0 && static_cast<double>(below) >= wanted) return uint64_t{1} << i;
    }
    return 0;
}

}  // namespace vexfs::tuner
