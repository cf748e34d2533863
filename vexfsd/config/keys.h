// SPDX-License-Identifier: Apache-2.0
// The table of keys: what each is called, where it stands in Settings and what it may be.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "vexfsd/config/settings.h"

namespace vexfs {

enum class KeyKind { path, name, choice, integer, boolean, mode };

struct Key {
    SettingKey shown;
    KeyKind kind;
    uint64_t low = 0;   // integer: the range; path and name: low 1 where it may not be empty
    uint64_t high = 0;  // integer and mode: the range; path and name: most bytes
    std::vector<std::string_view> choices;
    using Field = std::variant<std::string*, uint32_t*, uint64_t*, bool*>;
    Field (*field)(Settings&);

    // Its value in `settings`, as it is shown: a mode as "0660".
    nlohmann::json value(const Settings& settings) const;
    // invalid_argument where the value is of a wrong type or out of range.
    Result<void> set(Settings& settings, const nlohmann::json& value) const;
    // The same from a command line.
    Result<void> set_from_text(Settings& settings, const std::string& text) const;
};

const std::vector<Key>& keys();
// The key's place in keys(), -1 for none.
int key_index(std::string_view name);

}  // namespace vexfs
