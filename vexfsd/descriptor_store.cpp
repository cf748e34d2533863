// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/descriptor_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace vexfs {
namespace {

constexpr std::array names{kept_socket, kept_mount, kept_ledger};

bool is_ours(std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// systemd has set it since 254; before, the unit does.
bool has_store() {
    const char* const entries = std::getenv("FDSTORE");  // NOLINT(concurrency-mt-unsafe): before any thread
    return entries != nullptr && std::atoi(entries) > 0 &&
           std::getenv("NOTIFY_SOCKET") != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

Result<DescriptorStore> DescriptorStore::open() {
    DescriptorStore store;
    store.keeps_ = has_store();
    char** given = nullptr;
    const int count = sd_listen_fds_with_names(1, &given);
    if (count < 0) return fail_errno("take over what systemd has kept", -count);
    for (int i = 0; i < count; ++i) {
        UniqueFd descriptor(SD_LISTEN_FDS_START + i);
        fcntl(descriptor.get(), F_SETFD, FD_CLOEXEC);
        const std::string name = given != nullptr && given[i] != nullptr ? given[i] : "";
        if (is_ours(name) || name == metrics_socket) {
            store.kept_[name] = std::move(descriptor);
        } else {
            store.sockets_.push_back(std::move(descriptor));
        }
        if (given != nullptr) std::free(given[i]);
    }
    std::free(given);
    return store;
}

std::optional<UniqueFd> DescriptorStore::take(const std::string& name) {
    const auto found = kept_.find(name);
    if (found == kept_.end()) return std::nullopt;
    UniqueFd taken = std::move(found->second);
    kept_.erase(found);
    return taken;
}

Result<void> DescriptorStore::keep(const std::string& name, int descriptor) const {
    if (!keeps_) return {};
    const std::string message = fmt::format("FDSTORE=1\nFDNAME={}", name);
    const int sent = sd_pid_notify_with_fds(0, 0, message.c_str(), &descriptor, 1);
    if (sent < 0) return fail_errno(fmt::format("have systemd keep {}", name), -sent);
    return {};
}

void DescriptorStore::forget(const std::string& name) const {
    if (keeps_) sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name.c_str());
}

void DescriptorStore::forget_all() {
    for (const char* const name : names) forget(name);
    keeps_ = false;
}

}  // namespace vexfs
