// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/doctor/report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/unique_fd.h"
#include "vexfsctl/doctor/redactor.h"
#include "vexfsctl/doctor/tar.h"

namespace vexfs::ctl {
namespace {

constexpr size_t part_bytes_max = 4 << 20;
constexpr const char* journal =
    "journalctl -u vexfsd -u vexfs-tuner -n 2000 -o short-iso --no-hostname --no-pager 2>&1";

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str().substr(0, part_bytes_max);
}

std::string output_of(const char* command) {
    std::string text;
    FILE* const pipe = ::popen(command, "re");
    if (pipe == nullptr) return text;
    std::array<char, 4096> part{};
    for (size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
        if (text.size() < part_bytes_max) text.append(part.data(), got);
    }
    ::pclose(pipe);
    return text;
}

// A processor's lines once: those of all say the same.
std::string processor() {
    const std::string all = content_of("/proc/cpuinfo");
    return all.substr(0, all.find("\n\n") + 1);
}

nlohmann::json reply_to(Context& context, const char* operation) {
    Message request;
    request.header = {{"op", operation}};
    const auto reply = context.call(std::move(request));
    return reply ? reply->header : nlohmann::json{{"error", reply.error().message}};
}

void hide_names(Redactor& redactor, const nlohmann::json& collections, const std::string& data_dir) {
    std::array<char, HOST_NAME_MAX + 1> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) redactor.hide("host", host.data());
    for (const char* variable : {"USER", "SUDO_USER", "LOGNAME"}) {
        const char* const name = std::getenv(variable);
        if (name != nullptr && std::string_view(name) != "root" && std::string_view(name) != "vexfs")
            redactor.hide("user", name);
    }
    for (const auto& each : collections.value("collections", nlohmann::json::array()))
        if (each.is_object()) redactor.hide("collection", each.value("name", ""));
    for (const auto& each : collections.value("quarantined", nlohmann::json::array()))
        if (each.is_object()) redactor.hide("collection", each.value("name", ""));
    // Those that the daemon doesn't tell of, because it doesn't run or they are others'.
    std::error_code error;
    std::filesystem::directory_iterator entry(data_dir + "/collections", error);
    for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error))
        redactor.hide("collection", entry->path().filename().string());
}

std::string pretty(const nlohmann::ordered_json& value) {
    return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string configuration_text() {
    const auto configuration = load_configuration({});
    std::string text;
    if (!configuration) {
        for (const ConfigProblem& problem : configuration.error()) text += problem.text() + "\n";
        return text;
    }
    for (const Configuration::Value& value : configuration->values())
        text += fmt::format("{} = {}  # {}\n", value.key->name, value.value.dump(), value.origin.text());
    return text;
}

Result<void> write_new(const std::string& path, const std::string& bytes) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return fail_errno(fmt::format("make {}", path), errno);
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t written = ::write(file.get(), bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno(fmt::format("write {}", path), errno);
        done += static_cast<size_t>(written);
    }
    return {};
}

}  // namespace

Result<void> write_report(Context& context, const Examined& examined, const nlohmann::ordered_json& findings,
                          const std::string& path) {
    const nlohmann::json collections = reply_to(context, "collection.list");
    Redactor redactor;
    hide_names(redactor, collections, examined.data_dir);
    const nlohmann::ordered_json daemon{{"health", reply_to(context, "health")},
                                        {"stats", reply_to(context, "stats")},
                                        {"mount", reply_to(context, "mount.status")},
                                        {"collections", collections}};
    const std::string system =
        fmt::format("{}\n{}\n{}\n{}\n", content_of("/proc/version"), content_of("/etc/os-release"),
                    processor(), content_of("/proc/meminfo"));
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    Tar tar;
    const auto add = [&](const char* name, const std::string& text) {
        tar.add(fmt::format("vexfs-report/{}", name), redactor.redact(text), now);
    };
    add("version.txt", fmt::format("vexfsctl {}\n", VEXFS_VERSION));
    add("doctor.json", pretty({{"findings", findings}}));
    add("configuration.txt", configuration_text());
    add("daemon.json", pretty(daemon));
    add("system.txt", system);
    add("mounts.txt", content_of("/proc/self/mountinfo"));
    add("journal.txt", output_of(journal));
    return write_new(path, tar.finish());
}

}  // namespace vexfs::ctl
