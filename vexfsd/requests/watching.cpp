// SPDX-License-Identifier: Apache-2.0
// watch, metrics, alerts.
#include "vexfsd/requests/operations.h"
#include "vexfsd/watch/prometheus.h"
#include "vexfsd/watch/snapshot_json.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

// As it is now, which may be another than at the time of the snapshot.
bool may_tell(const ServiceContext& context, const Caller& caller, const std::string& name) {
    const auto collection = context.store.find(name);
    return collection && may_read(caller, (*collection)->schema().access);
}

}  // namespace

Result<Message> report_snapshot(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto history_s, request.integer("history_s", 1, History::span_s_max));
    std::string only;
    if (request.has("collection")) {
        VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
        only = found.name;
    }
    const auto snapshot = context.sampler.look(context.mounts);
    Message reply;
    reply.header = to_json(*snapshot, [&](const std::string& name) {
        return (only.empty() || name == only) && may_tell(context, request.caller, name);
    });
    if (history_s) reply.header["history"] = context.sampler.history().since(only, *history_s);
    return reply;
}

Result<Message> report_metrics(ServiceContext& context, const Request& request) {
    const auto snapshot = context.sampler.look(context.mounts);
    Message reply;
    reply.header = {{"text", to_prometheus(*snapshot, [&](const std::string& name) {
                         return may_tell(context, request.caller, name);
                     })}};
    return reply;
}

Result<Message> report_alerts(ServiceContext& context, const Request& request) {
    const auto snapshot = context.sampler.look(context.mounts);
    json rules = json::array();
    for (const AlertRule& rule : context.sampler.alert_rules()) {
        rules.push_back({{"name", rule.name},
                         {"description", rule.description},
                         {"metric", rule.metric},
                         {"condition", rule.above ? "above" : "below"},
                         {"threshold", rule.threshold},
                         {"hysteresis", rule.hysteresis},
                         {"duration_s", rule.duration_s},
                         {"cooldown_s", rule.cooldown_s},
                         {"severity", rule.severity}});
    }
    Message reply;
    reply.header = {
        {"alerts", to_json(snapshot->alerts,
                           [&](const std::string& name) { return may_tell(context, request.caller, name); })},
        {"rules", std::move(rules)}};
    return reply;
}

}  // namespace vexfs
