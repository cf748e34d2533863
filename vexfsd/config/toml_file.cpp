// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/toml_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <filesystem>

namespace vexfs {
namespace {

namespace fs = std::filesystem;

// The file's bytes; fails with an errno.
tl::expected<std::string, int> read_bounded(const std::string& path) {
    // Not blocking, so that a FIFO in the place of a file can't stop us.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return tl::unexpected(errno);
    std::string text(config_file_bytes_max + 1, '\0');
    size_t used = 0;
    int error = 0;
    while (used < text.size()) {
        const ssize_t got = ::read(descriptor, text.data() + used, text.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = errno;
        if (got <= 0) break;
        used += static_cast<size_t>(got);
    }
    ::close(descriptor);
    if (error != 0) return tl::unexpected(error);
    if (used > config_file_bytes_max) return tl::unexpected(EFBIG);
    text.resize(used);
    return text;
}

}  // namespace

tl::expected<std::optional<toml::table>, ConfigProblem> read_toml(const std::string& path) {
    const auto text = read_bounded(path);
    if (!text && text.error() == ENOENT) return std::nullopt;
    if (!text) {
        const Error error = fail_errno("can't be read", text.error()).value();
        return tl::unexpected(ConfigProblem{path, 0, 0, error.message, {}});
    }
    try {
        return toml::parse(*text, path);
    } catch (const toml::parse_error& error) {
        return tl::unexpected(problem_at(path, error.source(), std::string(error.description())));
    }
}

std::vector<std::string> toml_files_in(const std::string& directory) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".toml") files.push_back(entry->path().string());
    }
    return files;
}

std::map<std::string, std::string> toml_files_by_name(const std::vector<std::string>& directories) {
    std::map<std::string, std::string> by_name;
    for (const std::string& directory : directories) {
        for (const std::string& file : toml_files_in(directory))
            by_name[fs::path(file).stem().string()] = file;
    }
    return by_name;
}

ConfigProblem problem_at(const std::string& file, const toml::source_region& place, std::string message,
                         std::string hint) {
    return {file, place.begin.line, place.begin.column, std::move(message), std::move(hint)};
}

Result<nlohmann::json> json_of(std::string_view name, const toml::node& node) {
    if (const auto* text = node.as_string()) return nlohmann::json(text->get());
    if (const auto* integer = node.as_integer()) {
        // As nlohmann would take it from a request: unsigned where it can be.
        const int64_t number = integer->get();
        return number < 0 ? nlohmann::json(number) : nlohmann::json(static_cast<uint64_t>(number));
    }
    if (const auto* boolean = node.as_boolean()) return nlohmann::json(boolean->get());
    if (const auto* number = node.as_floating_point()) {
        if (std::isfinite(number->get())) return nlohmann::json(number->get());
        return fail(ErrorCode::invalid_argument, fmt::format("{} is not a finite number", name));
    }
    if (const auto* array = node.as_array()) {
        nlohmann::json all = nlohmann::json::array();
        for (const toml::node& each : *array) {
            VEXFS_ASSIGN(auto value, json_of(name, each));
            all.push_back(std::move(value));
        }
        return all;
    }
    if (const auto* table = node.as_table()) {
        nlohmann::json all = nlohmann::json::object();
        for (const auto& [key, each] : *table) {
            VEXFS_ASSIGN(auto value, json_of(name, each));
            all[std::string(key.str())] = std::move(value);
        }
        return all;
    }
    return fail(ErrorCode::invalid_argument, fmt::format("{} takes no date or time", name));
}

}  // namespace vexfs
