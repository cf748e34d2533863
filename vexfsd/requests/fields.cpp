// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cfloat>
#include <cmath>

#include "vexfsd/requests/json.h"
#include "vexfsd/requests/request.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

tl::unexpected<Error> wrong(std::string_view field, std::string_view wanted, const json& value) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be {}, not {}", field, wanted, excerpt(value)));
}

}  // namespace

const ArrayView* Request::array(std::string_view name) const {
    for (const ArrayView& view : arrays) {
        if (view.name == name) return &view;
    }
    return nullptr;
}

Result<std::optional<std::string>> Request::optional_string(std::string_view field) const {
    const auto found = header.find(field);
    if (found == header.end()) return std::nullopt;
    if (!found->is_string()) return wrong(field, "a string", *found);
    return found->get<std::string>();
}

Result<std::string> Request::string(std::string_view field) const {
    VEXFS_ASSIGN(auto value, optional_string(field));
    if (!value) return fail(ErrorCode::invalid_argument, fmt::format("the request has no {}", field));
    return *std::move(value);
}

Result<bool> Request::flag(std::string_view field, bool otherwise) const {
    const auto found = header.find(field);
    if (found == header.end()) return otherwise;
    if (!found->is_boolean()) return wrong(field, "true or false", *found);
    return found->get<bool>();
}

Result<std::optional<uint64_t>> Request::integer(std::string_view field, uint64_t low, uint64_t high) const {
    const auto found = header.find(field);
    if (found == header.end()) return std::nullopt;
    if (!in_range(*found, low, high)) {
        return wrong(field, fmt::format("a whole number from {} to {}", low, high), *found);
    }
    return found->get<uint64_t>();
}

Result<std::optional<float>> Request::number(std::string_view field) const {
    const auto found = header.find(field);
    if (found == header.end()) return std::nullopt;
    if (!found->is_number() || std::abs(found->get<double>()) > FLT_MAX) {
        return wrong(field, "a number that an f32 can hold", *found);
    }
    return found->get<float>();
}

Result<json> Request::object(std::string_view field) const {
    const auto found = header.find(field);
    if (found == header.end()) return json::object();
    if (!found->is_object()) return wrong(field, "an object", *found);
    return *found;
}

Result<std::optional<Durability>> Request::durability() const {
    VEXFS_ASSIGN(const auto name, optional_string("durability"));
    if (!name) return std::nullopt;
    VEXFS_ASSIGN(const Durability durability, durability_from_name(*name));
    return durability;
}

}  // namespace vexfs
