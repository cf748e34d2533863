// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tuner/module.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libkmod.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/unique_fd.h"
#include "engine/storage/checked_text.h"

namespace vexfs::tuner {
namespace {

constexpr TextFormat failure_format{"vexfs-module-failure", 1};
constexpr size_t failure_bytes_max = 64 << 10;
constexpr size_t log_record_bytes_max = 8 << 10;  // of /dev/kmsg
constexpr std::string_view section = "module.";

// The module's file as libkmod finds it, with what it tells of itself.
class Found {
  public:
    explicit Found(const std::string& directory)
        : context_(kmod_new(directory.empty() ? nullptr : directory.c_str(), nullptr)) {
        kmod_list* list = nullptr;
        if (context_ == nullptr || kmod_module_new_from_lookup(context_, module_name, &list) < 0) return;
        if (list != nullptr) module_ = kmod_module_get_module(list);
        kmod_module_unref_list(list);
        if (module_ != nullptr && kmod_module_get_path(module_) != nullptr)
            path = kmod_module_get_path(module_);
        kmod_list* infos = nullptr;
        if (path.empty() || kmod_module_get_info(module_, &infos) < 0) return;
        kmod_list* info = nullptr;
        kmod_list_foreach(info, infos) {
            const std::string_view key = kmod_module_info_get_key(info);
            if (key == "vermagic") vermagic = kmod_module_info_get_value(info);
            if (key == "version") version = kmod_module_info_get_value(info);
        }
        kmod_module_info_free_list(infos);
    }
    ~Found() {
        kmod_module_unref(module_);
        kmod_unref(context_);
    }
    Found(const Found&) = delete;
    Found& operator=(const Found&) = delete;

    // An errno, or 0.
    int insert(const std::string& options) const {
        if (path.empty()) return ENOENT;
        const int result =
            kmod_module_probe_insert_module(module_, 0, options.c_str(), nullptr, nullptr, nullptr);
        return result < 0 ? -result : 0;
    }

    std::string path, vermagic, version;

  private:
    kmod_ctx* context_;
    kmod_module* module_ = nullptr;
};

// Sysfs shows booleans as Y and N.
std::string as_sysfs_has_it(const nlohmann::json& value) {
    if (value.is_boolean()) return value.get<bool>() ? "Y" : "N";
    return value.dump();
}

std::vector<ModuleParameter> configured(const Settings::Module& settings) {
    Settings all;
    all.module = settings;
    std::vector<ModuleParameter> parameters;
    for (const SettingKey& key : setting_keys()) {
        if (!key.name.starts_with(section)) continue;
        parameters.push_back({std::string(key.name.substr(section.size())),
                              as_sysfs_has_it(value_of(all, key.name)),
                              {},
                              key.range,
                              ParameterState::unset});
    }
    return parameters;
}

// The kernel's last line that names the module; only root may read them.
std::string last_log_line() {
    const UniqueFd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    std::string last, record(log_record_bytes_max, '\0');
    while (log) {
        const ssize_t got = ::read(log.get(), record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;  // EPIPE: overwritten meanwhile
        if (got <= 0) break;
        // "6,339,5140900,-;TEXT\n KEY=VALUE\n"
        std::string_view text(record.data(), static_cast<size_t>(got));
        text.remove_prefix(std::min(text.size(), text.find(';') + 1));
        text = text.substr(0, text.find('\n'));
        if (text.find(module_name) != std::string_view::npos) last = text;
    }
    return last;
}

}  // namespace

std::string_view name_of(ParameterState state) {
    switch (state) {
        case ParameterState::same: return "same";
        case ParameterState::differs: return "differs";
        case ParameterState::unset: return "unset";
        case ParameterState::missing: return "missing";
    }
    return "";
}

const KernelValues& Module::machine_values() {
    static const KernelValues values;
    return values;
}

Module::Module(ModuleRoots roots, const KernelValues& kernel, std::string directory, Disk& disk)
    : roots_(std::move(roots)),
      kernel_(kernel),
      failure_path_(directory + "/module-failure"),
      directory_(std::move(directory)),
      disk_(disk) {}

std::string Module::in_module(std::string_view name) const {
    return fmt::format("{}/module/{}/{}", roots_.sysfs, module_name, name);
}

ModuleFacts Module::facts(const std::string& built_for) const {
    ModuleFacts facts;
    utsname system{};
    if (uname(&system) == 0) facts.release = system.release;
    facts.built_for = built_for;
    // "none [integrity] confidentiality"
    if (const auto lockdown = kernel_.read(roots_.sysfs + "/kernel/security/lockdown")) {
        const size_t begin = lockdown->find('['), end = lockdown->find(']');
        if (begin != std::string::npos && end != std::string::npos)
            facts.lockdown = lockdown->substr(begin + 1, end - begin - 1);
        if (facts.lockdown == "none") facts.lockdown.clear();
    }
    const auto disabled = kernel_.find("kernel.modules_disabled");
    facts.modules = disabled.has_value();
    facts.modules_disabled = disabled && kernel_.read(disabled->path) == "1";
    facts.root = geteuid() == 0;
    return facts;
}

std::string Module::last_failure() const {
    const auto text = disk_.read(failure_path_, failure_bytes_max);
    const auto boot = kernel_.boot_id();
    if (!text || !boot) return {};
    const auto kept = from_checked_text(failure_format, failure_path_, *text);
    return kept && kept->value("boot_id", "") == *boot ? kept->value("message", "") : std::string();
}

// For status() alone: that it can't be kept is no error beside the one that there is.
void Module::keep_failure(const Error& error) {
    const auto boot = kernel_.boot_id();
    if (!boot || error.code == ErrorCode::permission_denied || !disk_.make_directory(directory_)) return;
    static_cast<void>(replace_file(
        disk_, failure_path_,
        to_checked_text(failure_format,
                        {{"boot_id", *boot}, {"message", error.message}, {"hint", error.hint}})));
    std::error_code ignored;
    std::filesystem::permissions(failure_path_, std::filesystem::perms(0644), ignored);
}

Result<ModuleStatus> Module::status(const Settings::Module& settings) const {
    ModuleStatus status;
    std::error_code error;
    status.loaded = std::filesystem::is_directory(in_module(""), error);
    const Found found(roots_.modules);
    status.file = found.path;
    status.version = found.version;
    status.parameters = configured(settings);
    if (!status.loaded) {
        status.note = last_failure();
        if (status.note.empty()) {
            const ModuleFacts known = facts(found.vermagic);
            if (found.path.empty()) {
                status.note = why_not_loaded(ENOENT, known).message;
            } else if (release_in(found.vermagic) != known.release) {
                status.note = why_not_loaded(ENOEXEC, known).message;
            } else {
                status.note = "it is there, and nobody has loaded it";
            }
        }
        return status;
    }
    if (const auto version = kernel_.read(in_module("version"))) status.version = *version;
    for (ModuleParameter& parameter : status.parameters) {
        const auto actual = kernel_.read(in_module("parameters/" + parameter.name));
        if (!actual) {
            parameter.state = ParameterState::missing;
            continue;
        }
        parameter.actual = *actual;
        parameter.state = *actual == parameter.configured ? ParameterState::same : ParameterState::differs;
    }
    return status;
}

Result<void> Module::insert(const Settings::Module& settings) {
    const Found found(roots_.modules);
    std::string options;
    for (const ModuleParameter& parameter : configured(settings))
        options += fmt::format("{}{}={}", options.empty() ? "" : " ", parameter.name, parameter.configured);
    const int error = found.insert(options);
    if (error == 0) return {};
    ModuleFacts known = facts(found.vermagic);
    if (error != ENOENT) known.log = last_log_line();
    return tl::unexpected(why_not_loaded(error, known));
}

Result<void> Module::set_parameters(const Settings::Module& settings) const {
    VEXFS_ASSIGN(const ModuleStatus before, status(settings));
    for (const ModuleParameter& parameter : before.parameters) {
        if (parameter.state != ParameterState::differs) continue;
        auto written = kernel_.write(in_module("parameters/" + parameter.name), parameter.configured);
        if (!written && written.error().code == ErrorCode::permission_denied)
            return tl::unexpected(why_not_loaded(EPERM, facts({})));
        VEXFS_TRY(std::move(written));
    }
    return {};
}

Result<ModuleStatus> Module::load(const Settings::Module& settings) {
    std::error_code error;
    if (std::filesystem::is_directory(in_module(""), error)) {
        VEXFS_TRY(set_parameters(settings));
        return status(settings);
    }
    if (auto inserted = insert(settings); !inserted) {
        keep_failure(inserted.error());
        return tl::unexpected(std::move(inserted.error()));
    }
    static_cast<void>(disk_.remove(failure_path_));
    return status(settings);
}

Result<void> Module::unload() {
    std::error_code error;
    if (!std::filesystem::is_directory(in_module(""), error))
        return tl::unexpected(why_not_unloaded(ENOENT, facts({})));
    kmod_ctx* const context = kmod_new(roots_.modules.empty() ? nullptr : roots_.modules.c_str(), nullptr);
    kmod_module* module = nullptr;
    int result = context == nullptr ? -ENOMEM : kmod_module_new_from_name(context, module_name, &module);
    if (result >= 0) result = kmod_module_remove_module(module, KMOD_REMOVE_NOWAIT);
    kmod_module_unref(module);
    kmod_unref(context);
    if (result >= 0) return {};
    return tl::unexpected(why_not_unloaded(-result, facts({})));
}

}  // namespace vexfs::tuner
