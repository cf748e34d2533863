// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

constexpr uint32_t read_bit = 4;
constexpr uint32_t write_bit = 2;

// As with a file, the first class that the caller is in decides, even where a later one grants more.
bool granted(const Caller& caller, const Access& access, uint32_t bit) {
    if (is_powerful(caller)) return true;
    if (caller.uid == access.uid) return ((access.mode >> 6) & bit) != 0;
    const bool in_group = caller.gid == access.gid || std::find(caller.groups.begin(), caller.groups.end(),
                                                                access.gid) != caller.groups.end();
    return ((access.mode >> (in_group ? 3 : 0)) & bit) != 0;
}

}  // namespace

bool is_powerful(const Caller& caller) {
    return caller.all_powerful || caller.uid == 0 || caller.uid == geteuid();
}

bool may_read(const Caller& caller, const Access& access) {
    return granted(caller, access, read_bit);
}

Result<void> check_access(const Caller& caller, const std::string& collection, const Access& access,
                          Wants wants) {
    if (wants == Wants::own) {
        if (is_powerful(caller) || caller.uid == access.uid) return {};
        return fail(ErrorCode::permission_denied,
                    fmt::format("only its owner, user {}, and root may change or delete collection {}",
                                access.uid, collection));
    }
    const bool reading = wants == Wants::read;
    if (granted(caller, access, reading ? read_bit : write_bit)) return {};
    return fail(ErrorCode::permission_denied,
                fmt::format("user {} may not {} collection {}, owned by {}:{} with mode {:04o}", caller.uid,
                            reading ? "read" : "write to", collection, access.uid, access.gid, access.mode),
                "its owner can change mode and group: vexfsctl collection set");
}

Result<FoundCollection> find_collection(ServiceContext& context, const Request& request, Wants wants) {
    FoundCollection found;
    VEXFS_ASSIGN(found.name, request.string("collection"));
    VEXFS_TRY(check_collection_name(found.name));
    VEXFS_ASSIGN(found.collection, context.store.find(found.name));
    found.schema = found.collection->schema();
    VEXFS_TRY(check_access(request.caller, found.name, found.schema.access, wants));
    return found;
}

}  // namespace vexfs
