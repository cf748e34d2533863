// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace vexfs {
namespace {

// systemd.exec(5): the device and inode of the journal's stream, to compare with our standard error.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): before any thread
    struct stat status {};
    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

void open_log(const Settings::Log& settings) {
    const bool journal = settings.target == "journal" || (settings.target == "auto" && stderr_is_journal());
    std::shared_ptr<spdlog::logger> logger;
    if (journal) {
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

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace vexfs
