// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/settings.h"

#include <fmt/format.h>

#include <cassert>

#include "vexfsd/base/nearest.h"
#include "vexfsd/config/keys.h"

namespace vexfs {

std::string_view name_of(Applies applies) {
    switch (applies) {
        case Applies::reload: return "reload";
        case Applies::restart: return "restart";
        case Applies::load: return "load";
    }
    return "";
}

std::span<const SettingKey> setting_keys() {
    static const std::vector<SettingKey> shown = [] {
        std::vector<SettingKey> all;
        for (const Key& key : keys()) all.push_back(key.shown);
        return all;
    }();
    return shown;
}

nlohmann::json value_of(const Settings& settings, std::string_view key) {
    const int index = key_index(key);
    assert(index >= 0);
    return keys()[static_cast<size_t>(index)].value(settings);
}

std::string Origin::text() const {
    return line == 0 ? source : fmt::format("{}:{}", source, line);
}

std::string ConfigProblem::text() const {
    std::string place = file;
    if (line != 0) place += fmt::format(":{}:{}", line, column);
    return fmt::format("{}: {}{}", place, message, hint.empty() ? "" : fmt::format(" ({})", hint));
}

Configuration::Configuration() : origins_(keys().size()) {}

std::vector<Configuration::Value> Configuration::values() const {
    std::vector<Value> all;
    for (size_t i = 0; i < keys().size(); ++i) {
        all.push_back({&setting_keys()[i], keys()[i].value(settings_), origins_[i]});
    }
    return all;
}

const Origin& Configuration::origin_of(std::string_view key) const {
    const int index = key_index(key);
    assert(index >= 0);
    return origins_[static_cast<size_t>(index)];
}

Result<void> Configuration::set_from_text(std::string_view key, const std::string& text,
                                          std::string_view source) {
    const int index = key_index(key);
    if (index < 0) {
        std::vector<std::string_view> known;
        for (const SettingKey& each : setting_keys()) known.push_back(each.name);
        return fail(ErrorCode::invalid_argument, fmt::format("there is no key {}", key),
                    did_you_mean(key, known));
    }
    VEXFS_TRY(keys()[static_cast<size_t>(index)].set_from_text(settings_, text));
    origins_[static_cast<size_t>(index)] = {std::string(source), 0};
    return {};
}

Configuration Configuration::with_running(const Configuration& running) const {
    Configuration mixed = *this;
    for (size_t i = 0; i < keys().size(); ++i) {
        if (keys()[i].shown.applies != Applies::restart) continue;
        // A value that was accepted once is again.
        [[maybe_unused]] const auto set = keys()[i].set(mixed.settings_, keys()[i].value(running.settings_));
        assert(set);
        mixed.origins_[i] = running.origins_[i];
    }
    return mixed;
}

std::vector<std::string_view> changed_keys(const Settings& before, const Settings& after, Applies applies) {
    std::vector<std::string_view> changed;
    for (const Key& key : keys()) {
        if (key.shown.applies == applies && key.value(before) != key.value(after)) {
            changed.push_back(key.shown.name);
        }
    }
    return changed;
}

}  // namespace vexfs
