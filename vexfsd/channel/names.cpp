// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/names.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <exception>

#include "vexfsd/channel/entry.h"

namespace vexfs::channel {
namespace {

constexpr size_t names_at_once = 1024;

tl::unexpected<Error> failed(const std::string& what, int error) {
    return fail(ErrorCode::io_error, fmt::format("{}: {}", what, nl_geterror(error)));
}

Node root_node() {
    return {Role::root, {}, 0, nullptr, nullptr};
}

Caller the_daemon() {
    Caller caller;
    caller.all_powerful = true;
    return caller;
}

template <class Do>
void each_of(const OpenDirectory& directory, const Do& act) {
    uint64_t position = 0;
    for (auto some = directory.entries(position, names_at_once); !some.empty();
         some = directory.entries(position, names_at_once)) {
        for (const DirectoryEntry& each : some) act(each);
        position = some.back().next;
    }
}

tl::unexpected<Error> error_of(Failure failure) {
    return tl::unexpected(std::move(failure.error));
}

}  // namespace

Names::~Names() = default;

Result<std::shared_ptr<Names>> Names::tell(Tree& tree, int device) {
    UniqueFd own(fcntl(device, F_DUPFD_CLOEXEC, 0));
    if (!own) return fail_errno("hold the device of the kernel module", errno);
    std::shared_ptr<Names> names(new Names(tree, std::move(own)));
    VEXFS_TRY(names->connect());
    // First, so that no change is missed.
    tree.listen(names);
    const std::lock_guard lock(names->mutex_);
    VEXFS_TRY(names->tell_all());
    return names;
}

void Names::stop() {
    const std::lock_guard lock(mutex_);
    device_ = UniqueFd();
}

Result<void> Names::connect() {
    socket_ = {nl_socket_alloc(), nl_socket_free};
    if (!socket_) return fail(ErrorCode::io_error, "there is no memory for a netlink socket");
    if (const int error = genl_connect(socket_.get()); error < 0)
        return failed("open a netlink socket for the kernel module", error);
    family_ = genl_ctrl_resolve(socket_.get(), VEXFS_GENL_NAME);
    if (family_ < 0) return failed("find the kernel module by netlink", family_);
    return {};
}

void Names::collection_changed(const std::string& name) noexcept {
    guarded([&]() -> Result<void> {
        if (behind_) return tell_all();
        if (!tree_.look_up(root_node(), name)) return forget(name);
        return tell_one(name, {Role::collection, name, 0, nullptr, nullptr});
    });
}

void Names::collections_changed() noexcept {
    guarded([&] { return tell_all(); });
}

template <class Tell>
void Names::guarded(const Tell& tell) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (!device_) return;
        const Result<void> told = tell();
        behind_ = !told;
        if (!told) spdlog::error("mount: the kernel module isn't told of a change: {}", told.error().message);
    } catch (const std::exception& error) {
        spdlog::error("mount: the kernel module isn't told of a change: {}", error.what());
        behind_ = true;
    }
}

Result<void> Names::tell_all() {
    const auto root = tree_.attributes(root_node());
    if (!root) return error_of(root.error());
    const vexfs_entry entry = to_entry(root_node(), *root);
    VEXFS_TRY(send(VEXFS_CMD_SET_NAME, {}, &entry));
    const auto directory = tree_.open_directory(root_node(), the_daemon());
    if (!directory) return error_of(directory.error());
    // What is gone first, which makes room. What can't be told keeps nothing else back.
    std::set<std::string> gone = told_;
    each_of(**directory, [&](const DirectoryEntry& each) { gone.erase(each.name); });
    Result<void> told;
    const auto note = [&](Result<void> done) {
        if (!done && told) told = std::move(done);
    };
    for (const std::string& name : gone) note(forget(name));
    each_of(**directory, [&](const DirectoryEntry& each) { note(tell_one(each.name, each.node)); });
    return told;
}

Result<void> Names::tell_one(const std::string& name, const Node& node) {
    const auto attributes = tree_.attributes(node);
    if (!attributes) return forget(name);
    const vexfs_entry entry = to_entry(node, *attributes);
    VEXFS_TRY(send(VEXFS_CMD_SET_NAME, name, &entry));
    told_.insert(name);
    return {};
}

Result<void> Names::forget(const std::string& name) {
    if (!told_.contains(name)) return {};
    VEXFS_TRY(send(VEXFS_CMD_REMOVE_NAME, name, nullptr));
    told_.erase(name);
    return {};
}

Result<void> Names::send(uint8_t command, const std::string& name, const vexfs_entry* entry) {
    const std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message(nlmsg_alloc(), nlmsg_free);
    if (!message ||
        genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family_, 0, NLM_F_ACK, command,
                    VEXFS_GENL_VERSION) == nullptr ||
        nla_put_u32(message.get(), VEXFS_ATTR_CHANNEL, static_cast<uint32_t>(device_.get())) < 0 ||
        (!name.empty() && nla_put_string(message.get(), VEXFS_ATTR_NAME, name.c_str()) < 0) ||
        (entry != nullptr && nla_put(message.get(), VEXFS_ATTR_ENTRY, sizeof *entry, entry) < 0))
        return fail(ErrorCode::io_error, "there is no memory for a netlink message");
    int error = nl_send_auto(socket_.get(), message.get());
    if (error >= 0) error = nl_wait_for_ack(socket_.get());
    if (error < 0)
        return failed(fmt::format("tell the kernel module of {}", name.empty() ? "/" : name), error);
    return {};
}

}  // namespace vexfs::channel
