// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/manager_bus.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/base/thread_name.h"
#include "vexfsd/manager_state.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr const char* bus_name = "org.vexfs.Manager";
constexpr const char* object = "/org/vexfs/Manager1";
constexpr const char* interface = "org.vexfs.Manager1";
constexpr const char* alert_arguments = "ssssdds";
constexpr uint64_t patience_us = 2'000'000;
constexpr std::chrono::seconds look_interval{1}, retry_interval{30};
constexpr size_t signals_max = 256;

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
    const bus::BusMessage signal(made);
    if (result >= 0) result = sd_bus_message_append(made, "b", reloaded.problems.empty() ? 1 : 0);
    for (const auto* words : {&reloaded.changed, &reloaded.later, &reloaded.problems}) {
        if (result >= 0) result = append_words(made, *words);
    }
    return result < 0 ? result : sd_bus_send(bus, made, nullptr);
}

}  // namespace

json ManagerState::ask(json request, const Caller& caller) const {
    Message message;
    message.header = std::move(request);
    message.text = true;  // no arrays
    return service_.handle(message, caller).header;
}

json ManagerState::ask(json request) const {
    Caller daemon;
    daemon.uid = geteuid();
    daemon.gid = getegid();
    return ask(std::move(request), daemon);
}

Result<void> ManagerState::open() {
    next_try_ = Clock::now() + retry_interval;
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return {};
    bus::Bus made(opened);
    sd_bus_set_method_call_timeout(opened, patience_us);
    seen_ = look();
    int error = sd_bus_add_object_vtable(opened, nullptr, object, interface, manager_vtable, this);
    if (error >= 0) error = sd_bus_request_name(opened, bus_name, 0);
    if (error >= 0) error = sd_bus_attach_event(opened, event_.get(), SD_EVENT_PRIORITY_NORMAL);
    if (error < 0) return fail_errno("be org.vexfs.Manager on the system bus", -error);
    bus_ = std::move(made);
    return {};
}

// Every second or so.
void ManagerState::keep_up() {
    if (bus_ && sd_bus_is_open(bus_.get()) <= 0) bus_.reset();
    if (bus_) return look_again();
    // It is told when there is something to send.
    if (Clock::now() >= next_try_) static_cast<void>(open());
}

void ManagerState::send_waiting() {
    std::deque<Send> now;
    {
        const std::lock_guard lock(mutex_);
        now.swap(waiting_);
    }
    for (const Send& signal : now) {
        if (!bus_) {
            if (auto opened = open(); !opened) {
                spdlog::warn("what happens is not told on the bus: {}", opened.error().message);
                return;
            }
        }
        if (!bus_) return;
        if (const int error = signal(bus_.get()); error < 0)
            spdlog::warn("what happens is not told on the bus: {}", std::strerror(-error));
    }
}

ManagerState::Seen ManagerState::look() const {
    Seen now;
    now.collections = store_.names();
    std::ranges::sort(now.collections);
    now.status = ask({{"op", "health"}}).value("status", "");
    now.mount = ask({{"op", "mount.status"}});
    return now;
}

void ManagerState::look_again() {
    const Seen before = std::exchange(seen_, look());
    std::vector<const char*> changed;
    const auto note = [&](bool differs, const char* property) {
        if (differs) changed.push_back(property);
    };
    note(before.collections.size() != seen_.collections.size(), "Collections");
    note(before.status != seen_.status, "Status");
    constexpr std::array<std::pair<const char*, const char*>, 5> mount_fields{
        {{"mounted", "Mounted"},
         {"directory", "MountDirectory"},
         {"backend", "MountBackend"},
         {"fallback", "MountFallback"},
         {"note", "MountNote"}}};
    for (const auto& [field, property] : mount_fields)
        note(before.mount.value(field, json()) != seen_.mount.value(field, json()), property);
    std::vector<std::string> names;
    std::ranges::set_difference(seen_.collections, before.collections, std::back_inserter(names));
    for (const std::string& name : names) emit_names(bus_.get(), "CollectionAdded", name);
    names.clear();
    std::ranges::set_difference(before.collections, seen_.collections, std::back_inserter(names));
    for (const std::string& name : names) emit_names(bus_.get(), "CollectionRemoved", name);
    if (changed.empty()) return;
    std::vector<char*> words;
    for (const char* const property : changed) words.push_back(const_cast<char*>(property));
    words.push_back(nullptr);
    sd_bus_emit_properties_changed_strv(bus_.get(), object, interface, words.data());
}

Result<void> ManagerState::begin() {
    sd_event* made = nullptr;
    if (const int error = sd_event_new(&made); error < 0) return fail_errno("make an event loop", -error);
    event_.reset(made);
    woken_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!woken_) return fail_errno("eventfd", errno);
    const auto on_wake = [](sd_event_source*, int descriptor, uint32_t, void* self) {
        uint64_t count = 0;
        if (::read(descriptor, &count, sizeof count) > 0) static_cast<ManagerState*>(self)->send_waiting();
        return 0;
    };
    const int error = sd_event_add_io(made, nullptr, woken_.get(), EPOLLIN, on_wake, this);
    if (error < 0) return fail_errno("watch for signals to send", -error);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void ManagerState::run(const std::stop_token& stop) {
    name_thread("vexfs-bus");
    const std::stop_callback end(stop, [this] { wake(); });
    for (auto next_look = Clock::now(); !stop.stop_requested();) {
        if (Clock::now() >= next_look) {
            keep_up();
            next_look = Clock::now() + look_interval;
        }
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(next_look - Clock::now());
        const int result =
            sd_event_run(event_.get(), static_cast<uint64_t>(std::max<int64_t>(left.count(), 0)));
        if (result < 0) {
            spdlog::error("the bus is not served any more: {}", std::strerror(-result));
            return;
        }
    }
}

void ManagerState::wake() const {
    const uint64_t one = 1;
    // It is full where the thread has been woken already.
    static_cast<void>(!::write(woken_.get(), &one, sizeof one));
}

void ManagerState::tell(Send signal) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= signals_max) return;  // the bus takes none
        waiting_.push_back(std::move(signal));
    }
    wake();
}

ManagerBus::ManagerBus(std::unique_ptr<ManagerState> state) : state_(std::move(state)) {}

ManagerBus::~ManagerBus() = default;

Result<std::unique_ptr<ManagerBus>> ManagerBus::start(Service& service, const Store& store,
                                                      std::function<void()> reload) {
    auto state = std::make_unique<ManagerState>(service, store, std::move(reload));
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
