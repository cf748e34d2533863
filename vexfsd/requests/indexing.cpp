// SPDX-License-Identifier: Apache-2.0
// collection.optimize, reindex.
#include <fmt/format.h>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

// The reply to work that was waited for.
Result<Message> worked_on(const ServiceContext& context, const FoundCollection& found,
                          const Result<void>& done, std::string_view what) {
    if (!done && !context.running()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("collection {} is not {} to the end: the daemon stops", found.name, what));
    }
    VEXFS_TRY(done);
    return info_reply(*found.collection);
}

}  // namespace

Result<Message> optimize_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const bool wait, request.flag("wait", false));
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::write));
    if (!wait) {
        context.optimize_behind(found.name);
        return info_reply(*found.collection);
    }
    const auto done = found.collection->optimize([&](uint64_t, uint64_t) { return context.running(); });
    return worked_on(context, found, done, "optimized");
}

Result<Message> reindex_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto preset, request.optional_string("preset"));
    VEXFS_ASSIGN(const auto algorithm, request.optional_string("algorithm"));
    VEXFS_ASSIGN(const nlohmann::json parameters, request.object("parameters"));
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::own));
    const auto change = [&](Schema& schema) -> Result<void> {
        if (preset || algorithm) {
            VEXFS_ASSIGN(const Schema named, named_settings(context, preset, algorithm));
            schema.algorithm = named.algorithm;
            schema.hnsw = named.hnsw;
            schema.lsh = named.lsh;
            schema.target_recall = named.target_recall;
            schema.preset = named.preset;
        }
        VEXFS_TRY(check(schema));
        for (const auto& [name, value] : parameters.items()) VEXFS_TRY(set_parameter(schema, name, value));
        return check(schema);
    };
    const auto done =
        found.collection->reindex(change, [&](uint64_t, uint64_t) { return context.running(); });
    return worked_on(context, found, done, "reindexed");
}

}  // namespace vexfs
