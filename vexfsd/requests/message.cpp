// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "vexfsd/requests/json.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr size_t arrays_max = 64;
constexpr size_t array_rank_max = 8;

static_assert(std::endian::native == std::endian::little,
              "arrays are little-endian and go through as they are");

tl::unexpected<Error> malformed(std::string message, std::string hint = {}) {
    return fail(ErrorCode::malformed, std::move(message), std::move(hint));
}

// 0 for a dtype that there is not.
size_t item_bytes(std::string_view dtype) {
    if (dtype == "f32") return sizeof(float);
    if (dtype == "u64") return sizeof(uint64_t);
    if (dtype == "u8") return 1;
    return 0;
}

Result<std::vector<uint64_t>> shape_of(std::string_view name, const json& array) {
    const auto shape = array.find("shape");
    if (shape == array.end() || !shape->is_array()) {
        return malformed(fmt::format("array {} has no shape", excerpt(name)), "\"shape\":[rows,columns]");
    }
    if (shape->size() > array_rank_max) {
        return malformed(fmt::format("array {} has {} axes, at most {} are taken", excerpt(name),
                                     shape->size(), array_rank_max));
    }
    std::vector<uint64_t> axes;
    for (const json& axis : *shape) {
        if (!axis.is_number_unsigned()) {
            return malformed(fmt::format("the shape of array {} holds {}, which is no count", excerpt(name),
                                         excerpt(axis)));
        }
        axes.push_back(axis.get<uint64_t>());
    }
    return axes;
}

// The bytes that an array takes: at most `available`, so that no product can overflow.
Result<size_t> bytes_of(const ArrayView& array, size_t available) {
    size_t bytes = item_bytes(array.dtype);
    if (bytes == 0) {
        return malformed(fmt::format("array {} has the dtype {}", array.name, excerpt(array.dtype)),
                         "there are f32, u64 and u8");
    }
    // An axis of 0 makes the whole array empty, however long the others are.
    for (const uint64_t axis : array.shape) {
        if (axis == 0) return 0;
    }
    for (const uint64_t axis : array.shape) {
        if (axis > available / bytes) {
            return malformed(fmt::format("the body ends within array {}", excerpt(array.name)),
                             "its shape announces more than the body holds");
        }
        bytes *= axis;
    }
    if (bytes > available)
        return malformed(fmt::format("the body ends within array {}", excerpt(array.name)));
    return bytes;
}

Result<ArrayView> array_of(const json& entry) {
    if (!entry.is_object()) return malformed(fmt::format("arrays holds {}, not an object", excerpt(entry)));
    for (const auto& [key, value] : entry.items()) {
        if (key != "name" && key != "dtype" && key != "shape") {
            return malformed(fmt::format("an array has no field {}", excerpt(key)));
        }
    }
    const auto name = entry.find("name");
    const auto dtype = entry.find("dtype");
    if (name == entry.end() || !name->is_string()) return malformed("an array has no name");
    if (dtype == entry.end() || !dtype->is_string()) {
        return malformed(fmt::format("array {} has no dtype", excerpt(*name)));
    }
    ArrayView view;
    view.name = name->get<std::string>();
    view.dtype = dtype->get<std::string>();
    VEXFS_ASSIGN(view.shape, shape_of(view.name, entry));
    return view;
}

void add_bytes(Message& message, std::string_view name, std::string_view dtype,
               std::span<const std::byte> bytes, std::vector<uint64_t> shape) {
    // Member by member: of a list in braces, all is made twice.
    json& entry = message.header["arrays"].emplace_back(json::value_t::object);
    entry["name"] = name;
    entry["dtype"] = dtype;
    entry["shape"] = std::move(shape);
    message.body.insert(message.body.end(), bytes.begin(), bytes.end());
}

template <class T>
void put(std::vector<std::byte>& out, T value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<std::vector<ArrayView>> arrays_of(const Message& message) {
    std::vector<ArrayView> views;
    const std::span<const std::byte> body = message.lent.empty() ? std::span(message.body) : message.lent;
    std::span<const std::byte> rest = body;
    if (const auto arrays = message.header.find("arrays"); arrays != message.header.end()) {
        if (!arrays->is_array()) return malformed("arrays is not a list");
        if (arrays->size() > arrays_max) {
            return malformed(
                fmt::format("there are {} arrays, at most {} are taken", arrays->size(), arrays_max));
        }
        for (const json& entry : *arrays) {
            VEXFS_ASSIGN(ArrayView view, array_of(entry));
            for (const ArrayView& other : views) {
                if (other.name == view.name) {
                    return malformed(fmt::format("array {} is there twice", excerpt(view.name)));
                }
            }
            VEXFS_ASSIGN(const size_t bytes, bytes_of(view, rest.size()));
            view.bytes = rest.first(bytes);
            rest = rest.subspan(bytes);
            views.push_back(std::move(view));
        }
    }
    if (!rest.empty()) {
        return malformed(fmt::format("the body has {} bytes, the arrays take {} of them", body.size(),
                                     body.size() - rest.size()));
    }
    return views;
}

void add_array(Message& message, std::string_view name, std::span<const float> values,
               std::vector<uint64_t> shape) {
    add_bytes(message, name, "f32", std::as_bytes(values), std::move(shape));
}

void add_array(Message& message, std::string_view name, std::span<const uint64_t> values,
               std::vector<uint64_t> shape) {
    add_bytes(message, name, "u64", std::as_bytes(values), std::move(shape));
}

void add_array(Message& message, std::string_view name, std::string_view bytes) {
    add_bytes(message, name, "u8", std::as_bytes(std::span(bytes)), {bytes.size()});
}

std::span<std::byte> add_array_of(Message& message, std::string_view name, size_t bytes) {
    const size_t before = message.body.size();
    add_bytes(message, name, "u8", {}, {bytes});
    message.body.resize(before + bytes);
    return std::span(message.body).subspan(before);
}

Message error_message(const Error& error) {
    Message message;
    message.header = {{"ok", false},
                      {"error",
                       {{"code", name_of(error.code)},
                        {"errno", errno_name(error.code)},
                        {"message", error.message},
                        {"hint", error.hint}}}};
    return message;
}

std::optional<Error> error_of(const Message& reply) {
    const json& header = reply.header;
    if (!header.is_object()) return Error{ErrorCode::malformed, "the reply is not a JSON object", {}};
    const auto ok = header.find("ok");
    if (ok != header.end() && ok->is_boolean() && ok->get<bool>()) return std::nullopt;
    const auto error = header.find("error");
    if (error == header.end() || !error->is_object()) {
        return Error{ErrorCode::malformed, "the reply is neither ok nor an error", {}};
    }
    const auto text = [&](const char* key) {
        const auto field = error->find(key);
        return field != error->end() && field->is_string() ? field->get<std::string>() : std::string();
    };
    return Error{error_code_from_name(text("code")), text("message"), text("hint")};
}

std::array<iovec, 2> Encoded::rest(size_t done) const {
    const auto rest_of = [&done](const std::vector<std::byte>& part) {
        const size_t gone = std::min(done, part.size());
        done -= gone;
        return iovec{const_cast<std::byte*>(part.data()) + gone, part.size() - gone};
    };
    const iovec of_head = rest_of(head);
    return {of_head, rest_of(body)};
}

Encoded encode_parts(Message message) {
    const std::string header = to_text(message.header);
    Encoded encoded;
    const auto append = [&encoded](std::string_view text) {
        const auto bytes = std::as_bytes(std::span(text));
        encoded.head.insert(encoded.head.end(), bytes.begin(), bytes.end());
    };
    encoded.head.reserve(frame_prefix_bytes + header.size() + 1);
    if (message.text) {
        append(header);
        append("\n");
        return encoded;
    }
    append(frame_magic);
    put(encoded.head, static_cast<uint32_t>(header.size()));
    put(encoded.head, static_cast<uint64_t>(message.body.size()));
    append(header);
    encoded.body = std::move(message.body);
    return encoded;
}

std::vector<std::byte> encode(const Message& message) {
    Encoded encoded = encode_parts(message);
    encoded.head.insert(encoded.head.end(), encoded.body.begin(), encoded.body.end());
    return std::move(encoded.head);
}

Result<FramePrefix> decode_prefix(std::span<const std::byte, frame_prefix_bytes> bytes) {
    if (std::memcmp(bytes.data(), frame_magic.data(), frame_magic.size()) != 0) {
        return malformed("the message begins with neither VXF2 nor {",
                         "see vexfs-protocol(7) for the format of requests");
    }
    FramePrefix prefix{};
    std::memcpy(&prefix.header_bytes, bytes.data() + 4, sizeof prefix.header_bytes);
    std::memcpy(&prefix.body_bytes, bytes.data() + 8, sizeof prefix.body_bytes);
    if (prefix.header_bytes < 2) return malformed("the frame announces no header");
    if (prefix.header_bytes > header_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("the frame announces a header of {} bytes, at most {} are "
                                "taken",
                                prefix.header_bytes, header_bytes_max));
    }
    if (prefix.body_bytes > body_bytes_max) {
        return fail(ErrorCode::too_large,
                    fmt::format("the frame announces a body of {} bytes, at most {} are taken",
                                prefix.body_bytes, body_bytes_max),
                    "send the rows in several requests");
    }
    return prefix;
}

Result<json> decode_header(std::string_view text) {
    return parse_object(text);
}

}  // namespace vexfs
