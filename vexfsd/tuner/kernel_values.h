// SPDX-License-Identifier: Apache-2.0
// Values of the running kernel by the names of sysctl(8): where they lie, reading and writing them.
//
// A name's parts are parted by dots; a slash within a part stands for a dot, as in
// net.ipv4.conf.eth0/100.forwarding. Some scheduler keys lie in debugfs since Linux 5.13: they are found by
// their old names. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace vexfs::tuner {

struct KernelRoots {
    std::string proc_sys = "/proc/sys";
    std::string debugfs = "/sys/kernel/debug";
};

struct KernelPlace {
    std::string path;
    bool moved = false;  // to debugfs
};

class KernelValues {
  public:
    explicit KernelValues(KernelRoots roots = {}) : roots_(std::move(roots)) {}
    virtual ~KernelValues() = default;

    // not_found with the reason where this kernel has no such key.
    Result<KernelPlace> find(std::string_view key) const;
    // Without a newline, fields parted by one space.
    virtual Result<std::string> read(const std::string& path) const;
    // All of it in one call, as the kernel wants it.
    virtual Result<void> write(const std::string& path, std::string_view value) const;
    // permission_denied or read_only where write() would be refused.
    Result<void> check_writable(const std::string& path) const;
    // Another one with each start of the kernel.
    Result<std::string> boot_id() const;

  private:
    KernelRoots roots_;
};

// invalid_argument for what can't be the name of a key.
Result<void> check_key(std::string_view key);
// The key that the kernel zeroes where this one is set, or "": vm.dirty_bytes for vm.dirty_ratio.
std::string_view twin_of(std::string_view key);
// Fields parted by one space: what the kernel shows with tabs and a file with spaces is the same value.
std::string normal_value(std::string_view text);

}  // namespace vexfs::tuner
