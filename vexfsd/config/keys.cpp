// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/config/keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "engine/storage/io_backend.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

constexpr uint64_t path_bytes_max = 4095;        // PATH_MAX without its NUL
constexpr uint64_t socket_path_bytes_max = 107;  // sun_path without its NUL
constexpr uint64_t group_name_bytes_max = 255;
constexpr uint64_t instance_name_bytes_max = 255;
constexpr uint64_t request_bytes_min = 64u << 10;
constexpr uint64_t request_bytes_max = uint64_t{1} << 30;  // body_bytes_max of the protocol
constexpr uint64_t inflight_bytes_max = uint64_t{1} << 40;
constexpr uint64_t segment_bytes_min = 1u << 20;
constexpr uint64_t segment_bytes_max = uint64_t{64} << 30;
constexpr uint64_t backlog_rows_max = UINT32_MAX;
constexpr uint64_t backlog_bytes_max = uint64_t{1} << 50;
constexpr uint64_t cache_entries_max = 100'000'000;
constexpr uint64_t cache_bytes_max = uint64_t{1} << 40;
constexpr uint64_t background_mib_per_s_max = 1u << 20;
constexpr uint64_t module_cache_mb_max = 1u << 20;
constexpr uint64_t day_s = 86'400;

Key make(std::string_view name, Applies applies, Key::Field (*field)(Settings&),
         std::string_view description) {
    Key key{};
    key.shown.name = name;
    key.shown.applies = applies;
    key.shown.description = description;
    key.field = field;
    return key;
}

Key finish(Key key) {
    key.shown.default_value = key.value(Settings{});
    return key;
}

Key path(Key key, uint64_t bytes_max) {
    key.kind = KeyKind::path;
    key.shown.type = "path";
    key.low = 1;
    key.high = bytes_max;
    return finish(std::move(key));
}

Key optional_path(Key key) {
    key = path(std::move(key), path_bytes_max);
    key.low = 0;
    return key;
}

Key name(Key key, uint64_t bytes_max) {
    key.kind = KeyKind::name;
    key.shown.type = "name";
    key.high = bytes_max;
    return finish(std::move(key));
}

Key choice(Key key, std::vector<std::string_view> choices) {
    key.kind = KeyKind::choice;
    key.shown.type = "name";
    key.choices = std::move(choices);
    key.shown.range = fmt::format("{}", fmt::join(key.choices, ", "));
    return finish(std::move(key));
}

Key integer(Key key, uint64_t low, uint64_t high) {
    key.kind = KeyKind::integer;
    key.shown.type = "integer";
    key.low = low;
    key.high = high;
    key.shown.range = fmt::format("{} to {}", low, high);
    return finish(std::move(key));
}

Key boolean(Key key) {
    key.kind = KeyKind::boolean;
    key.shown.type = "boolean";
    return finish(std::move(key));
}

Key mode(Key key) {
    key.kind = KeyKind::mode;
    key.shown.type = "mode";
    key.high = 0777;
    key.shown.range = "0000 to 0777";
    return finish(std::move(key));
}

#define VEXFS_KEY(section, field, applies, description) \
    make(                                               \
        #section "." #field, Applies::applies,          \
        [](Settings& settings) -> Key::Field { return &settings.section.field; }, description)

std::vector<Key> make_keys() {
    return {
        path(VEXFS_KEY(server, data_dir, restart, "directory of the collections"), path_bytes_max),
        path(VEXFS_KEY(server, socket, restart, "socket that clients connect to"), socket_path_bytes_max),
        mode(VEXFS_KEY(server, socket_mode, restart, "mode of the socket: who may connect")),
        name(VEXFS_KEY(server, socket_group, restart, "group of the socket, empty for the daemon's own"),
             group_name_bytes_max),
        integer(VEXFS_KEY(server, max_clients, reload, "connections served at once"), 1, 1'000'000),
        integer(
            VEXFS_KEY(server, worker_threads, restart, "requests that compute at once, 0 for one per CPU"), 0,
            1024),
        integer(VEXFS_KEY(server, max_concurrent_ops, reload, "requests in work at once, others wait"), 1,
                4096),
        integer(VEXFS_KEY(server, max_request_bytes, reload, "most bytes of one request"), request_bytes_min,
                request_bytes_max),
        integer(VEXFS_KEY(server, max_inflight_bytes, reload, "bytes of all requests in memory, others wait"),
                request_bytes_min, inflight_bytes_max),
        integer(VEXFS_KEY(server, request_timeout_s, reload, "seconds for a client to go on with a request"),
                1, day_s),
        integer(VEXFS_KEY(server, shutdown_timeout_s, reload, "seconds for requests in work at a stop"), 0,
                day_s),
        choice(VEXFS_KEY(log, level, reload, "least severity that is logged"),
               {"debug", "info", "warning", "error"}),
        choice(VEXFS_KEY(log, target, restart, "where the log goes"), {"auto", "journal", "stderr"}),
        name(VEXFS_KEY(collections, preset, reload, "preset of collections that name none, empty for none"),
             collection_name_bytes_max),
        choice(VEXFS_KEY(collections, durability, reload, "durability of collections that name none"),
               {name_of(Durability::sync), name_of(Durability::group), name_of(Durability::async)}),
        mode(VEXFS_KEY(collections, mode, reload, "access mode of new collections")),
        integer(VEXFS_KEY(collections, dimension, reload, "dimension of collections that mkdir makes"), 1,
                dimension_max),
        optional_path(
            VEXFS_KEY(mount, directory, restart, "where the collections are mounted, empty for nowhere")),
        choice(VEXFS_KEY(mount, backend, restart, "what serves the mount"),
               {"auto", "module", "fuse", "none"}),
        name(VEXFS_KEY(mount, instance, restart, "name by which the kernel module knows this daemon"),
             instance_name_bytes_max),
        integer(VEXFS_KEY(module, cache_size_mb, load, "MiB of replies that the module keeps, 0 for none"), 0,
                module_cache_mb_max),
        integer(
            VEXFS_KEY(module, max_concurrent_ops, load, "requests in flight through the module, others wait"),
            1, 65'536),
        integer(
            VEXFS_KEY(module, batch_size, load, "most vectors that the module hands to the daemon at once"),
            1, 1'000'000),
        integer(VEXFS_KEY(module, worker_threads, load,
                          "long requests that the module has the daemon do at once, 0 for one per CPU"),
                0, 256),
        boolean(
            VEXFS_KEY(module, prefetch_enabled, load, "whether the beginning of an array is read at open")),
        integer(VEXFS_KEY(module, compression_level, load, "compression of kept replies, 0 for none"), 0, 9),
        integer(VEXFS_KEY(index, threads, reload, "threads that build indexes, 0 for one per CPU"), 0, 1024),
        integer(VEXFS_KEY(index, max_backlog_rows, reload,
                          "rows not indexed yet above which writes are slowed, 0 for no limit"),
                0, backlog_rows_max),
        integer(VEXFS_KEY(index, max_backlog_bytes, reload, "the same in bytes of their vectors"), 0,
                backlog_bytes_max),
        integer(VEXFS_KEY(queries, cache_entries, reload,
                          "answers of searches that are kept for queries that come again, 0 for none"),
                0, cache_entries_max),
        integer(VEXFS_KEY(queries, cache_bytes, reload, "most bytes of these answers, about"), 0,
                cache_bytes_max),
        integer(VEXFS_KEY(queries, slow_ms, reload,
                          "milliseconds from which a search is logged as slow, 0 for none"),
                0, day_s * 1000),
        optional_path(VEXFS_KEY(alerts, command, reload,
                                "program that is run when an alert is raised or cleared, empty for none")),
        choice(VEXFS_KEY(metrics, address, restart, "where Prometheus can get the metrics"),
               {"127.0.0.1", "::1"}),
        integer(VEXFS_KEY(metrics, port, restart, "TCP port for that, 0 for none"), 0, 65'535),
        integer(VEXFS_KEY(storage, segment_bytes, restart, "size at which a segment is sealed"),
                segment_bytes_min, segment_bytes_max),
        integer(VEXFS_KEY(storage, background_mib_per_s, reload,
                          "MiB written in the background in a second, 0 for no limit"),
                0, background_mib_per_s_max),
        choice(VEXFS_KEY(storage, io_backend, restart, "system calls by which the disk is reached"),
               {name_of(IoBackend::automatic), name_of(IoBackend::io_uring), name_of(IoBackend::posix)}),
    };
}
#undef VEXFS_KEY

tl::unexpected<Error> wrong(std::string message, std::string hint = {}) {
    return fail(ErrorCode::invalid_argument, std::move(message), std::move(hint));
}

std::string_view type_of(const json& value) {
    if (value.is_number_float()) return "a fraction";
    if (value.is_number()) return "an integer";
    if (value.is_string()) return "a string";
    if (value.is_boolean()) return "a boolean";
    if (value.is_array()) return "an array";
    return "a table";
}

void store(const Key& key, Settings& settings, uint64_t value) {
    const Key::Field field = key.field(settings);
    if (auto* const* wide = std::get_if<uint64_t*>(&field)) {
        **wide = value;
    } else {
        *std::get<uint32_t*>(field) = static_cast<uint32_t>(value);
    }
}

Result<void> set_integer(const Key& key, Settings& settings, const json& value) {
    if (!value.is_number_integer()) {
        return wrong(fmt::format("{} takes an integer, not {}", key.shown.name, type_of(value)));
    }
    const bool negative = !value.is_number_unsigned() && value.get<int64_t>() < 0;
    if (negative || value.get<uint64_t>() < key.low || value.get<uint64_t>() > key.high) {
        return wrong(
            fmt::format("{} is {}, out of its range {}", key.shown.name, value.dump(), key.shown.range));
    }
    store(key, settings, value.get<uint64_t>());
    return {};
}

Result<void> set_boolean(const Key& key, Settings& settings, const json& value) {
    if (!value.is_boolean())
        return wrong(fmt::format("{} takes true or false, not {}", key.shown.name, type_of(value)));
    *std::get<bool*>(key.field(settings)) = value.get<bool>();
    return {};
}

Result<void> set_mode(const Key& key, Settings& settings, const json& value) {
    constexpr const char* hint = "write it as with chmod(1), in quotes: \"0660\"";
    uint64_t bits = 0;
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, bits, 8);
        if (error != std::errc{} || stop != end || text.empty()) {
            return wrong(fmt::format("{} is \"{}\", not an octal number", key.shown.name, text), hint);
        }
    } else if (value.is_number_integer() && (value.is_number_unsigned() || value.get<int64_t>() >= 0)) {
        bits = value.get<uint64_t>();  // 0o660
    } else {
        return wrong(fmt::format("{} takes an octal number, not {}", key.shown.name,
                                 value.is_number_integer() ? value.dump() : type_of(value)),
                     hint);
    }
    if (bits > key.high) {
        return wrong(fmt::format("{} is {:#o}, out of its range {}", key.shown.name, bits, key.shown.range),
                     hint);
    }
    store(key, settings, bits);
    return {};
}

Result<void> set_string(const Key& key, Settings& settings, const json& value) {
    if (!value.is_string()) {
        return wrong(fmt::format("{} takes a string, not {}", key.shown.name, type_of(value)));
    }
    const auto& text = value.get_ref<const std::string&>();
    if (key.kind == KeyKind::choice) {
        if (std::find(key.choices.begin(), key.choices.end(), text) == key.choices.end()) {
            return wrong(fmt::format("{} is \"{}\", not one of {}", key.shown.name, text, key.shown.range));
        }
    } else {
        if (text.size() < key.low) return wrong(fmt::format("{} is empty", key.shown.name));
        if (text.size() > key.high) {
            return wrong(
                fmt::format("{} has {} bytes, at most {} fit", key.shown.name, text.size(), key.high));
        }
        if (text.find('\0') != std::string::npos) return wrong(fmt::format("{} holds a NUL", key.shown.name));
        if (key.kind == KeyKind::path && !text.empty() && text.front() != '/') {
            return wrong(fmt::format("{} is \"{}\", not an absolute path", key.shown.name, text));
        }
    }
    *std::get<std::string*>(key.field(settings)) = text;
    return {};
}

}  // namespace

json Key::value(const Settings& settings) const {
    // The accessor serves setting, too; nothing is changed through it here.
    const Field place = field(const_cast<Settings&>(settings));
    if (auto* const* text = std::get_if<std::string*>(&place)) return **text;
    if (auto* const* wide = std::get_if<uint64_t*>(&place)) return **wide;
    if (auto* const* whether = std::get_if<bool*>(&place)) return **whether;
    const uint32_t narrow = *std::get<uint32_t*>(place);
    if (kind == KeyKind::mode) return fmt::format("{:04o}", narrow);
    return narrow;
}

Result<void> Key::set(Settings& settings, const json& value) const {
    switch (kind) {
        case KeyKind::integer: return set_integer(*this, settings, value);
        case KeyKind::boolean: return set_boolean(*this, settings, value);
        case KeyKind::mode: return set_mode(*this, settings, value);
        case KeyKind::path:
        case KeyKind::name:
        case KeyKind::choice: return set_string(*this, settings, value);
    }
    return wrong("no such kind of key");
}

Result<void> Key::set_from_text(Settings& settings, const std::string& text) const {
    if (kind == KeyKind::boolean && (text == "true" || text == "false")) return set(settings, text == "true");
    if (kind != KeyKind::integer) return set(settings, text);
    int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) {
        return wrong(fmt::format("{} takes an integer, not \"{}\"", shown.name, text));
    }
    return set(settings, number);
}

const std::vector<Key>& keys() {
    static const std::vector<Key> all = make_keys();
    return all;
}

int key_index(std::string_view name) {
    for (size_t i = 0; i < keys().size(); ++i) {
        if (keys()[i].shown.name == name) return static_cast<int>(i);
    }
    return -1;
}

}  // namespace vexfs
