// SPDX-License-Identifier: Apache-2.0
// What the loaded kernel module counts, by its generic netlink family; kmod/uapi/vexfs.h says how.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::tuner {

inline constexpr std::array<std::string_view, 15> module_counter_names{
    "requests",   "errors",       "bytes_written", "bytes_read",   "parked",
    "replayed",   "lost",         "expired",       "waited",       "refused",
    "cache_hits", "cache_misses", "spun",          "spun_in_vain", "bytes_passed"};

struct ModuleCounters {
    std::array<uint64_t, module_counter_names.size()> counts{};  // as they are named
    std::vector<uint64_t> latency;                               // how many took less than 2^i microseconds
};

struct ModuleInstance {
    std::string name;
    bool served = false;
    uint64_t daemons = 0;  // how many there were
    uint64_t in_work = 0;
};

// Of a mount, or of a collection or a CPU of it.
struct ModuleCounted {
    std::string instance;
    uint64_t device = 0;  // as the kernel numbers it
    std::string collection;
    uint64_t cpu = 0;
    ModuleCounters counters;
};

struct ModuleStatistics {
    std::vector<ModuleInstance> instances;
    std::vector<ModuleCounted> mounts, collections, cpus;
    uint64_t cache_bytes = 0, cache_entries = 0, cache_evictions = 0;
};

// `unsupported` where the module is not loaded. Everybody may ask.
Result<ModuleStatistics> module_statistics();
// The latency that so many of all requests stay below, in microseconds and by the histogram's steps; 0 for
// none.
uint64_t latency_us(const ModuleCounters& counters, double share);

}  // namespace vexfs::tuner
