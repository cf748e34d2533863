// SPDX-License-Identifier: Apache-2.0
// The methods and properties of org.vexfs.Manager1.
#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "vexfsd/bus/authorization.h"
#include "vexfsd/bus/error.h"
#include "vexfsd/bus/handles.h"
#include "vexfsd/bus/values.h"
#include "vexfsd/config/presets.h"
#include "vexfsd/manager_state.h"

namespace vexfs {
namespace {

using json = nlohmann::json;
using bus::BusMessage;

constexpr bus::Action manage{"org.vexfs.manager.manage", "you may not change what vexfsd serves"};

struct UnrefCreds {
    void operator()(sd_bus_creds* creds) const { sd_bus_creds_unref(creds); }
};

// A method that is an operation of vexfs-protocol(7).
struct Question {
    std::string_view member;
    const char* operation;
    std::vector<const char*> fields;  // its arguments: strings, of which empty ones are left out
    const char* options = nullptr;    // the field that the a{sv} behind them is; "" for the request itself
    bool changes = false;
};

const std::vector<Question>& questions() {
    static const std::vector<Question> all{
        {"ListCollections", "collection.list", {}},
        {"CollectionInfo", "collection.info", {"collection"}},
        {"CreateCollection", "collection.create", {"collection"}, "", true},
        {"ConfigureCollection", "collection.configure", {"collection"}, "parameters", true},
        {"OptimizeCollection", "collection.optimize", {"collection"}, nullptr, true},
        {"DeleteCollection", "collection.delete", {"collection"}, nullptr, true},
        {"MountStatus", "mount.status", {}},
        {"Mount", "mount.mount", {"directory", "backend"}, nullptr, true},
        {"Unmount", "mount.unmount", {}, nullptr, true},
        {"Statistics", "stats", {"collection"}},
        {"IoStatistics", "io_stats", {"collection"}},
        {"Alerts", "alerts", {}},
    };
    return all;
}

Result<json> request_of(const Question& question, sd_bus_message* call) {
    json request{{"op", question.operation}};
    for (const char* const field : question.fields) {
        const char* value = nullptr;
        if (sd_bus_message_read(call, "s", &value) < 0)
            return fail(ErrorCode::malformed, fmt::format("{} is missing", field));
        if (*value != '\0') request[field] = value;
    }
    if (question.options == nullptr) return request;
    VEXFS_ASSIGN(json options, bus::read_fields(call));
    if (*question.options != '\0') {
        request[question.options] = std::move(options);
        return request;
    }
    for (const auto& [name, value] : options.items()) {
        if (request.contains(name))
            return fail(ErrorCode::invalid_argument, fmt::format("{} is no option", name));
        request[name] = value;
    }
    return request;
}

// The bus vouches for the user; the groups are those of the process.
Result<Caller> caller_of(sd_bus_message* call) {
    sd_bus_creds* found = nullptr;
    const int result = sd_bus_query_sender_creds(
        call, SD_BUS_CREDS_EUID | SD_BUS_CREDS_EGID | SD_BUS_CREDS_SUPPLEMENTARY_GIDS | SD_BUS_CREDS_AUGMENT,
        &found);
    const std::unique_ptr<sd_bus_creds, UnrefCreds> creds(found);
    if (result < 0) return fail_errno("ask who calls", -result);
    Caller caller;
    if (const int error = sd_bus_creds_get_euid(found, &caller.uid); error < 0)
        return fail_errno("ask who calls", -error);
    // Who has gone already has no groups.
    if (sd_bus_creds_get_egid(found, &caller.gid) < 0) caller.gid = std::numeric_limits<uint32_t>::max();
    const gid_t* groups = nullptr;
    const int count = sd_bus_creds_get_supplementary_gids(found, &groups);
    if (count > 0) caller.groups.assign(groups, groups + count);
    return caller;
}

int reply_fields(sd_bus_message* call, const json& fields) {
    sd_bus_message* made = nullptr;
    int result = sd_bus_message_new_method_return(call, &made);
    const BusMessage reply(made);
    if (result >= 0) result = bus::append_fields(made, fields);
    return result < 0 ? result : sd_bus_send(nullptr, made, nullptr);
}

int answer(ManagerState& manager, sd_bus_message* call, bool authorized, sd_bus_error* error) {
    const auto question =
        std::ranges::find(questions(), std::string_view(sd_bus_message_get_member(call)), &Question::member);
    auto caller = caller_of(call);
    if (!caller) return bus::set_error(error, caller.error());
    caller->all_powerful = authorized;
    auto request = request_of(*question, call);
    if (!request) return bus::set_error(error, request.error());
    Message reply;
    reply.header = manager.ask(std::move(*request), *caller);
    if (const auto failed = error_of(reply)) return bus::set_error(error, *failed);
    reply.header.erase("ok");
    if (question->changes) manager.look_again();
    return reply_fields(call, reply.header);
}

int on_call(sd_bus_message* call, void* manager, sd_bus_error* error) {
    return answer(*static_cast<ManagerState*>(manager), call, false, error);
}

int on_authorized(sd_bus_message* call, void* manager, sd_bus_error* error) {
    return answer(*static_cast<ManagerState*>(manager), call, true, error);
}

int on_presets(sd_bus_message* call, void*, sd_bus_error*) {
    const PresetCatalog catalog = PresetCatalog::load();
    json presets = json::array();
    for (const Preset& preset : catalog.presets()) presets.push_back(to_json(preset));
    return reply_fields(call, {{"presets", std::move(presets)}});
}

int on_preset(sd_bus_message* call, void* context, sd_bus_error* error) {
    const ManagerState& manager = *static_cast<ManagerState*>(context);
    const char *collection = nullptr, *name = nullptr;
    if (const int result = sd_bus_message_read(call, "ss", &collection, &name); result < 0) return result;
    const auto apply = [&]() -> Result<json> {
        const PresetCatalog catalog = PresetCatalog::load();
        VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
        Message reply;
        reply.header = manager.ask({{"op", "collection.info"}, {"collection", collection}});
        if (auto failed = error_of(reply)) return tl::unexpected(std::move(*failed));
        VEXFS_ASSIGN(json live, live_parameters(*preset, collection, reply.header.at("schema")));
        reply.header = manager.ask(
            {{"op", "collection.configure"}, {"collection", collection}, {"parameters", std::move(live)}});
        if (auto failed = error_of(reply)) return tl::unexpected(std::move(*failed));
        return std::move(reply.header);
    };
    auto applied = apply();
    if (!applied) return bus::set_error(error, applied.error());
    applied->erase("ok");
    return reply_fields(call, *applied);
}

int on_reload(sd_bus_message* call, void* manager, sd_bus_error*) {
    static_cast<ManagerState*>(manager)->reload();
    return sd_bus_reply_method_return(call, "");
}

int property(sd_bus*, const char*, const char*, const char* asked, sd_bus_message* reply, void* context,
             sd_bus_error*) {
    ManagerState& manager = *static_cast<ManagerState*>(context);
    const std::string_view name = asked;
    if (name == "Version") return sd_bus_message_append(reply, "s", VEXFS_VERSION);
    if (name == "DataDirectory") return sd_bus_message_append(reply, "s", manager.data_directory().c_str());
    manager.look_again();
    const ManagerState::Seen& seen = manager.seen();
    if (name == "Collections") return sd_bus_message_append(reply, "t", uint64_t{seen.collections.size()});
    if (name == "Status") return sd_bus_message_append(reply, "s", seen.status.c_str());
    if (name == "Mounted")
        return sd_bus_message_append(reply, "b", seen.mount.value("mounted", false) ? 1 : 0);
    if (name == "MountFallback")
        return sd_bus_message_append(reply, "b", seen.mount.value("fallback", false) ? 1 : 0);
    const char* const field = name == "MountDirectory" ? "directory"
                              : name == "MountBackend" ? "backend"
                                                       : "note";
    return sd_bus_message_append(reply, "s", seen.mount.value(field, "").c_str());
}

template <sd_bus_message_handler_t then>
int when_authorized(sd_bus_message* call, void* manager, sd_bus_error* error) {
    return bus::when_authorized(call, manage, then, manager, error);
}

}  // namespace

#define VEXFS_ALERT_ARGUMENTS \
    SD_BUS_ARGS("s", rule, "s", severity, "s", collection, "s", metric, "d", value, "d", threshold, "s", text)
#define VEXFS_PROPERTY(name, type, flags) SD_BUS_PROPERTY(name, type, property, 0, flags)
// Everybody may call them: who may do what is the service's to say, and polkit's.
#define VEXFS_METHOD(name, arguments, returns, handler)                                  \
    SD_BUS_METHOD_WITH_ARGS(name, SD_BUS_ARGS arguments, SD_BUS_RESULT returns, handler, \
                            SD_BUS_VTABLE_UNPRIVILEGED)
#define VEXFS_NONE (NULL, )
#define VEXFS_READ(name, arguments) VEXFS_METHOD(name, arguments, ("a{sv}", fields), on_call)
#define VEXFS_CHANGE(name, arguments) \
    VEXFS_METHOD(name, arguments, ("a{sv}", fields), when_authorized<on_authorized>)

const sd_bus_vtable manager_vtable[] = {
    SD_BUS_VTABLE_START(0),
    VEXFS_READ("ListCollections", VEXFS_NONE),
    VEXFS_READ("CollectionInfo", ("s", collection)),
    VEXFS_CHANGE("CreateCollection", ("s", collection, "a{sv}", options)),
    VEXFS_CHANGE("ConfigureCollection", ("s", collection, "a{sv}", parameters)),
    VEXFS_CHANGE("OptimizeCollection", ("s", collection)),
    VEXFS_CHANGE("DeleteCollection", ("s", collection)),
    VEXFS_METHOD("ListPresets", VEXFS_NONE, ("a{sv}", fields), on_presets),
    VEXFS_METHOD("ApplyPreset", ("s", collection, "s", preset), ("a{sv}", fields),
                 when_authorized<on_preset>),
    VEXFS_READ("MountStatus", VEXFS_NONE),
    VEXFS_CHANGE("Mount", ("s", directory, "s", backend)),
    VEXFS_CHANGE("Unmount", VEXFS_NONE),
    VEXFS_READ("Statistics", ("s", collection)),
    VEXFS_READ("IoStatistics", ("s", collection)),
    VEXFS_READ("Alerts", VEXFS_NONE),
    VEXFS_METHOD("Reload", VEXFS_NONE, VEXFS_NONE, when_authorized<on_reload>),
    VEXFS_PROPERTY("Version", "s", SD_BUS_VTABLE_PROPERTY_CONST),
    VEXFS_PROPERTY("DataDirectory", "s", SD_BUS_VTABLE_PROPERTY_CONST),
    VEXFS_PROPERTY("Status", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("Collections", "t", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("Mounted", "b", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("MountDirectory", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("MountBackend", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("MountFallback", "b", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    VEXFS_PROPERTY("MountNote", "s", SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_SIGNAL_WITH_ARGS("CollectionAdded", SD_BUS_ARGS("s", collection), 0),
    SD_BUS_SIGNAL_WITH_ARGS("CollectionRemoved", SD_BUS_ARGS("s", collection), 0),
    SD_BUS_SIGNAL_WITH_ARGS("AlertRaised", VEXFS_ALERT_ARGUMENTS, 0),
    SD_BUS_SIGNAL_WITH_ARGS("AlertCleared", VEXFS_ALERT_ARGUMENTS, 0),
    SD_BUS_SIGNAL_WITH_ARGS("Reloaded",
                            SD_BUS_ARGS("b", applied, "as", changed, "as", after_restart, "as", problems), 0),
    SD_BUS_VTABLE_END,
};

}  // namespace vexfs
