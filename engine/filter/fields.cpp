// SPDX-License-Identifier: Apache-2.0
#include "engine/filter/fields.h"

#include <algorithm>

namespace vexfs::filter {
namespace {

using nlohmann::json;
using Visitor = FunctionRef<bool(const json&)>;

bool any_at(const json& value, std::span<const std::string> path, Visitor visit) {
    if (path.empty()) return visit(value);
    if (value.is_object()) {
        const auto member = value.find(path.front());
        return member != value.end() && any_at(*member, path.subspan(1), visit);
    }
    return value.is_array() && std::any_of(value.begin(), value.end(), [&](const json& element) {
               return element.is_object() && any_at(element, path, visit);
           });
}

}  // namespace

bool any_value(const json& metadata, std::span<const std::string> path, Visitor visit) {
    return any_at(metadata, path, [&](const json& value) {
        return visit(value) || (value.is_array() && std::any_of(value.begin(), value.end(), visit));
    });
}

bool exists(const json& metadata, std::span<const std::string> path) {
    return any_at(metadata, path, [](const json&) { return true; });
}

}  // namespace vexfs::filter
