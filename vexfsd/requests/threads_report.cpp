// SPDX-License-Identifier: Apache-2.0
// stats with threads: what each thread of the process has used.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

struct ThreadTimes {
    std::string name, state;
    uint64_t user = 0, system = 0;  // in ticks
};

// "7 (name, perhaps with blanks) S ...", proc(5).
std::optional<ThreadTimes> times_in(const std::filesystem::path& task) {
    std::ifstream file(task / "stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    const size_t open = line.find('('), close = line.rfind(')');
    if (open == std::string::npos || close == std::string::npos) return std::nullopt;
    ThreadTimes times;
    times.name = line.substr(open + 1, close - open - 1);
    std::istringstream rest(line.substr(close + 1));
    std::string skipped;
    rest >> times.state;
    constexpr int between = 10;  // from ppid to cmajflt
    for (int i = 0; i < between; ++i) rest >> skipped;
    rest >> times.user >> times.system;
    return rest ? std::optional(times) : std::nullopt;
}

uint64_t waits_in(const std::filesystem::path& task) {
    std::ifstream file(task / "status");
    std::string line;
    constexpr std::string_view key = "voluntary_ctxt_switches:";
    while (std::getline(file, line)) {
        if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
    }
    return 0;
}

}  // namespace

json threads_json() {
    const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
    std::vector<json> threads;
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
        // One may end meanwhile.
        const auto times = times_in(task.path());
        if (!times) continue;
        threads.push_back({{"id", std::strtoull(task.path().filename().c_str(), nullptr, 10)},
                           {"name", times->name},
                           {"state", times->state},
                           {"user_s", static_cast<double>(times->user) / ticks_per_s},
                           {"system_s", static_cast<double>(times->system) / ticks_per_s},
                           {"waits", waits_in(task.path())}});
    }
    std::ranges::sort(threads, {}, [](const json& thread) { return thread.at("id").get<uint64_t>(); });
    return threads;
}

}  // namespace vexfs
