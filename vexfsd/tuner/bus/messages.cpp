// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/bus/messages.h"

#include <fmt/format.h>

#include <string_view>

#include "vexfsd/bus/error.h"

namespace vexfs::tuner {
namespace {

tl::unexpected<Error> unreadable(int error) {
    return fail(ErrorCode::malformed,
                fmt::format("vexfs-tuner answers what can't be read (error {})", -error),
                "it has another version: restart it with 'systemctl restart vexfs-tuner'");
}

// The state of that name; `names` holds the last of them.
template <class State>
State state_from(std::string_view name, State last) {
    for (int state = 0; state < static_cast<int>(last); ++state) {
        if (name_of(static_cast<State>(state)) == name) return static_cast<State>(state);
    }
    return last;
}

}  // namespace

int append(sd_bus_message* message, const TuningReport& report) {
    int result = sd_bus_message_append(message, "sst", report.profile.c_str(),
                                       std::string(name_of(report.state)).c_str(), report.applied_at);
    if (result >= 0) result = sd_bus_message_open_container(message, 'a', "(ssssss)");
    for (const ValueReport& value : report.values) {
        if (result < 0) return result;
        result = sd_bus_message_append(message, "(ssssss)", value.key.c_str(), value.now.c_str(),
                                       value.wanted.c_str(), value.original.c_str(),
                                       std::string(name_of(value.state)).c_str(), value.note.c_str());
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int append(sd_bus_message* message, const ModuleStatus& status) {
    int result = sd_bus_message_append(message, "bsss", static_cast<int>(status.loaded),
                                       status.version.c_str(), status.file.c_str(), status.note.c_str());
    if (result >= 0) result = sd_bus_message_open_container(message, 'a', "(sssss)");
    for (const ModuleParameter& parameter : status.parameters) {
        if (result < 0) return result;
        result = sd_bus_message_append(
            message, "(sssss)", parameter.name.c_str(), parameter.configured.c_str(),
            parameter.actual.c_str(), parameter.range.c_str(), std::string(name_of(parameter.state)).c_str());
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

Result<TuningReport> read_tuning_report(sd_bus_message* message) {
    const char *profile = nullptr, *state = nullptr;
    TuningReport report;
    int result = sd_bus_message_read(message, "sst", &profile, &state, &report.applied_at);
    if (result >= 0) result = sd_bus_message_enter_container(message, 'a', "(ssssss)");
    if (result < 0) return unreadable(result);
    report.profile = profile;
    report.state = state_from(state, TuningState::reverted);
    const char *key = nullptr, *now = nullptr, *wanted = nullptr, *original = nullptr, *note = nullptr;
    while ((result =
                sd_bus_message_read(message, "(ssssss)", &key, &now, &wanted, &original, &state, &note)) > 0)
        report.values.push_back({key, now, wanted, original, state_from(state, ValueState::lost), note});
    if (result < 0) return unreadable(result);
    return report;
}

Result<ModuleStatus> read_module_status(sd_bus_message* message) {
    const char *version = nullptr, *file = nullptr, *note = nullptr;
    int loaded = 0;
    int result = sd_bus_message_read(message, "bsss", &loaded, &version, &file, &note);
    if (result >= 0) result = sd_bus_message_enter_container(message, 'a', "(sssss)");
    if (result < 0) return unreadable(result);
    ModuleStatus status{loaded != 0, version, file, note, {}};
    const char *name = nullptr, *configured = nullptr, *actual = nullptr, *range = nullptr, *state = nullptr;
    while ((result = sd_bus_message_read(message, "(sssss)", &name, &configured, &actual, &range, &state)) >
           0)
        status.parameters.push_back(
            {name, configured, actual, range, state_from(state, ParameterState::missing)});
    if (result < 0) return unreadable(result);
    return status;
}

Error error_from(const sd_bus_error& bus_error) {
    const std::string_view name = bus_error.name == nullptr ? "" : bus_error.name;
    const std::string message = bus_error.message == nullptr ? "" : bus_error.message;
    if (name.starts_with(bus::error_prefix)) {
        const size_t newline = message.find('\n');
        return {error_code_from_name(name.substr(bus::error_prefix.size())), message.substr(0, newline),
                newline == std::string::npos ? std::string() : message.substr(newline + 1)};
    }
    if (name == SD_BUS_ERROR_ACCESS_DENIED || name == SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)
        return {ErrorCode::permission_denied, message, {}};
    if (name == SD_BUS_ERROR_NO_REPLY || name == SD_BUS_ERROR_TIMEOUT)
        return {ErrorCode::timed_out, message, {}};
    return {ErrorCode::unavailable, fmt::format("vexfs-tuner doesn't answer on the bus: {}", message), {}};
}

}  // namespace vexfs::tuner
