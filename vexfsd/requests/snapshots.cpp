// SPDX-License-Identifier: Apache-2.0
// collection.snapshot, snapshots, snapshot_delete, restore; snapshot.files, snapshot.read.
#include <fmt/format.h>

#include <algorithm>

#include "engine/collection/snapshot.h"
#include "engine/collection/stored_file.h"
#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr uint64_t read_bytes_default = uint64_t{4} << 20;

json snapshot_json(const SnapshotInfo& info) {
    json value{{"collection", info.collection},      {"snapshot", info.name},
               {"created_at", info.created},         {"points", info.points},
               {"dimension", info.schema.dimension}, {"own_bytes", info.own_bytes},
               {"shared_bytes", info.shared_bytes}};
    if (info.error)
        value["error"] = {{"code", name_of(info.error->code)},
                          {"message", info.error->message},
                          {"hint", info.error->hint}};
    return value;
}

// What the snapshot's own access grants, and that of the collection as long as it is there: who was shut out
// of it since doesn't come in by the back.
Result<void> check_snapshot_access(const ServiceContext& context, const Caller& caller,
                                   const SnapshotInfo& info, Wants wants) {
    if (info.error && !is_powerful(caller))
        return fail(ErrorCode::permission_denied,
                    fmt::format("the owner of snapshot {} of collection {} can't be told", info.name,
                                info.collection));
    if (info.error) return {};
    VEXFS_TRY(check_access(caller, info.collection, info.schema.access, wants));
    const auto collection = context.store.find(info.collection);
    if (!collection) return {};
    return check_access(caller, info.collection, (*collection)->schema().access, wants);
}

Result<SnapshotInfo> find_snapshot(const ServiceContext& context, const Request& request, Wants wants) {
    VEXFS_ASSIGN(const std::string collection, request.string("collection"));
    VEXFS_ASSIGN(const std::string snapshot, request.string("snapshot"));
    VEXFS_ASSIGN(const SnapshotInfo info, context.store.find_snapshot(collection, snapshot));
    VEXFS_TRY(check_snapshot_access(context, request.caller, info, wants));
    return info;
}

}  // namespace

Result<std::optional<Access>> restored_access(const ServiceContext& context, const Caller& caller,
                                              const std::string& name, bool replace,
                                              const std::optional<Access>& had) {
    if (replace) {
        const auto present = context.store.find(name);
        if (present) {
            VEXFS_TRY(check_access(caller, name, (*present)->schema().access, Wants::own));
        } else if (present.error().code != ErrorCode::not_found && !is_powerful(caller)) {
            // One that can't be opened tells no owner.
            return tl::unexpected(present.error());
        }
    }
    if (is_powerful(caller) || (had && had->uid == caller.uid)) return std::optional<Access>();
    return Access{caller.uid, caller.gid, had ? had->mode : context.options->collection_mode};
}

Result<Message> make_snapshot(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto name, request.optional_string("snapshot"));
    if (name && name->empty()) return fail(ErrorCode::invalid_argument, "a snapshot's name can't be empty");
    VEXFS_ASSIGN(const bool exist_ok, request.flag("exist_ok", false));
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::own));
    Message reply;
    auto info = context.store.snapshot(found.name, name.value_or(""));
    const bool exists = !info && info.error().code == ErrorCode::already_exists;
    if (exists && exist_ok) info = find_snapshot(context, request, Wants::own);
    if (!info) return tl::unexpected(info.error());
    reply.header = snapshot_json(*info);
    reply.header["created"] = !exists;
    return reply;
}

Result<Message> list_snapshots(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto collection, request.optional_string("collection"));
    if (collection) VEXFS_TRY(check_collection_name(*collection));
    VEXFS_ASSIGN(const auto snapshots, context.store.snapshots(collection.value_or("")));
    json rows = json::array();
    for (const SnapshotInfo& info : snapshots) {
        if (check_snapshot_access(context, request.caller, info, Wants::read))
            rows.push_back(snapshot_json(info));
    }
    // A mistyped name is found, but a deleted collection has snapshots.
    if (collection && rows.empty()) VEXFS_TRY(find_collection(context, request, Wants::read));
    Message reply;
    reply.header["snapshots"] = std::move(rows);
    return reply;
}

Result<Message> delete_snapshot(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const bool missing_ok, request.flag("missing_ok", false));
    VEXFS_ASSIGN(const std::string collection, request.string("collection"));
    VEXFS_ASSIGN(const std::string name, request.string("snapshot"));
    Message reply;
    VEXFS_ASSIGN(const auto snapshots, context.store.snapshots(collection));
    const auto found = std::ranges::find(snapshots, name, &SnapshotInfo::name);
    if (found == snapshots.end()) {
        const auto missing = context.store.find_snapshot(collection, name);
        if (!missing && (!missing_ok || missing.error().code != ErrorCode::not_found))
            return tl::unexpected(missing.error());
        reply.header["deleted"] = false;
        return reply;
    }
    // One that can't be read can be deleted.
    VEXFS_TRY(check_snapshot_access(context, request.caller, *found, Wants::own));
    VEXFS_TRY(context.store.delete_snapshot(collection, name));
    reply.header["deleted"] = true;
    return reply;
}

Result<Message> restore_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const SnapshotInfo info, find_snapshot(context, request, Wants::read));
    VEXFS_ASSIGN(const auto as, request.optional_string("as"));
    RestoreTarget target;
    target.name = as.value_or(info.collection);
    VEXFS_TRY(check_collection_name(target.name));
    VEXFS_ASSIGN(target.replace, request.flag("replace", false));
    VEXFS_ASSIGN(target.access,
                 restored_access(context, request.caller, target.name, target.replace, info.schema.access));
    VEXFS_ASSIGN(const auto restored, context.store.restore(info.collection, info.name, target));
    return info_reply(*restored);
}

Result<Message> snapshot_files(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const SnapshotInfo info, find_snapshot(context, request, Wants::read));
    const std::string directory = context.store.snapshot_path(info.collection, info.name);
    VEXFS_ASSIGN(const Manifest manifest, read_manifest(posix_disk(), directory));
    json files = json::array();
    for (const std::string& name : sealed_files(manifest)) {
        if (!context.running()) return fail(ErrorCode::unavailable, "the daemon stops");
        const std::string path = fmt::format("{}/{}", directory, name);
        VEXFS_ASSIGN(const auto opened, posix_disk().open(path));
        VEXFS_ASSIGN(const StoredFile file, describe_file(*opened, path, name));
        files.push_back(
            {{"file", name}, {"bytes", file.bytes}, {"digest", fmt::format("{:016x}", file.digest)}});
    }
    VEXFS_ASSIGN(const std::string text,
                 posix_disk().read(fmt::format("{}/{}", directory, manifest_name), header_bytes_max / 2));
    Message reply;
    reply.header = snapshot_json(info);
    reply.header["files"] = std::move(files);
    reply.header["manifest"] = text;
    reply.header["use_direct_io"] = manifest.schema.io.use_direct_io;
    return reply;
}

Result<Message> read_snapshot(ServiceContext& context, const Request& request) {
    if (request.text) {
        return fail(ErrorCode::invalid_argument, "snapshot.read answers with bytes, which a line can't hold",
                    "send the request as a frame");
    }
    VEXFS_ASSIGN(const SnapshotInfo info, find_snapshot(context, request, Wants::read));
    VEXFS_ASSIGN(const std::string name, request.string("file"));
    if (!is_log_name(name) && !is_index_name(name)) {
        return fail(ErrorCode::invalid_argument, fmt::format("{} is no file of a snapshot", excerpt(name)),
                    "snapshot.files tells those that there are");
    }
    VEXFS_ASSIGN(const auto offset, request.integer("offset", 0, INT64_MAX));
    VEXFS_ASSIGN(const auto bytes, request.integer("bytes", 1, snapshot_read_bytes_max));
    VEXFS_ASSIGN(const auto file,
                 posix_disk().open(
                     fmt::format("{}/{}", context.store.snapshot_path(info.collection, info.name), name)));
    VEXFS_ASSIGN(const uint64_t size, file->size());
    const uint64_t begin = std::min(offset.value_or(0), size);
    Message reply;
    reply.header["file_bytes"] = size;
    VEXFS_TRY(file->read_at(
        begin, add_array_of(reply, "data", std::min(bytes.value_or(read_bytes_default), size - begin))));
    return reply;
}

}  // namespace vexfs
