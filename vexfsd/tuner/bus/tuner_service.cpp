// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/bus/tuner_service.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstring>

#include "vexfsd/bus/authorization.h"
#include "vexfsd/bus/error.h"
#include "vexfsd/config/settings.h"
#include "vexfsd/tuner/bus/messages.h"
#include "vexfsd/tuner/mounting.h"

namespace vexfs::tuner {
namespace {

constexpr const char* refused = "you may not change the kernel of this machine";
constexpr bus::Action tune_action{"org.vexfs.tuner.tune", refused};
constexpr bus::Action module_action{"org.vexfs.tuner.module", refused};
constexpr bus::Action mount_action{"org.vexfs.tuner.mount", refused};

const KernelValues& kernel() {
    static const KernelValues values;
    return values;
}

Result<Profile> profile_in(sd_bus_message* call) {
    const char* name = nullptr;
    if (sd_bus_message_read(call, "s", &name) < 0)
        return fail(ErrorCode::malformed, "a profile's name is missing");
    const ProfileCatalog catalog = ProfileCatalog::load();
    VEXFS_ASSIGN(const Profile* const profile, catalog.find(name));
    return *profile;
}

Result<Settings> settings() {
    const auto configuration = load_configuration({});
    if (configuration) return configuration->settings();
    return fail(ErrorCode::invalid_argument, configuration.error().front().text(), "vexfsctl config check");
}

template <class Report>
int reply(sd_bus_message* call, const Result<Report>& report, sd_bus_error* error) {
    if (!report) return bus::set_error(error, report.error());
    sd_bus_message* answer = nullptr;
    int result = sd_bus_message_new_method_return(call, &answer);
    if (result >= 0) result = append(answer, *report);
    if (result >= 0) result = sd_bus_send(nullptr, answer, nullptr);
    sd_bus_message_unref(answer);
    return result;
}

int reply_done(sd_bus_message* call, const Result<void>& done, sd_bus_error* error) {
    return done ? sd_bus_reply_method_return(call, "") : bus::set_error(error, done.error());
}

int plan(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call, profile_in(call).and_then([](const Profile& profile) {
        return Tuning(kernel()).plan(profile);
    }),
                 error);
}

int apply(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call, profile_in(call).and_then([](const Profile& profile) {
        return Tuning(kernel()).apply(profile);
    }),
                 error);
}

int revert(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call, Tuning(kernel()).revert(), error);
}

int tuning_status(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call, Tuning(kernel()).status(), error);
}

int module_status(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call,
                 settings().and_then([](const Settings& found) { return Module().status(found.module); }),
                 error);
}

int load(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply(call, settings().and_then([](const Settings& found) { return Module().load(found.module); }),
                 error);
}

int unload(sd_bus_message* call, void*, sd_bus_error* error) {
    return reply_done(call, Module().unload(), error);
}

int mount(sd_bus_message* call, void*, sd_bus_error* error) {
    const char *backend = nullptr, *directory = nullptr;
    if (const int result = sd_bus_message_read(call, "ss", &backend, &directory); result < 0) return result;
    return reply_done(call, settings().and_then([&](const Settings& found) {
        return mount_for_daemon(found, backend, directory);
    }),
                      error);
}

int unmount(sd_bus_message* call, void*, sd_bus_error* error) {
    const char* directory = nullptr;
    if (const int result = sd_bus_message_read(call, "s", &directory); result < 0) return result;
    return reply_done(call, unmount_for_daemon(directory), error);
}

int device(sd_bus_message* call, void*, sd_bus_error* error) {
    const auto opened = settings().and_then(open_device);
    if (!opened) return bus::set_error(error, opened.error());
    return sd_bus_reply_method_return(call, "h", opened->get());
}

template <sd_bus_message_handler_t then>
int ask_to_tune(sd_bus_message* call, void*, sd_bus_error* error) {
    return bus::when_authorized(call, tune_action, then, nullptr, error);
}

template <sd_bus_message_handler_t then>
int ask_for_module(sd_bus_message* call, void*, sd_bus_error* error) {
    return bus::when_authorized(call, module_action, then, nullptr, error);
}

template <sd_bus_message_handler_t then>
int ask_to_mount(sd_bus_message* call, void*, sd_bus_error* error) {
    return bus::when_authorized(call, mount_action, then, nullptr, error);
}

int version(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void*, sd_bus_error*) {
    return sd_bus_message_append(reply, "s", VEXFS_VERSION);
}

// Everybody may call them: who may do what is polkit's to say.
const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("PlanTuning", "s", tuning_signature, plan, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ApplyTuning", "s", tuning_signature, ask_to_tune<apply>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RevertTuning", "", tuning_signature, ask_to_tune<revert>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("TuningStatus", "", tuning_signature, tuning_status, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ModuleStatus", "", module_signature, module_status, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("LoadModule", "", module_signature, ask_for_module<load>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnloadModule", "", "", ask_for_module<unload>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Mount", "ss", "", ask_to_mount<mount>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Unmount", "s", "", ask_to_mount<unmount>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("OpenDevice", "", "h", ask_to_mount<device>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Version", "s", version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

}  // namespace

TunerService::~TunerService() {
    sd_bus_slot_unref(slot_);
    sd_bus_flush_close_unref(bus_);
}

Result<std::unique_ptr<TunerService>> TunerService::open() {
    std::unique_ptr<TunerService> service(new TunerService);
    if (const int error = sd_bus_open_system(&service->bus_); error < 0)
        return fail_errno("connect to the system bus", -error);
    int error =
        sd_bus_add_object_vtable(service->bus_, &service->slot_, bus_path, bus_interface, vtable, nullptr);
    if (error < 0) return fail_errno("offer org.vexfs.Tuner1", -error);
    error = sd_bus_request_name(service->bus_, bus_name, 0);
    if (error < 0) return fail_errno(fmt::format("take the name {} on the bus", bus_name), -error);
    return service;
}

Result<void> TunerService::run(std::chrono::microseconds idle) {
    bool leaving = false;
    while (true) {
        int result = sd_bus_process(bus_, nullptr);
        if (result > 0) continue;
        if (result >= 0 && leaving) return {};
        if (result >= 0) result = sd_bus_wait(bus_, static_cast<uint64_t>(idle.count()));
        if (result == -EINTR) continue;
        if (result < 0) return fail_errno("serve the bus", -result);
        if (result > 0 || bus::waiting_for_authorization() > 0) continue;
        // Who asks from now on has systemd start another one after this one has gone; who has asked is
        // served.
        sd_notify(0, "STOPPING=1");
        result = sd_bus_release_name(bus_, bus_name);
        if (result < 0) return fail_errno(fmt::format("give up the name {}", bus_name), -result);
        leaving = true;
    }
}

}  // namespace vexfs::tuner
