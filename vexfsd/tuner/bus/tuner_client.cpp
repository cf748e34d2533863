// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/bus/tuner_client.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "vexfsd/tuner/bus/messages.h"

namespace vexfs::tuner {
namespace {

using bus::BusMessage;

constexpr uint64_t patience_us = 330'000'000;  // polkit's agent asks for a password meanwhile

// Whether it runs, or would be started by a call.
bool offers_tuner(sd_bus* bus) {
    char **running = nullptr, **startable = nullptr;
    if (sd_bus_list_names(bus, &running, &startable) < 0) return false;
    bool found = false;
    for (char** const list : {running, startable}) {
        for (char** name = list; name != nullptr && *name != nullptr; ++name) {
            found = found || std::string_view(*name) == bus_name;
            std::free(*name);
        }
        std::free(list);
    }
    return found;
}

}  // namespace

std::optional<TunerClient> TunerClient::open() {
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) return std::nullopt;
    TunerClient client(opened);
    if (!offers_tuner(opened)) return std::nullopt;
    return client;
}

Result<TuningReport> TunerClient::apply(const std::string& profile) {
    VEXFS_ASSIGN(const BusMessage reply, call("ApplyTuning", {profile.c_str()}));
    return read_tuning_report(reply.get());
}

Result<TuningReport> TunerClient::revert() {
    VEXFS_ASSIGN(const BusMessage reply, call("RevertTuning"));
    return read_tuning_report(reply.get());
}

Result<ModuleStatus> TunerClient::load() {
    VEXFS_ASSIGN(const BusMessage reply, call("LoadModule"));
    return read_module_status(reply.get());
}

Result<void> TunerClient::unload() {
    VEXFS_TRY(call("UnloadModule"));
    return {};
}

Result<void> TunerClient::mount(const std::string& backend, const std::string& directory) {
    VEXFS_TRY(call("Mount", {backend.c_str(), directory.c_str()}));
    return {};
}

Result<void> TunerClient::unmount(const std::string& directory) {
    VEXFS_TRY(call("Unmount", {directory.c_str()}));
    return {};
}

Result<UniqueFd> TunerClient::open_device() {
    VEXFS_ASSIGN(const BusMessage reply, call("OpenDevice"));
    int descriptor = -1;
    const int result = sd_bus_message_read(reply.get(), "h", &descriptor);
    if (result < 0) return fail_errno("read the answer of vexfs-tuner", -result);
    // The message's own is closed with it.
    UniqueFd device(fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
    if (!device) return fail_errno("keep the device", errno);
    return device;
}

Result<BusMessage> TunerClient::call(const char* method, std::initializer_list<const char*> arguments) {
    sd_bus_message* made = nullptr;
    int result = sd_bus_message_new_method_call(bus_.get(), &made, bus_name, bus_path, bus_interface, method);
    const BusMessage question(made);
    for (const char* const argument : arguments) {
        if (result >= 0) result = sd_bus_message_append(made, "s", argument);
    }
    if (result >= 0) result = sd_bus_message_set_allow_interactive_authorization(made, 1);
    if (result < 0) return fail_errno("ask vexfs-tuner", -result);
    sd_bus_error error{};
    sd_bus_message* answer = nullptr;
    result = sd_bus_call(bus_.get(), made, patience_us, &error, &answer);
    BusMessage reply(answer);
    if (result >= 0) return reply;
    Error failed =
        sd_bus_error_is_set(&error) ? error_from(error) : fail_errno("ask vexfs-tuner", -result).value();
    sd_bus_error_free(&error);
    return tl::unexpected(std::move(failed));
}

}  // namespace vexfs::tuner
