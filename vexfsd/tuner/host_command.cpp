// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/host_command.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>

#include "engine/base/unique_fd.h"
#include "vexfsd/bus/handles.h"

namespace vexfs::tuner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* manager_name = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::seconds patience{60};
constexpr size_t said_bytes_max = 4096;

using bus::Bus;
using bus::BusMessage;

// How a job of systemd's ended.
struct Job {
    std::string path, result;
};

int job_removed(sd_bus_message* signal, void* context, sd_bus_error*) {
    Job& job = *static_cast<Job*>(context);
    const char *path = nullptr, *result = nullptr;
    if (sd_bus_message_read(signal, "uoss", nullptr, &path, nullptr, &result) >= 0 && job.path == path)
        job.result = result;
    return 0;
}

int append_commands(sd_bus_message* message, const std::vector<std::vector<std::string>>& commands) {
    int result = sd_bus_message_open_container(message, 'r', "sv");
    if (result >= 0) result = sd_bus_message_append(message, "s", "ExecStart");
    if (result >= 0) result = sd_bus_message_open_container(message, 'v', "a(sasb)");
    if (result >= 0) result = sd_bus_message_open_container(message, 'a', "(sasb)");
    for (const std::vector<std::string>& command : commands) {
        if (result >= 0) result = sd_bus_message_open_container(message, 'r', "sasb");
        if (result >= 0) result = sd_bus_message_append(message, "s", command.front().c_str());
        if (result >= 0) result = sd_bus_message_open_container(message, 'a', "s");
        for (const std::string& word : command) {
            if (result >= 0) result = sd_bus_message_append(message, "s", word.c_str());
        }
        if (result >= 0) result = sd_bus_message_close_container(message);
        if (result >= 0) result = sd_bus_message_append(message, "b", 0);
        if (result >= 0) result = sd_bus_message_close_container(message);
    }
    for (int depth = 0; depth < 3 && result >= 0; ++depth) result = sd_bus_message_close_container(message);
    return result;
}

Result<BusMessage> start_call(sd_bus* bus, const std::string& unit, int standard_error,
                              const std::vector<std::vector<std::string>>& commands) {
    sd_bus_message* made = nullptr;
    int result = sd_bus_message_new_method_call(bus, &made, manager_name, manager_path, manager_interface,
                                                "StartTransientUnit");
    BusMessage call(made);
    if (result >= 0) result = sd_bus_message_append(made, "ss", unit.c_str(), "fail");
    if (result >= 0) result = sd_bus_message_open_container(made, 'a', "(sv)");
    if (result >= 0) {
        result = sd_bus_message_append(made, "(sv)(sv)(sv)(sv)", "Description", "s", "A mount of VexFS",
                                       "Type", "s", "oneshot", "CollectMode", "s", "inactive-or-failed",
                                       "StandardErrorFileDescriptor", "h", standard_error);
    }
    if (result >= 0) result = append_commands(made, commands);
    if (result >= 0) result = sd_bus_message_close_container(made);
    if (result >= 0) result = sd_bus_message_append(made, "a(sa(sv))", 0);
    if (result < 0) return fail_errno(fmt::format("ask systemd to start {}", unit), -result);
    return call;
}

Result<void> wait_for_end(sd_bus* bus, const std::string& unit, const Job& job) {
    const auto give_up = Clock::now() + patience;
    while (job.result.empty()) {
        int result = sd_bus_process(bus, nullptr);
        if (result == 0) {
            const auto left = give_up - Clock::now();
            if (left <= Clock::duration::zero())
                return fail(ErrorCode::timed_out, fmt::format("{} has not ended in time", unit));
            result = sd_bus_wait(
                bus,
                static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(left).count()));
        }
        if (result < 0) return fail_errno(fmt::format("wait for {}", unit), -result);
    }
    return {};
}

std::string said(int file) {
    std::array<char, said_bytes_max> text{};
    const ssize_t bytes = pread(file, text.data(), text.size(), 0);
    std::string_view all(text.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
    while (!all.empty() && all.back() == '\n') all.remove_suffix(1);
    return std::string(all);
}

}  // namespace

Result<void> run_on_host(const std::string& unit, const std::vector<std::vector<std::string>>& commands) {
    // The service's own connection serves its callers meanwhile.
    sd_bus* opened = nullptr;
    int result = sd_bus_open_system(&opened);
    const Bus bus(opened);
    if (result < 0) return fail_errno("connect to the system bus", -result);
    const UniqueFd standard_error(memfd_create("stderr", MFD_CLOEXEC));
    if (!standard_error) return fail_errno("memfd_create", errno);
    Job job;
    result = sd_bus_match_signal(opened, nullptr, manager_name, manager_path, manager_interface, "JobRemoved",
                                 job_removed, &job);
    if (result < 0) return fail_errno("listen to systemd", -result);
    VEXFS_ASSIGN(const BusMessage call, start_call(opened, unit, standard_error.get(), commands));
    sd_bus_error error{};
    sd_bus_message* answer = nullptr;
    result = sd_bus_call(opened, call.get(), 0, &error, &answer);
    const BusMessage reply(answer);
    if (result < 0) {
        const std::string why = error.message != nullptr ? error.message : "nobody answers";
        const bool runs = sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists") != 0;
        sd_bus_error_free(&error);
        return fail(runs ? ErrorCode::busy : ErrorCode::unavailable,
                    fmt::format("systemd doesn't start {}: {}", unit, why));
    }
    const char* path = nullptr;
    result = sd_bus_message_read(reply.get(), "o", &path);
    if (result < 0) return fail_errno("read systemd's answer", -result);
    job.path = path;
    VEXFS_TRY(wait_for_end(opened, unit, job));
    if (job.result == "done") return {};
    const std::string text = said(standard_error.get());
    return fail(ErrorCode::io_error,
                text.empty() ? fmt::format("{} ended with the result {}", unit, job.result) : text);
}

}  // namespace vexfs::tuner
