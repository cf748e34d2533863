// SPDX-License-Identifier: Apache-2.0
// Processor, memory, kernel, clock.
#include <fmt/format.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "engine/simd/distance.h"
#include "engine/storage/io_backend.h"
#include "vexfsctl/doctor/findings.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr uint64_t little_memory_bytes = uint64_t{1} << 30;

// "MemTotal:   24594872 kB" of /proc/meminfo, in bytes; 0 where it isn't there.
uint64_t memory_figure(std::string_view name) {
    std::ifstream figures("/proc/meminfo");
    for (std::string line; std::getline(figures, line);) {
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
        return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) << 10;
    }
    return 0;
}

// What the control group leaves us, 0 for no limit.
uint64_t group_limit_bytes() {
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (!line.starts_with("0::")) continue;
        return std::strtoull(first_line("/sys/fs/cgroup" + line.substr(3) + "/memory.max").c_str(), nullptr,
                             10);
    }
    return 0;
}

}  // namespace

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::vector<Finding> check_processor() {
    Findings findings("processor");
    const std::string_view chosen = simd::name_of(simd::kernels().isa);
    const std::string found =
        fmt::format("{} CPUs, distances by {}", std::thread::hardware_concurrency(), chosen);
    if (std::getenv("VEXFS_SIMD") != nullptr) {
        findings.advise(found + ", which VEXFS_SIMD asks for",
                        "The best that the processor has may not be what is used.", "unset VEXFS_SIMD");
    } else if (simd::kernels().isa == simd::Isa::scalar) {
        findings.advise(found, "Without AVX2 or NEON a search takes several times as long.",
                        "in a virtual machine, give it the host's processor: qemu -cpu host");
    } else {
        findings.good(found);
    }
    return findings.take();
}

std::vector<Finding> check_memory() {
    Findings findings("memory");
    const uint64_t available = memory_figure("MemAvailable");
    const std::string found =
        fmt::format("{} of {} available", human_bytes(available), human_bytes(memory_figure("MemTotal")));
    if (available < little_memory_bytes) {
        findings.advise(found, "Graphs and codes that don't stay in memory make searches wait for the disk.",
                        "vexfsctl collection create NAME --preset memory-efficient, for new collections");
    } else {
        findings.good(found);
    }
    if (const uint64_t limit = group_limit_bytes(); limit != 0 && limit < little_memory_bytes) {
        findings.advise(fmt::format("this control group may use {}", human_bytes(limit)),
                        "What is over it is reclaimed, and then killed.",
                        "systemctl set-property UNIT MemoryMax=");
    }
    const std::string pages = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
    if (pages.find("[never]") != std::string::npos) {
        findings.advise("transparent huge pages are off",
                        "Walks through large graphs miss the TLB more often.",
                        "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    }
    return findings.take();
}

std::vector<Finding> check_kernel() {
    Findings findings("kernel");
    utsname system{};
    if (uname(&system) == 0) findings.good(fmt::format("{} {}", system.sysname, system.release));
    const ChosenDisk disk = choose_disk(IoBackend::io_uring);
    if (disk.backend == IoBackend::io_uring) {
        findings.good("io_uring can be had");
    } else {
        const bool disabled = first_line("/proc/sys/kernel/io_uring_disabled") > "0";
        findings.advise(
            disk.why, "storage.io_backend = \"io_uring\" falls back to posix; auto is posix anyway.",
            disabled ? "sudo sysctl kernel.io_uring_disabled=0" : "leave storage.io_backend at auto");
    }
    return findings.take();
}

std::vector<Finding> check_clock() {
    Findings findings("clock");
    timex state{};
    if (adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        findings.advise("the clock is not synchronised", "Times in the log and of snapshots may be wrong.",
                        "sudo timedatectl set-ntp true");
    } else {
        findings.good("the clock is synchronised");
    }
    const std::string source = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (source == "hpet" || source == "acpi_pm" || source == "jiffies") {
        findings.advise(fmt::format("the kernel tells time by {}", source),
                        "Each look at the clock takes a microsecond, and every request takes several.",
                        "find out why the kernel gave up the TSC: journalctl -k -g clocksource");
    }
    return findings.take();
}

}  // namespace vexfs::ctl
