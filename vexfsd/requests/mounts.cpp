// SPDX-License-Identifier: Apache-2.0
// mount.status, mount.mount, mount.unmount.
#include "vexfsd/requests/mounts.h"

#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

Result<MountControl*> control_of(const ServiceContext& context) {
    if (context.mounts != nullptr) return context.mounts;
    return fail(ErrorCode::unsupported, "only a daemon mounts", "ask vexfsd, without --embedded");
}

Result<void> check_administrator(const Caller& caller) {
    if (is_powerful(caller)) return {};
    return fail(ErrorCode::permission_denied, "only root and the daemon's own user may mount and unmount");
}

Message status_reply(MountControl& control) {
    const MountStatus status = control.status();
    Message reply;
    reply.header = {{"mounted", status.mounted},
                    {"directory", status.directory},
                    {"backend", status.backend},
                    {"fallback", status.fallback},
                    {"note", status.note}};
    return reply;
}

}  // namespace

Result<Message> mount_status(ServiceContext& context, const Request&) {
    VEXFS_ASSIGN(MountControl* const control, control_of(context));
    return status_reply(*control);
}

Result<Message> mount_tree(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(MountControl* const control, control_of(context));
    VEXFS_TRY(check_administrator(request.caller));
    VEXFS_ASSIGN(const auto directory, request.optional_string("directory"));
    VEXFS_ASSIGN(const auto backend, request.optional_string("backend"));
    if (const auto& passed = request.caller.passed) {
        if (!directory) return fail(ErrorCode::invalid_argument, "the request has no directory");
        VEXFS_TRY(control->serve(*directory, std::move(*passed)));
    } else {
        VEXFS_TRY(control->mount(directory.value_or(""), backend.value_or("")));
    }
    return status_reply(*control);
}

Result<Message> unmount_tree(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(MountControl* const control, control_of(context));
    VEXFS_TRY(check_administrator(request.caller));
    VEXFS_TRY(control->unmount());
    return status_reply(*control);
}

}  // namespace vexfs
