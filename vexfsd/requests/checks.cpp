// SPDX-License-Identifier: Apache-2.0
// collection.check, collection.check_status.
#include "vexfsd/requests/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "vexfsd/requests/operations.h"

namespace vexfs {

Checks::Running::~Running() {
    if (checks_ == nullptr) return;
    const std::lock_guard lock(checks_->mutex_);
    checks_->running_.erase(name_);
}

void Checks::Running::reached(uint64_t bytes_done, uint64_t bytes_total) {
    const std::lock_guard lock(checks_->mutex_);
    checks_->running_[name_] = {bytes_done, bytes_total};
}

Result<Checks::Running> Checks::begin(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (!running_.try_emplace(name).second) {
        return fail(ErrorCode::busy, fmt::format("collection {} is checked already", name),
                    "wait for the end of that check");
    }
    return Running(*this, name);
}

std::optional<CheckState> Checks::state(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto entry = running_.find(name);
    return entry == running_.end() ? std::nullopt : std::optional(entry->second);
}

namespace {

// The name that the request gives, of a collection that may be quarantined: then its manifest tells who may
// do what, and where that can't be read only who may do everything.
Result<std::string> checked_collection(ServiceContext& context, const Request& request, Wants wants) {
    const auto found = find_collection(context, request, wants);
    if (found) return found->name;
    VEXFS_ASSIGN(std::string name, request.string("collection"));
    const std::vector<Quarantined> quarantined = context.store.quarantined();
    if (std::ranges::find(quarantined, name, &Quarantined::name) == quarantined.end())
        return tl::unexpected(found.error());
    if (is_powerful(request.caller)) return name;
    const auto schema = context.store.stored_schema(name);
    if (!schema) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("only root may check collection {}, whose owner can't be read", name));
    }
    VEXFS_TRY(check_access(request.caller, name, schema->access, wants));
    return name;
}

}  // namespace

Result<Message> check_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const bool repair, request.flag("repair", false));
    VEXFS_ASSIGN(const std::string name,
                 checked_collection(context, request, repair ? Wants::own : Wants::read));
    VEXFS_ASSIGN(Checks::Running running, context.checks.begin(name));
    const auto progress = [&](uint64_t done, uint64_t total) {
        running.reached(done, total);
        return context.running();
    };
    Message reply;
    const auto done = [&]() -> Result<void> {
        if (repair) {
            VEXFS_ASSIGN(const RepairReport report, context.store.repair(name, progress));
            reply.header = to_json(report);
        } else {
            VEXFS_ASSIGN(const CheckReport report, context.store.check(name, progress));
            reply.header = to_json(report);
        }
        return {};
    }();
    if (!done && !context.running()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("collection {} is not checked to the end: the daemon stops", name));
    }
    VEXFS_TRY(done);
    return reply;
}

Result<Message> check_status(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const std::string name, checked_collection(context, request, Wants::read));
    const auto state = context.checks.state(name);
    const CheckState reached = state.value_or(CheckState{});
    Message reply;
    reply.header = {{"running", state.has_value()},
                    {"bytes_done", reached.bytes_done},
                    {"bytes_total", reached.bytes_total}};
    return reply;
}

}  // namespace vexfs
