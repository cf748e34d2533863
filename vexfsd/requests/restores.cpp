// SPDX-License-Identifier: Apache-2.0
// restore.begin, write, commit, abort: a collection that comes file by file.
#include <fmt/format.h>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

// The restore that the request names; for others than who began it there is none.
Result<std::string> find_restore(const ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(std::string id, request.string("restore"));
    VEXFS_ASSIGN(const Upload upload, context.store.uploads().find(id));
    if (upload.uid != request.caller.uid && !is_powerful(request.caller)) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("user {} may not go on with a restore that user {} began", request.caller.uid,
                                upload.uid));
    }
    return id;
}

}  // namespace

Result<Message> begin_restore(ServiceContext& context, const Request& request) {
    RestoreTarget target;
    VEXFS_ASSIGN(target.name, request.string("collection"));
    VEXFS_TRY(check_collection_name(target.name));
    VEXFS_ASSIGN(target.replace, request.flag("replace", false));
    VEXFS_ASSIGN(target.access, restored_access(context, request.caller, target.name, target.replace, {}));
    VEXFS_ASSIGN(const std::string id, context.store.begin_restore(target, request.caller.uid));
    Message reply;
    reply.header["restore"] = id;
    return reply;
}

Result<Message> write_restore(ServiceContext& context, const Request& request) {
    const ArrayView* data = request.array("data");
    if (data == nullptr || data->dtype != "u8")
        return fail(ErrorCode::invalid_argument, "restore.write takes an array data of u8");
    VEXFS_ASSIGN(const std::string file, request.string("file"));
    VEXFS_ASSIGN(const auto offset, request.integer("offset", 0, INT64_MAX));
    VEXFS_ASSIGN(const std::string id, find_restore(context, request));
    VEXFS_ASSIGN(const uint64_t there,
                 context.store.uploads().write(id, file, offset.value_or(0), data->bytes));
    Message reply;
    reply.header["file_bytes"] = there;
    return reply;
}

Result<Message> commit_restore(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const std::string id, find_restore(context, request));
    VEXFS_ASSIGN(const Upload upload, context.store.uploads().find(id));
    // What is in the place may have changed hands since.
    VEXFS_TRY(restored_access(context, request.caller, upload.target.name, upload.target.replace, {}));
    VEXFS_ASSIGN(const auto restored, context.store.commit_restore(id, metadata_depth_max));
    return info_reply(*restored);
}

Result<Message> abort_restore(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const std::string id, find_restore(context, request));
    VEXFS_TRY(context.store.uploads().abort(id));
    Message reply;
    reply.header["aborted"] = true;
    return reply;
}

}  // namespace vexfs
