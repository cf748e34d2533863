// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/alert_hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <vector>

#include "engine/base/thread_name.h"
#include "vexfsd/log.h"

namespace vexfs {
namespace {

constexpr size_t events_max = 256;
constexpr std::chrono::seconds command_s_max{60};
constexpr std::chrono::milliseconds exit_poll{20};

LogEvent::Level level_of(const AlertEvent& event) {
    if (!event.raised || event.rule.severity == "info") return LogEvent::Level::info;
    return event.rule.severity == "critical" ? LogEvent::Level::error : LogEvent::Level::warning;
}

std::string value_of(const AlertEvent& event) {
    return event.value ? fmt::format("{}", *event.value) : "";
}

void log(const AlertEvent& event) {
    log_event({event.raised ? events::alert_raised_id : events::alert_cleared_id, level_of(event)},
              event.text(),
              {{"VEXFS_ALERT", event.rule.name},
               {"VEXFS_SEVERITY", event.rule.severity},
               {"VEXFS_COLLECTION", event.collection},
               {"VEXFS_METRIC", event.rule.metric},
               {"VEXFS_VALUE", value_of(event)},
               {"VEXFS_THRESHOLD", fmt::format("{}", event.rule.threshold)}});
}

std::vector<std::string> environment_of(const AlertEvent& event) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("VEXFS_ALERT")) all.emplace_back(*entry);
    }
    all.push_back("VEXFS_ALERT=" + event.rule.name);
    all.push_back(fmt::format("VEXFS_ALERT_STATE={}", event.raised ? "raised" : "cleared"));
    all.push_back("VEXFS_ALERT_SEVERITY=" + event.rule.severity);
    all.push_back("VEXFS_ALERT_COLLECTION=" + event.collection);
    all.push_back("VEXFS_ALERT_METRIC=" + event.rule.metric);
    all.push_back("VEXFS_ALERT_VALUE=" + value_of(event));
    all.push_back(fmt::format("VEXFS_ALERT_THRESHOLD={}", event.rule.threshold));
    all.push_back("VEXFS_ALERT_TEXT=" + event.text());
    return all;
}

// The daemon's threads block signals; a command is to have them as usual, and no descriptor of ours.
int spawn(pid_t& child, const std::string& command, const AlertEvent& event) {
    std::vector<std::string> environment = environment_of(event);
    std::vector<char*> entries;
    for (std::string& entry : environment) entries.push_back(entry.data());
    entries.push_back(nullptr);
    std::string name = command;
    char* const arguments[] = {name.data(), nullptr};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&files);
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    const int error = posix_spawn(&child, command.c_str(), &files, &attributes, arguments, entries.data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

void run(const std::string& command, const AlertEvent& event, const std::stop_token& stop) {
    pid_t child = 0;
    if (const int error = spawn(child, command, event); error != 0) {
        spdlog::error("alerts.command {} can't be run: {}", command, std::strerror(error));
        return;
    }
    const auto deadline = std::chrono::steady_clock::now() + command_s_max;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) {
            kill(-child, SIGKILL);
            waitpid(child, &status, 0);
            if (!stop.stop_requested())
                spdlog::error("alerts.command {} was ended after {} s", command, command_s_max.count());
            return;
        }
        std::this_thread::sleep_for(exit_poll);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    spdlog::error("alerts.command {} failed: {}", command,
                  WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status))
                                    : fmt::format("signal {}", WTERMSIG(status)));
}

}  // namespace

AlertHook::AlertHook(std::string command, RaisedFile raised)
    : raised_(std::move(raised)),
      command_(std::move(command)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

AlertHook::~AlertHook() = default;

void AlertHook::set_command(std::string command) {
    const std::lock_guard lock(mutex_);
    command_ = std::move(command);
}

void AlertHook::tell(const AlertEvent& event) {
    log(event);
    const std::lock_guard lock(mutex_);
    if (events_.size() >= events_max) {
        spdlog::error("nobody is told of alert {}: {} others wait to be", event.rule.name, events_.size());
        return;
    }
    events_.push_back(event);
    changed_.notify_all();
}

void AlertHook::work(const std::stop_token& stop) {
    name_thread("vexfs-alert");
    std::unique_lock lock(mutex_);
    while (true) {
        if (!changed_.wait(lock, stop, [this] { return !events_.empty(); })) return;
        const AlertEvent event = std::move(events_.front());
        events_.pop_front();
        const std::string command = command_;
        lock.unlock();
        if (auto noted = raised_.note(event); !noted)
            spdlog::warn("alert {} won't be known at the next start: {}", event.rule.name,
                         noted.error().message);
        if (!command.empty()) run(command, event, stop);
        lock.lock();
    }
}

}  // namespace vexfs
