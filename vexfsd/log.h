// SPDX-License-Identifier: Apache-2.0
// Where the daemon's log goes.
#pragma once

#include <string>
#include <vector>

#include "vexfsd/config/settings.h"

namespace vexfs {

// log.target: the journal, or standard error with the time; "auto" is the journal where that reads our
// standard error anyway.
void open_log(const Settings::Log& settings);
void set_log_level(const std::string& level);

// What an administrator may want to be told of. In the journal it has its MESSAGE_ID, by which
// systemd/vexfs.catalog explains it, and fields.
struct LogEvent {
    enum class Level { info, warning, error };

    const char* id;
    Level level = Level::info;
};
struct LogField {
    const char* name;  // in capitals: VEXFS_COLLECTION
    std::string value;
};
// Elsewhere than in the journal the text stands alone.
void log_event(const LogEvent& event, const std::string& text, const std::vector<LogField>& fields = {});

namespace events {

inline constexpr LogEvent ready{"9bc0b9e376c04177bf2f1f86044516e0"};
inline constexpr LogEvent stopped{"9f5959b46be344f08585e7002d32c48f"};
inline constexpr LogEvent reloaded{"0e193110a52049f6a45f6d77540bca88"};
inline constexpr LogEvent reload_refused{"059d29fdf0144f8b80b7985ef99d6dcf", LogEvent::Level::error};
inline constexpr LogEvent mounted{"6ae417de878b4482b6658066cff50102"};
inline constexpr LogEvent mount_fallback{"e9dccaeb4e004bd097fcfa3663613a8b", LogEvent::Level::warning};
inline constexpr LogEvent mount_failed{"0d3534f9ee814f5e99111f486dcbec5b", LogEvent::Level::error};
inline constexpr LogEvent collection_closed{"a130407089a84bb0a445c03056bb8a7c", LogEvent::Level::error};
inline constexpr LogEvent slow_search{"445476432a5e4e5d83e2ab564417c557", LogEvent::Level::warning};
inline constexpr const char* alert_raised_id = "defec87e7e8b466cb19b9bc24485d974";
inline constexpr const char* alert_cleared_id = "8c95c957fcb048c5894c1b60afca9af1";

}  // namespace events

}  // namespace vexfs
