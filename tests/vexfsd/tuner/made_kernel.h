// SPDX-License-Identifier: Apache-2.0
// A kernel made of files: a tree like /proc/sys, one like debugfs, and a place for the record.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tests/engine/temporary_directory.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs::test {

class MadeKernel : public tuner::KernelValues {
  public:
    MadeKernel() : MadeKernel(std::make_unique<TemporaryDirectory>()) {}

    // Called before each write; an error is returned by it.
    std::function<Result<void>(const std::string& path, std::string_view value)> on_write;

    // A value that is written, and what is read then.
    std::pair<std::string, std::string> shown;

    void set(const std::string& name, std::string_view value) const {
        const std::string path = *directory_ / name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path) << value << '\n';
    }
    std::string get(const std::string& name) const { return read(*directory_ / name).value(); }
    void remove(const std::string& name) const { std::filesystem::remove(*directory_ / name); }
    void reboot() const { set("sys/kernel/random/boot_id", std::to_string(++boots_)); }
    std::string path(const std::string& name) const { return *directory_ / name; }

    Result<void> write(const std::string& path, std::string_view value) const override {
        if (on_write) VEXFS_TRY(on_write(path, value));
        VEXFS_TRY(KernelValues::write(path, value == shown.first ? shown.second : value));
        // As mm/page-writeback.c does.
        for (const std::string name : {"dirty", "dirty_background"}) {
            for (const auto& [one, other] : {std::pair{"_ratio", "_bytes"}, {"_bytes", "_ratio"}}) {
                const std::string twin = "sys/vm/" + name + other;
                if (path == this->path("sys/vm/" + name + one) && std::filesystem::exists(this->path(twin)))
                    set(twin, "0");
            }
        }
        return {};
    }

    tuner::Tuning tuning() const { return tuner::Tuning(*this, posix_disk(), path("state")); }

  private:
    explicit MadeKernel(std::unique_ptr<TemporaryDirectory> directory)
        : KernelValues({*directory / "sys", *directory / "debug"}), directory_(std::move(directory)) {
        reboot();
        set("sys/vm/swappiness", "60");
        set("sys/vm/dirty_ratio", "20");
        set("sys/vm/dirty_bytes", "0");
        set("sys/vm/max_map_count", "65530");
        set("debug/sched/migration_cost_ns", "500000");
    }

    std::unique_ptr<TemporaryDirectory> directory_;
    mutable int boots_ = 0;
};

inline tuner::Profile profile_of(std::string name, std::vector<tuner::ProfileValue> values) {
    return {std::move(name), "for tests", std::move(values), {}};
}

// "KEY STATE" of each row.
inline std::vector<std::string> rows_of(const tuner::TuningReport& report) {
    std::vector<std::string> rows;
    for (const tuner::ValueReport& value : report.values)
        rows.push_back(value.key + " " + std::string(name_of(value.state)));
    return rows;
}

using Rows = std::vector<std::string>;

}  // namespace vexfs::test
