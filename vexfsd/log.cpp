// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>

namespace vexfs {
namespace {

bool to_journal = false;  // set before any thread

// systemd.exec(5): the device and inode of the journal's stream, to compare with our standard error.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): before any thread
    struct stat status {};
    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

int priority_of(LogEvent::Level level) {
    switch (level) {
        case LogEvent::Level::info: return LOG_INFO;
        case LogEvent::Level::warning: return LOG_WARNING;
        case LogEvent::Level::error: break;
    }
    return LOG_ERR;
}

spdlog::level::level_enum spdlog_level_of(LogEvent::Level level) {
    switch (level) {
        case LogEvent::Level::info: return spdlog::level::info;
        case LogEvent::Level::warning: return spdlog::level::warn;
        case LogEvent::Level::error: break;
    }
    return spdlog::level::err;
}

void send_to_journal(const LogEvent& event, const std::string& text, const std::vector<LogField>& fields) {
    std::vector<std::string> entries{"MESSAGE=" + text, fmt::format("MESSAGE_ID={}", event.id),
                                     fmt::format("PRIORITY={}", priority_of(event.level)),
                                     "SYSLOG_IDENTIFIER=vexfsd"};
    for (const LogField& field : fields) entries.push_back(fmt::format("{}={}", field.name, field.value));
    std::vector<iovec> parts;
    for (std::string& entry : entries) parts.push_back({entry.data(), entry.size()});
    // A log that can't be written has nobody to be told.
    static_cast<void>(sd_journal_sendv(parts.data(), static_cast<int>(parts.size())));
}

}  // namespace

void open_log(const Settings::Log& settings) {
    to_journal = settings.target == "journal" || (settings.target == "auto" && stderr_is_journal());
    std::shared_ptr<spdlog::logger> logger;
    if (to_journal) {
        logger =
            std::make_shared<spdlog::logger>("vexfsd", std::make_shared<spdlog::sinks::systemd_sink_mt>());
    } else {
        logger =
            std::make_shared<spdlog::logger>("vexfsd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
    }
    spdlog::set_default_logger(std::move(logger));
    set_log_level(settings.level);
}

void log_event(const LogEvent& event, const std::string& text, const std::vector<LogField>& fields) {
    const spdlog::level::level_enum level = spdlog_level_of(event.level);
    if (!to_journal) {
        spdlog::log(level, "{}", text);
    } else if (spdlog::should_log(level)) {
        send_to_journal(event, text, fields);
    }
}

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace vexfs
