// SPDX-License-Identifier: Apache-2.0
// The daemon's configuration, vexfsd.toml(5): what there is to set, and reading it from its files.
//
// Later sources win, key by key:
//   1. the values built in, those of a default Settings
//   2. vexfsd.toml of each directory, /usr/lib/vexfs before /etc/vexfs
//   3. the drop-ins vexfsd.toml.d/*.toml of all directories in the order of their names; a file of a later
//      directory takes the place of one with the same name in an earlier one
// or, where one file is named, that file and the drop-ins in FILE.d alone.
//
// The table of keys in keys.cpp is the one place that knows them: parsing, checking and showing follow from
// it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "engine/collection/schema.h"

namespace vexfs {

struct Settings {
    struct Server {
        std::string data_dir = "/var/lib/vexfs";
        std::string socket = "/run/vexfs/vexfsd.sock";
        uint32_t socket_mode = 0660;
        std::string socket_group;  // a group's name; empty leaves the daemon's own
        uint64_t max_clients = 4096;
        uint64_t worker_threads = 0;  // 0 is one per CPU
        uint64_t max_concurrent_ops = 256;
        uint64_t max_request_bytes = uint64_t{1} << 30;
        uint64_t max_inflight_bytes = uint64_t{1} << 30;
        uint64_t request_timeout_s = 30;
        uint64_t shutdown_timeout_s = 30;
    } server;
    struct Log {
        std::string level = "info";
        std::string target = "auto";
    } log;
    struct Collections {
        std::string preset;  // empty is none: the schema's own defaults
        std::string durability = "group";
        uint32_t mode = 0660;
        uint64_t dimension = 384;  // of those that mkdir makes
    } collections;
    struct Mount {
        std::string directory;  // empty is none
        std::string backend = "auto";
        std::string instance = "vexfs";  // what mount(8) mounts
    } mount;
    struct Module {  // parameters of vexfs_v2
        uint64_t cache_size_mb = 64;
        uint64_t max_concurrent_ops = 256;
        uint64_t batch_size = 10'000;
        uint64_t worker_threads = 0;  // 0 is one per CPU
        bool prefetch_enabled = true;
        uint64_t compression_level = 1;  // 0 is none
    } module;
    struct Index {
        uint64_t threads = 0;  // 0 is one per CPU
        // Of one collection; 0 is no limit.
        uint64_t max_backlog_rows = 4'000'000;
        uint64_t max_backlog_bytes = uint64_t{8} << 30;
    } index;
    struct Queries {
        // Of all collections together; 0 entries keep no answers.
        uint64_t cache_entries = 1000;
        uint64_t cache_bytes = uint64_t{64} << 20;
        uint64_t slow_ms = 1000;  // 0 notes none
    } queries;
    struct Alerts {
        std::string command;  // empty runs none
    } alerts;
    struct Metrics {
        std::string address = "127.0.0.1";
        uint64_t port = 0;  // 0 serves none
    } metrics;
    struct Storage {
        uint64_t segment_bytes = uint64_t{256} << 20;
        uint64_t background_mib_per_s = 0;  // 0 is no limit
        std::string io_backend = "auto";
    } storage;
};

// When a changed value takes effect: with a reload of the daemon, with its next start, or with the next
// `vexfsctl module load`.
enum class Applies { reload, restart, load };
std::string_view name_of(Applies applies);

struct SettingKey {
    std::string_view name;  // "server.data_dir"
    std::string_view type;  // "path", "name", "integer", "boolean", "mode"
    std::string range;      // "1 to 65536", "auto, journal, stderr", or "" where anything goes
    Applies applies;
    std::string_view description;  // one line
    nlohmann::json default_value;
};

// All keys, a section after the other.
std::span<const SettingKey> setting_keys();
// The value of a key that there is.
nlohmann::json value_of(const Settings& settings, std::string_view key);

// Where a value came from: "/etc/vexfs/vexfsd.toml:12", "built in", "--data-dir".
struct Origin {
    std::string source = "built in";
    uint32_t line = 0;  // 0 where the source has no lines

    std::string text() const;
};

// A mistake in a file; line and column count from 1 and are 0 where the whole file is meant.
struct ConfigProblem {
    std::string file;
    uint32_t line = 0;
    uint32_t column = 0;
    std::string message;
    std::string hint;

    std::string text() const;  // "FILE:LINE:COLUMN: message (hint)"
};

class Configuration {
  public:
    // The values built in.
    Configuration();

    const Settings& settings() const { return settings_; }

    struct Value {
        const SettingKey* key;
        nlohmann::json value;
        Origin origin;
    };
    // Every key with its value, in the order of setting_keys(): `vexfsctl config show`.
    std::vector<Value> values() const;
    const Origin& origin_of(std::string_view key) const;
    // The files read, in order.
    const std::vector<std::string>& files() const { return files_; }

    // Sets one key from a command line's text; `source` is the option's name. invalid_argument where it can't
    // be.
    Result<void> set_from_text(std::string_view key, const std::string& text, std::string_view source);

    // This one as far as it applies to a daemon that runs with `running`: the keys that take a restart stay.
    Configuration with_running(const Configuration& running) const;

  private:
    friend class ConfigReader;
    Settings settings_;
    std::vector<Origin> origins_;  // by the key's place in setting_keys()
    std::vector<std::string> files_;
};

struct ConfigSources {
    // Later ones win. Empty is configuration_directories().
    std::vector<std::string> directories;
    // Read instead of the directories; it must exist.
    std::string file;
};

// Reads and checks everything; where something is wrong, all that is.
tl::expected<Configuration, std::vector<ConfigProblem>> load_configuration(const ConfigSources& sources);

// The names of the keys in which two configurations differ and that take effect so.
std::vector<std::string_view> changed_keys(const Settings& before, const Settings& after, Applies applies);

}  // namespace vexfs
