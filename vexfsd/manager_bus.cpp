// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/manager_bus.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/base/thread_name.h"
#include "engine/base/unique_fd.h"
#include "vexfsd/bus/authorization.h"
#include "vexfsd/bus/error.h"
#include "vexfsd/bus/handles.h"
#include "vexfsd/bus/values.h"
#include "vexfsd/config/presets.h"

namespace vexfs {
namespace {

using json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using Send = std::function<int(sd_bus*)>;

constexpr const char* bus_name = "org.vexfs.Manager";
constexpr const char* object = "/org/vexfs/Manager1";
constexpr const char* interface = "org.vexfs.Manager1";
constexpr const char* alert_arguments = "ssssdds";
constexpr uint64_t patience_us = 2'000'000;
constexpr std::chrono::seconds look_interval{1}, retry_interval{30};
constexpr size_t signals_max = 256;

constexpr bus::Action manage{"org.vexfs.manager.manage", "you may not change what vexfsd serves"};

struct UnrefEvent {
    void operator()(sd_event* event) const { sd_event_unref(event); }
};
struct UnrefCreds {
    void operator()(sd_bus_creds* creds) const { sd_bus_creds_unref(creds); }
};
using bus::Bus;
using bus::BusMessage;

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

// Who may do everything, after polkit has let somebody.
Caller the_daemon() {
    Caller caller;
    caller.uid = geteuid();
    caller.gid = getegid();
    return caller;
}

int reply_fields(sd_bus_message* call, const json& fields) {
    sd_bus_message* made = nullptr;
    int result = sd_bus_message_new_method_return(call, &made);
    const BusMessage reply(made);
    if (result >= 0) result = bus::append_fields(made, fields);
    return result < 0 ? result : sd_bus_send(nullptr, made, nullptr);
}

int emit_names(sd_bus* bus, const char* member, const std::string& name) {
    return sd_bus_emit_signal(bus, object, interface, member, "s", name.c_str());
}

int append_words(sd_bus_message* message, const std::vector<std::string>& words) {
    int result = sd_bus_message_open_container(message, 'a', "s");
    for (const std::string& word : words) {
        if (result >= 0) result = sd_bus_message_append(message, "s", word.c_str());
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int emit_reloaded(sd_bus* bus, const Reloaded& reloaded) {
    sd_bus_message* made = nullptr;
    int result = sd_bus_message_new_signal(bus, &made, object, interface, "Reloaded");
    const BusMessage signal(made);
    if (result >= 0) result = sd_bus_message_append(made, "b", reloaded.problems.empty() ? 1 : 0);
    for (const auto* words : {&reloaded.changed, &reloaded.later, &reloaded.problems}) {
        if (result >= 0) result = append_words(made, *words);
    }
    return result < 0 ? result : sd_bus_send(bus, made, nullptr);
}

}  // namespace

struct ManagerBus::State {
    // What properties tell, as it was seen last.
    struct Seen {
        std::vector<std::string> collections;  // sorted
        std::string status;
        json mount = json::object();
    };

    State(Service& asked, const Store& served, std::function<void()> reloads)
        : service(asked), store(served), reload(std::move(reloads)) {}

    Result<void> begin();
    void run(const std::stop_token& stop);
    Result<void> open();
    void keep_up();
    void send_waiting();
    Seen look() const;
    void look_again();
    json ask(json request, const Caller& caller) const;
    int answer(sd_bus_message* call, bool authorized, sd_bus_error* error);
    void tell(Send signal);
    void wake() const;

    static int on_call(sd_bus_message* call, void* self, sd_bus_error* error);
    static int on_authorized(sd_bus_message* call, void* self, sd_bus_error* error);
    static int on_presets(sd_bus_message* call, void* self, sd_bus_error* error);
    static int on_preset(sd_bus_message* call, void* self, sd_bus_error* error);
    static int on_reload(sd_bus_message* call, void* self, sd_bus_error* error);
    template <sd_bus_message_handler_t then>
    static int when_authorized(sd_bus_message* call, void* self, sd_bus_error* error) {
        return bus::when_authorized(call, manage, then, self, error);
    }
    static int property(sd_bus*, const char*, const char*, const char* name, sd_bus_message* reply,
                        void* self, sd_bus_error*);
    static const sd_bus_vtable vtable[];

    Service& service;
    const Store& store;
    const std::function<void()> reload;

    // Of the thread.
    std::unique_ptr<sd_event, UnrefEvent> event;
    Bus bus;  // before the event loop
    Clock::time_point next_try{};
    Seen seen;

    UniqueFd woken;
    std::mutex mutex;  // guards what follows
    std::deque<Send> waiting;
    std::jthread thread;  // ends before the rest does
};

json ManagerBus::State::ask(json request, const Caller& caller) const {
    Message message;
    message.header = std::move(request);
    message.text = true;  // no arrays
    return service.handle(message, caller).header;
}

int ManagerBus::State::answer(sd_bus_message* call, bool authorized, sd_bus_error* error) {
    const auto question =
        std::ranges::find(questions(), std::string_view(sd_bus_message_get_member(call)), &Question::member);
    auto caller = caller_of(call);
    if (!caller) return bus::set_error(error, caller.error());
    caller->all_powerful = authorized;
    auto request = request_of(*question, call);
    if (!request) return bus::set_error(error, request.error());
    Message reply;
    reply.header = ask(std::move(*request), *caller);
    if (const auto failed = error_of(reply)) return bus::set_error(error, *failed);
    reply.header.erase("ok");
    if (question->changes) look_again();
    return reply_fields(call, reply.header);
}

int ManagerBus::State::on_call(sd_bus_message* call, void* self, sd_bus_error* error) {
    return static_cast<State*>(self)->answer(call, false, error);
}

int ManagerBus::State::on_authorized(sd_bus_message* call, void* self, sd_bus_error* error) {
    return static_cast<State*>(self)->answer(call, true, error);
}

int ManagerBus::State::on_presets(sd_bus_message* call, void*, sd_bus_error*) {
    const PresetCatalog catalog = PresetCatalog::load();
    json presets = json::array();
    for (const Preset& preset : catalog.presets()) presets.push_back(to_json(preset));
    return reply_fields(call, {{"presets", std::move(presets)}});
}

int ManagerBus::State::on_preset(sd_bus_message* call, void* context, sd_bus_error* error) {
    const State& self = *static_cast<State*>(context);
    const char *collection = nullptr, *name = nullptr;
    if (const int result = sd_bus_message_read(call, "ss", &collection, &name); result < 0) return result;
    const Caller powerful = the_daemon();
    const auto apply = [&]() -> Result<json> {
        const PresetCatalog catalog = PresetCatalog::load();
        VEXFS_ASSIGN(const Preset* const preset, catalog.find(name));
        Message reply;
        reply.header = self.ask({{"op", "collection.info"}, {"collection", collection}}, powerful);
        if (auto failed = error_of(reply)) return tl::unexpected(std::move(*failed));
        VEXFS_ASSIGN(json live, live_parameters(*preset, collection, reply.header.at("schema")));
        reply.header = self.ask(
            {{"op", "collection.configure"}, {"collection", collection}, {"parameters", std::move(live)}},
            powerful);
        if (auto failed = error_of(reply)) return tl::unexpected(std::move(*failed));
        return std::move(reply.header);
    };
    auto applied = apply();
    if (!applied) return bus::set_error(error, applied.error());
    applied->erase("ok");
    return reply_fields(call, *applied);
}

int ManagerBus::State::on_reload(sd_bus_message* call, void* self, sd_bus_error*) {
    static_cast<State*>(self)->reload();
    return sd_bus_reply_method_return(call, "");
}

int ManagerBus::State::property(sd_bus*, const char*, const char*, const char* asked, sd_bus_message* reply,
                                void* context, sd_bus_error*) {
    State& self = *static_cast<State*>(context);
    const std::string_view name = asked;
    if (name == "Version") return sd_bus_message_append(reply, "s", VEXFS_VERSION);
    if (name == "DataDirectory") return sd_bus_message_append(reply, "s", self.store.directory().c_str());
    self.look_again();
    const Seen& seen = self.seen;
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

const sd_bus_vtable ManagerBus::State::vtable[] = {
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

Result<void> ManagerBus::State::open() {
    next_try = Clock::now() + retry_interval;
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return {};
    Bus made(opened);
    sd_bus_set_method_call_timeout(opened, patience_us);
    seen = look();
    int error = sd_bus_add_object_vtable(opened, nullptr, object, interface, vtable, this);
    if (error >= 0) error = sd_bus_request_name(opened, bus_name, 0);
    if (error >= 0) error = sd_bus_attach_event(opened, event.get(), SD_EVENT_PRIORITY_NORMAL);
    if (error < 0) return fail_errno("be org.vexfs.Manager on the system bus", -error);
    bus = std::move(made);
    return {};
}

// Every second or so.
void ManagerBus::State::keep_up() {
    if (bus && sd_bus_is_open(bus.get()) <= 0) bus.reset();
    if (bus) return look_again();
    // It is told when there is something to send.
    if (Clock::now() >= next_try) static_cast<void>(open());
}

void ManagerBus::State::send_waiting() {
    std::deque<Send> now;
    {
        const std::lock_guard lock(mutex);
        now.swap(waiting);
    }
    for (const Send& signal : now) {
        if (!bus) {
            if (auto opened = open(); !opened) {
                spdlog::warn("what happens is not told on the bus: {}", opened.error().message);
                return;
            }
        }
        if (!bus) return;
        if (const int error = signal(bus.get()); error < 0)
            spdlog::warn("what happens is not told on the bus: {}", std::strerror(-error));
    }
}

ManagerBus::State::Seen ManagerBus::State::look() const {
    const Caller powerful = the_daemon();
    Seen now;
    now.collections = store.names();
    std::ranges::sort(now.collections);
    now.status = ask({{"op", "health"}}, powerful).value("status", "");
    now.mount = ask({{"op", "mount.status"}}, powerful);
    return now;
}

void ManagerBus::State::look_again() {
    const Seen before = std::exchange(seen, look());
    std::vector<const char*> changed;
    const auto note = [&](bool differs, const char* property) {
        if (differs) changed.push_back(property);
    };
    note(before.collections.size() != seen.collections.size(), "Collections");
    note(before.status != seen.status, "Status");
    constexpr std::array<std::pair<const char*, const char*>, 5> mount_fields{
        {{"mounted", "Mounted"},
         {"directory", "MountDirectory"},
         {"backend", "MountBackend"},
         {"fallback", "MountFallback"},
         {"note", "MountNote"}}};
    for (const auto& [field, property] : mount_fields)
        note(before.mount.value(field, json()) != seen.mount.value(field, json()), property);
    std::vector<std::string> names;
    std::ranges::set_difference(seen.collections, before.collections, std::back_inserter(names));
    for (const std::string& name : names) emit_names(bus.get(), "CollectionAdded", name);
    names.clear();
    std::ranges::set_difference(before.collections, seen.collections, std::back_inserter(names));
    for (const std::string& name : names) emit_names(bus.get(), "CollectionRemoved", name);
    if (changed.empty()) return;
    std::vector<char*> words;
    for (const char* const property : changed) words.push_back(const_cast<char*>(property));
    words.push_back(nullptr);
    sd_bus_emit_properties_changed_strv(bus.get(), object, interface, words.data());
}

Result<void> ManagerBus::State::begin() {
    sd_event* made = nullptr;
    if (const int error = sd_event_new(&made); error < 0) return fail_errno("make an event loop", -error);
    event.reset(made);
    woken = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!woken) return fail_errno("eventfd", errno);
    const auto on_wake = [](sd_event_source*, int descriptor, uint32_t, void* self) {
        uint64_t count = 0;
        if (::read(descriptor, &count, sizeof count) > 0) static_cast<State*>(self)->send_waiting();
        return 0;
    };
    const int error = sd_event_add_io(made, nullptr, woken.get(), EPOLLIN, on_wake, this);
    if (error < 0) return fail_errno("watch for signals to send", -error);
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void ManagerBus::State::run(const std::stop_token& stop) {
    name_thread("vexfs-bus");
    const std::stop_callback end(stop, [this] { wake(); });
    for (auto next_look = Clock::now(); !stop.stop_requested();) {
        if (Clock::now() >= next_look) {
            keep_up();
            next_look = Clock::now() + look_interval;
        }
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(next_look - Clock::now());
        const int result =
            sd_event_run(event.get(), static_cast<uint64_t>(std::max<int64_t>(left.count(), 0)));
        if (result < 0) {
            spdlog::error("the bus is not served any more: {}", std::strerror(-result));
            return;
        }
    }
}

void ManagerBus::State::wake() const {
    const uint64_t one = 1;
    // It is full where the thread has been woken already.
    static_cast<void>(!::write(woken.get(), &one, sizeof one));
}

void ManagerBus::State::tell(Send signal) {
    {
        const std::lock_guard lock(mutex);
        if (waiting.size() >= signals_max) return;  // the bus takes none
        waiting.push_back(std::move(signal));
    }
    wake();
}

ManagerBus::ManagerBus(std::unique_ptr<State> state) : state_(std::move(state)) {}

ManagerBus::~ManagerBus() = default;

Result<std::unique_ptr<ManagerBus>> ManagerBus::start(Service& service, const Store& store,
                                                      std::function<void()> reload) {
    auto state = std::make_unique<State>(service, store, std::move(reload));
    VEXFS_TRY(state->begin());
    return std::unique_ptr<ManagerBus>(new ManagerBus(std::move(state)));
}

void ManagerBus::tell(const AlertEvent& event) {
    state_->tell([event](sd_bus* bus) {
        return sd_bus_emit_signal(bus, object, interface, event.raised ? "AlertRaised" : "AlertCleared",
                                  alert_arguments, event.rule.name.c_str(), event.rule.severity.c_str(),
                                  event.collection.c_str(), event.rule.metric.c_str(),
                                  event.value.value_or(std::numeric_limits<double>::quiet_NaN()),
                                  event.rule.threshold, event.text().c_str());
    });
}

void ManagerBus::tell(const Reloaded& reloaded) {
    state_->tell([reloaded](sd_bus* bus) { return emit_reloaded(bus, reloaded); });
}

}  // namespace vexfs
