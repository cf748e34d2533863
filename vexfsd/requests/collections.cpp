// SPDX-License-Identifier: Apache-2.0
// collection.create, list, info, delete, configure.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

json info_json(const CollectionInfo& info) {
    json value{{"name", info.name},
               {"points", info.points},
               {"dead_rows", info.dead_rows},
               {"indexed_points", info.indexed_points},
               {"backlog_rows", info.backlog.rows},
               {"backlog_bytes", info.backlog.bytes},
               {"segments", info.segments},
               {"disk_bytes", info.disk_bytes},
               {"index_memory_bytes", info.index_memory_bytes},
               {"filter_memory_bytes", info.filter_memory_bytes},
               {"generation", info.generation},
               {"read_only", info.read_only},
               {"schema", to_json(info.schema)}};
    if (info.reindexed_rows) value["reindexed_rows"] = *info.reindexed_rows;
    if (!info.calibrated_path.empty()) {
        value["calibrated_path"] = info.calibrated_path;
        value["calibrated_recall"] = info.calibrated_recall;
    }
    if (!info.calibrated_layout.empty()) value["calibrated_layout"] = info.calibrated_layout;
    if (info.observed_recall) value["observed_recall"] = *info.observed_recall;
    if (info.observed_queries > 0) value["observed_queries"] = info.observed_queries;
    if (info.calibrated_reach > 0) value["calibrated_reach"] = info.calibrated_reach;
    if (info.read_only) value["read_only_reason"] = info.read_only_reason;
    if (!info.background_error.empty()) value["background_error"] = info.background_error;
    return value;
}

// The schema that a collection.create asks for, all but its access.
Result<Schema> wanted_schema(const ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const auto dimension, request.integer("dimension", 1, dimension_max));
    if (!dimension) return fail(ErrorCode::invalid_argument, "the request has no dimension");
    VEXFS_ASSIGN(const auto preset, request.optional_string("preset"));
    VEXFS_ASSIGN(const auto metric, request.optional_string("metric"));
    VEXFS_ASSIGN(const auto algorithm, request.optional_string("algorithm"));
    VEXFS_ASSIGN(const json parameters, request.object("parameters"));

    VEXFS_ASSIGN(Schema schema, named_settings(context, preset, algorithm));
    if (metric) {
        VEXFS_ASSIGN(schema.metric, metric_from_name(*metric));
    }
    schema.dimension = static_cast<uint32_t>(*dimension);
    for (const auto& [name, value] : parameters.items()) VEXFS_TRY(set_parameter(schema, name, value));
    VEXFS_TRY(check(schema));
    return schema;
}

Result<Message> existing_collection(const Request& request, const std::string& name,
                                    const Collection& collection, const Schema& wanted) {
    const Schema schema = collection.schema();
    VEXFS_TRY(check_access(request.caller, name, schema.access, Wants::read));
    const auto differs = [&](std::string_view what, std::string_view is, std::string_view asked) {
        return fail(ErrorCode::already_exists,
                    fmt::format("collection {} exists already with {} {}, not {}", name, what, is, asked));
    };
    if (schema.dimension != wanted.dimension) {
        return differs("dimension", std::to_string(schema.dimension), std::to_string(wanted.dimension));
    }
    if (schema.metric != wanted.metric)
        return differs("metric", name_of(schema.metric), name_of(wanted.metric));
    if (schema.algorithm != wanted.algorithm) {
        return differs("algorithm", name_of(schema.algorithm), name_of(wanted.algorithm));
    }
    Message reply = info_reply(collection);
    reply.header["created"] = false;
    return reply;
}

// As with chown(2): to a group of one's own. What is no number is refused later, as that.
bool may_give_to(const Caller& caller, const json& gid) {
    return is_powerful(caller) || !gid.is_number() || gid == caller.gid ||
           std::find(caller.groups.begin(), caller.groups.end(), gid) != caller.groups.end();
}

constexpr std::array<const char*, 3> kinds{"dimension", "metric", "algorithm"};
constexpr std::array<const char*, 3> access_names{"uid", "gid", "mode"};

// What no collection can change: another takes its place.
bool takes_another(const json& parameters) {
    return std::ranges::any_of(kinds, [&](const char* name) { return parameters.contains(name); });
}

json without_what_is_so(const Schema& schema, json parameters) {
    const json now = to_json(schema);
    for (const char* name : kinds) {
        if (parameters.contains(name) && parameters[name] == now[name]) parameters.erase(name);
    }
    return parameters;
}

Result<Schema> changed_schema(Schema schema, const json& parameters) {
    if (const auto dimension = parameters.find("dimension"); dimension != parameters.end()) {
        if (!in_range(*dimension, 1, dimension_max)) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("dimension must be a whole number from 1 to {}, not {}", dimension_max,
                                    excerpt(*dimension)));
        }
        schema.dimension = dimension->get<uint32_t>();
    }
    const auto name = [&](const char* field) -> Result<std::string> {
        if (parameters[field].is_string()) return parameters[field].get<std::string>();
        return fail(ErrorCode::invalid_argument, fmt::format("{} must be a string", field));
    };
    if (parameters.contains("metric")) {
        VEXFS_ASSIGN(const std::string metric, name("metric"));
        VEXFS_ASSIGN(schema.metric, metric_from_name(metric));
    }
    if (parameters.contains("algorithm")) {
        VEXFS_ASSIGN(const std::string algorithm, name("algorithm"));
        VEXFS_ASSIGN(schema.algorithm, algorithm_from_name(algorithm));
        // The parameters and the promise were another algorithm's.
        schema.hnsw = {};
        schema.target_recall = 0;
        schema.preset.clear();
    }
    VEXFS_TRY(check(schema));
    for (const auto& [key, value] : parameters.items()) {
        const auto is_key = [&key = key](const char* other) { return key == other; };
        if (std::ranges::any_of(kinds, is_key) || std::ranges::any_of(access_names, is_key)) continue;
        VEXFS_TRY(set_parameter(schema, key, value));
    }
    VEXFS_TRY(check(schema));
    return schema;
}

Result<std::shared_ptr<Collection>> remake(ServiceContext& context, const FoundCollection& found,
                                           const json& parameters) {
    VEXFS_ASSIGN(const Schema schema, changed_schema(found.schema, parameters));
    VEXFS_ASSIGN(auto remade, context.store.remake(found.name, schema));
    json access = json::object();
    for (const char* name : access_names) {
        if (parameters.contains(name)) access[name] = parameters[name];
    }
    if (!access.empty()) VEXFS_TRY(remade->configure(access));
    return remade;
}

}  // namespace

Result<Schema> named_settings(const ServiceContext& context, const std::optional<std::string>& preset,
                              const std::optional<std::string>& algorithm_name) {
    const Schema& defaults = context.options->defaults;
    Schema schema = defaults;
    if (preset) {
        if (!context.options->presets) {
            return fail(ErrorCode::not_found, fmt::format("there is no preset {}", excerpt(*preset)));
        }
        VEXFS_ASSIGN(schema, context.options->presets(*preset));
    }
    if (algorithm_name) {
        VEXFS_ASSIGN(const Algorithm algorithm, algorithm_from_name(*algorithm_name));
        if (preset && algorithm != schema.algorithm) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("preset {} is for the algorithm {}, not {}", *preset,
                                    name_of(schema.algorithm), name_of(algorithm)),
                        "name one of the two");
        }
        if (algorithm != schema.algorithm) {
            // The default preset's parameters and promise are another algorithm's.
            schema = Schema{};
            schema.durability = defaults.durability;
            schema.metric = defaults.metric;
            schema.algorithm = algorithm;
        }
    }
    return schema;
}

Message info_reply(const Collection& collection) {
    Message reply;
    reply.header = info_json(collection.info());
    return reply;
}

json quarantined_json(const Store& store) {
    json all = json::array();
    for (const Quarantined& entry : store.quarantined()) {
        all.push_back({{"name", entry.name},
                       {"error",
                        {{"code", name_of(entry.error.code)},
                         {"message", entry.error.message},
                         {"hint", entry.error.hint}}}});
    }
    return all;
}

Result<Message> create_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const std::string name, request.string("collection"));
    VEXFS_TRY(check_collection_name(name));
    VEXFS_ASSIGN(const bool exist_ok, request.flag("exist_ok", false));
    VEXFS_ASSIGN(Schema schema, wanted_schema(context, request));
    schema.access = {request.caller.uid, request.caller.gid, context.options->collection_mode};
    auto created = context.store.create(name, schema);
    if (created) {
        Message reply = info_reply(**created);
        reply.header["created"] = true;
        return reply;
    }
    if (!exist_ok || created.error().code != ErrorCode::already_exists)
        return tl::unexpected(created.error());
    VEXFS_ASSIGN(const auto collection, context.store.find(name));
    return existing_collection(request, name, *collection, schema);
}

Result<Message> list_collections(ServiceContext& context, const Request& request) {
    json rows = json::array();
    for (const std::string& name : context.store.names()) {
        const auto collection = context.store.find(name);
        if (!collection) continue;  // deleted since
        const CollectionInfo info = (*collection)->info();
        if (!may_read(request.caller, info.schema.access)) continue;
        rows.push_back({{"name", name},
                        {"points", info.points},
                        {"dimension", info.schema.dimension},
                        {"metric", name_of(info.schema.metric)},
                        {"algorithm", name_of(info.schema.algorithm)},
                        {"preset", info.schema.preset},
                        {"backlog_rows", info.backlog.rows},
                        {"disk_bytes", info.disk_bytes},
                        {"read_only", info.read_only}});
    }
    Message reply;
    reply.header = {{"collections", std::move(rows)}, {"quarantined", quarantined_json(context.store)}};
    return reply;
}

Result<Message> collection_info(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
    return info_reply(*found.collection);
}

Result<Message> delete_collection(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const bool empty, request.flag("empty", false));
    VEXFS_ASSIGN(const bool missing_ok, request.flag("missing_ok", false));
    Message reply;
    const auto found = find_collection(context, request, Wants::own);
    if (!found) {
        if (missing_ok && found.error().code == ErrorCode::not_found) {
            reply.header["deleted"] = false;
            return reply;
        }
        // One that can't be opened tells no owner: only who may do everything deletes it.
        VEXFS_ASSIGN(const std::string name, request.string("collection"));
        bool quarantined = false;
        for (const Quarantined& entry : context.store.quarantined()) quarantined |= entry.name == name;
        if (!quarantined || !is_powerful(request.caller)) return tl::unexpected(found.error());
        VEXFS_TRY(context.store.drop(name));
    } else if (empty) {
        VEXFS_TRY(context.store.drop_empty(found->name));
    } else {
        VEXFS_TRY(context.store.drop(found->name));
    }
    reply.header["deleted"] = true;
    VEXFS_ASSIGN(const std::string name, request.string("collection"));
    context.cache.forget_counts(name);
    context.times.forget(name);
    // They are not deleted with it.
    if (const auto kept = context.store.snapshots(name); kept && !kept->empty())
        reply.header["snapshots_kept"] = kept->size();
    return reply;
}

Result<Message> configure_collection(ServiceContext& context, const Request& request) {
    if (!request.has("parameters")) return fail(ErrorCode::invalid_argument, "the request has no parameters");
    VEXFS_ASSIGN(const json parameters, request.object("parameters"));
    VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::own));
    if (parameters.contains("uid") && !is_powerful(request.caller)) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("only root may give collection {} away", found.name));
    }
    if (const auto gid = parameters.find("gid");
        gid != parameters.end() && !may_give_to(request.caller, *gid)) {
        return fail(ErrorCode::permission_denied,
                    fmt::format("user {} may not give collection {} to group {}, being no member of it",
                                request.caller.uid, found.name, excerpt(*gid)),
                    "root may");
    }
    const json changed = without_what_is_so(found.schema, parameters);
    if (!takes_another(changed)) {
        const auto configured = found.collection->configure(changed);
        if (configured) return info_reply(*found.collection);
        // What an index is built with stays, unless nothing is built yet.
        const bool empty = found.collection->points_state().points == 0;
        if (!empty || configured.error().code != ErrorCode::unsupported)
            return tl::unexpected(configured.error());
    }
    VEXFS_ASSIGN(const auto remade, remake(context, found, changed));
    return info_reply(*remade);
}

}  // namespace vexfs
