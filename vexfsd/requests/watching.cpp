// SPDX-License-Identifier: Apache-2.0
// watch, metrics.
#include "vexfsd/requests/operations.h"
#include "vexfsd/watch/prometheus.h"

namespace vexfs {
namespace {

// As it is now, which may be another than at the time of the snapshot.
bool may_tell(const ServiceContext& context, const Caller& caller, const std::string& name) {
    const auto collection = context.store.find(name);
    return collection && may_read(caller, (*collection)->schema().access);
}

}  // namespace

Result<Message> report_snapshot(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto history_s, request.integer("history_s", 1, History::span_s_max));
    std::string name;
    if (request.has("collection")) {
        VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
        name = found.name;
    }
    const auto snapshot = context.sampler.look(context.mounts);
    Message reply;
    reply.header = to_json(*snapshot, [&](const CollectionFigures& figures) {
        return (name.empty() || name == figures.name) && may_tell(context, request.caller, figures.name);
    });
    if (history_s) reply.header["history"] = context.sampler.history().since(name, *history_s);
    return reply;
}

Result<Message> report_metrics(ServiceContext& context, const Request& request) {
    const auto snapshot = context.sampler.look(context.mounts);
    Message reply;
    reply.header = {{"text", to_prometheus(*snapshot, [&](const CollectionFigures& figures) {
                         return may_tell(context, request.caller, figures.name);
                     })}};
    return reply;
}

}  // namespace vexfs
