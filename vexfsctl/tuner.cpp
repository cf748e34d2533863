// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/tuner.h"

#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "vexfsd/tuner/bus/messages.h"

namespace vexfs::ctl {
namespace {

using namespace vexfs::tuner;

constexpr uint64_t patience_us = 330'000'000;  // polkit's agent asks for a password meanwhile

class OwnTuner final : public Tuner {
  public:
    Result<TuningReport> apply(const Profile& profile) override {
        return Tuning(kernel_values()).apply(profile);
    }
    Result<TuningReport> revert() override { return Tuning(kernel_values()).revert(); }
    Result<ModuleStatus> load(const Settings::Module& settings) override { return Module().load(settings); }
    Result<void> unload() override { return Module().unload(); }
};

struct CloseBus {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
struct UnrefMessage {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;
using BusMessage = std::unique_ptr<sd_bus_message, UnrefMessage>;

class BusTuner final : public Tuner {
  public:
    explicit BusTuner(Bus bus) : bus_(std::move(bus)) {}

    Result<TuningReport> apply(const Profile& profile) override {
        VEXFS_ASSIGN(const BusMessage reply, call("ApplyTuning", profile.name.c_str()));
        return read_tuning_report(reply.get());
    }
    Result<TuningReport> revert() override {
        VEXFS_ASSIGN(const BusMessage reply, call("RevertTuning"));
        return read_tuning_report(reply.get());
    }
    Result<ModuleStatus> load(const Settings::Module&) override {
        VEXFS_ASSIGN(const BusMessage reply, call("LoadModule"));
        return read_module_status(reply.get());
    }
    Result<void> unload() override {
        VEXFS_TRY(call("UnloadModule"));
        return {};
    }

  private:
    Result<BusMessage> call(const char* method, const char* argument = nullptr) {
        sd_bus_message* made = nullptr;
        int result =
            sd_bus_message_new_method_call(bus_.get(), &made, bus_name, bus_path, bus_interface, method);
        const BusMessage question(made);
        if (result >= 0 && argument != nullptr) result = sd_bus_message_append(made, "s", argument);
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

    Bus bus_;
};

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

const KernelValues& kernel_values() {
    static const KernelValues values;
    return values;
}

std::unique_ptr<Tuner> open_tuner() {
    sd_bus* opened = nullptr;
    if (geteuid() != 0 && sd_bus_open_system(&opened) >= 0) {
        Bus bus(opened);
        if (offers_tuner(opened)) return std::make_unique<BusTuner>(std::move(bus));
    }
    return std::make_unique<OwnTuner>();
}

}  // namespace vexfs::ctl
