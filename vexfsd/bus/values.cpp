// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/bus/values.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace vexfs::bus {
namespace {

using json = nlohmann::json;

int append_variant(sd_bus_message* message, const json& value);

template <class Value>
int append_basic(sd_bus_message* message, const char* type, Value value) {
    return sd_bus_message_append(message, "v", type, value);
}

int append_array(sd_bus_message* message, const json& array) {
    int result = sd_bus_message_open_container(message, 'a', "v");
    for (const json& value : array) {
        if (result >= 0 && !value.is_null()) result = append_variant(message, value);
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

template <class Append>
int append_within_variant(sd_bus_message* message, const char* type, const Append& append) {
    int result = sd_bus_message_open_container(message, 'v', type);
    if (result >= 0) result = append();
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int append_variant(sd_bus_message* message, const json& value) {
    switch (value.type()) {
        case json::value_t::boolean: return append_basic(message, "b", value.get<bool>() ? 1 : 0);
        case json::value_t::number_unsigned: return append_basic(message, "t", value.get<uint64_t>());
        case json::value_t::number_integer: return append_basic(message, "x", value.get<int64_t>());
        case json::value_t::number_float: return append_basic(message, "d", value.get<double>());
        case json::value_t::string:
            return append_basic(message, "s", value.get_ref<const std::string&>().c_str());
        case json::value_t::array:
            return append_within_variant(message, "av", [&] { return append_array(message, value); });
        case json::value_t::object:
            return append_within_variant(message, fields_signature,
                                         [&] { return append_fields(message, value); });
        default: return -EINVAL;
    }
}

tl::unexpected<Error> unreadable(const std::string& name) {
    return fail(ErrorCode::malformed, fmt::format("{} can't be read", name.empty() ? "a field" : name),
                "give it as a boolean, a number, a string or a dictionary of these");
}

template <class Value>
Result<json> read_basic(sd_bus_message* message, char type, const std::string& name) {
    Value value{};
    if (sd_bus_message_read_basic(message, type, &value) < 0) return unreadable(name);
    return json(value);
}

// The content of a variant of that type.
Result<json> read_value(sd_bus_message* message, const std::string& type, const std::string& name) {
    if (type == fields_signature) return read_fields(message);
    if (type.size() != 1) return unreadable(name);
    switch (type.front()) {
        case 'b': {
            int value = 0;
            if (sd_bus_message_read_basic(message, 'b', &value) < 0) return unreadable(name);
            return json(value != 0);
        }
        case 'y': return read_basic<uint8_t>(message, 'y', name);
        case 'n': return read_basic<int16_t>(message, 'n', name);
        case 'q': return read_basic<uint16_t>(message, 'q', name);
        case 'i': return read_basic<int32_t>(message, 'i', name);
        case 'u': return read_basic<uint32_t>(message, 'u', name);
        case 'x': return read_basic<int64_t>(message, 'x', name);
        case 't': return read_basic<uint64_t>(message, 't', name);
        case 'd': return read_basic<double>(message, 'd', name);
        case 's': return read_basic<const char*>(message, 's', name);
        default: return unreadable(name);
    }
}

}  // namespace

int append_fields(sd_bus_message* message, const json& object) {
    int result = sd_bus_message_open_container(message, 'a', "{sv}");
    for (const auto& [name, value] : object.items()) {
        if (value.is_null()) continue;
        if (result >= 0) result = sd_bus_message_open_container(message, 'e', "sv");
        if (result >= 0) result = sd_bus_message_append(message, "s", name.c_str());
        if (result >= 0) result = append_variant(message, value);
        if (result >= 0) result = sd_bus_message_close_container(message);
        if (result < 0) return result;
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

Result<json> read_fields(sd_bus_message* message) {
    json object = json::object();
    if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0) return unreadable("");
    int entered = 0;
    while ((entered = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const char *name = nullptr, *type = nullptr;
        if (sd_bus_message_read(message, "s", &name) < 0) return unreadable("");
        if (sd_bus_message_peek_type(message, nullptr, &type) < 0) return unreadable(name);
        const std::string content = type;
        if (sd_bus_message_enter_container(message, 'v', content.c_str()) < 0) return unreadable(name);
        VEXFS_ASSIGN(object[name], read_value(message, content, name));
        if (sd_bus_message_exit_container(message) < 0 || sd_bus_message_exit_container(message) < 0)
            return unreadable(name);
    }
    if (entered < 0 || sd_bus_message_exit_container(message) < 0) return unreadable("");
    return object;
}

}  // namespace vexfs::bus
