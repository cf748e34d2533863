// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watch/host.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace vexfs {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void read_memory(HostFigures& figures) {
    std::ifstream lines("/proc/meminfo");
    std::string name, unit;
    for (uint64_t kib = 0; lines >> name >> kib && std::getline(lines, unit);) {
        if (name == "MemTotal:") figures.memory_bytes = kib << 10;
        if (name == "MemAvailable:") figures.memory_available_bytes = kib << 10;
        if (figures.memory_bytes && figures.memory_available_bytes) return;
    }
}

}  // namespace

std::optional<HostMeter::Jiffies> HostMeter::jiffies() {
    std::ifstream lines("/proc/stat");
    std::string name;
    uint64_t user = 0, nice = 0, system = 0, idle = 0, waits = 0, irq = 0, softirq = 0, stolen = 0;
    if (!(lines >> name >> user >> nice >> system >> idle >> waits >> irq >> softirq >> stolen)) return {};
    const uint64_t busy = user + nice + system + irq + softirq + stolen;
    return Jiffies{busy, busy + idle + waits};
}

HostFigures HostMeter::read() {
    HostFigures figures;
    figures.cpus = std::max(1U, std::thread::hardware_concurrency());
    const auto now = jiffies();
    if (now && before_ && now->all > before_->all) {
        figures.cpu_busy_ratio = static_cast<double>(now->busy - std::min(now->busy, before_->busy)) /
                                 static_cast<double>(now->all - before_->all);
    }
    before_ = now;
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        figures.process_cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    const auto asked = std::chrono::steady_clock::now();
    if (asked_before_ != std::chrono::steady_clock::time_point{}) {
        const double passed_s = std::chrono::duration<double>(asked - asked_before_).count();
        if (passed_s > 0)
            figures.process_cpu_ratio = (figures.process_cpu_s - process_before_s_) / passed_s / figures.cpus;
    }
    asked_before_ = asked;
    process_before_s_ = figures.process_cpu_s;

    uint64_t all_pages = 0, resident_pages = 0;
    std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
    figures.process_memory_bytes = resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    read_memory(figures);
    struct statvfs disk {};
    if (statvfs(data_directory_.c_str(), &disk) == 0) {
        figures.disk_bytes = disk.f_blocks * disk.f_frsize;
        figures.disk_free_bytes = disk.f_bavail * disk.f_frsize;
    }
    double load = 0;
    if (getloadavg(&load, 1) == 1) figures.load_1m = load;
    return figures;
}

}  // namespace vexfs
