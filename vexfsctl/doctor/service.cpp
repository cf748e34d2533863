// SPDX-License-Identifier: Apache-2.0
// The daemon: its limits, its unit, what it answers, its mount, and what was tuned for it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "fuse/mounting.h"
#include "vexfsctl/doctor/findings.h"
#include "vexfsctl/show.h"
#include "vexfsd/bus/handles.h"
#include "vexfsd/tuner/module.h"

namespace vexfs::ctl {
namespace {

constexpr uint64_t few_descriptors = 65'536;
constexpr uint64_t few_mappings = 65'530;  // the kernel's own default

// A property of a unit, as systemd tells it on the system bus.
class Unit {
  public:
    explicit Unit(const char* name) {
        sd_bus* bus = nullptr;
        if (sd_bus_open_system(&bus) >= 0) bus_.reset(bus);
        char* path = nullptr;
        if (bus_ && sd_bus_path_encode("/org/freedesktop/systemd1/unit", name, &path) >= 0) path_ = path;
        std::free(path);
    }

    // None where nobody answers.
    std::optional<std::string> property(const char* name) const {
        char* value = nullptr;
        if (!bus_ || sd_bus_get_property_string(bus_.get(), "org.freedesktop.systemd1", path_.c_str(),
                                                "org.freedesktop.systemd1.Unit", name, nullptr, &value) < 0)
            return std::nullopt;
        std::string text = value;
        std::free(value);
        return text;
    }

  private:
    bus::Bus bus_;
    std::string path_;
};

bool in_path(const char* program) {
    const char* const path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
    while (!rest.empty()) {
        const std::string_view directory = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
        if (::access(fmt::format("{}/{}", directory, program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

bool systemd_runs() {
    return sd_booted() > 0;
}

}  // namespace

std::string start_command() {
    return systemd_runs() ? "sudo systemctl start vexfsd" : "sudo vexfsd";
}

std::vector<Finding> check_limits(const Examined& examined) {
    Findings findings("limits");
    rlimit descriptors{};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        const std::string found = fmt::format("{} descriptors at most", descriptors.rlim_max);
        if (descriptors.rlim_max < few_descriptors && !examined.daemon) {
            findings.advise(found, "Each client, segment and open file takes one.",
                            "ulimit -Hn, LimitNOFILE= in a unit");
        } else {
            findings.good(found);
        }
    }
    const uint64_t mappings = std::strtoull(first_line("/proc/sys/vm/max_map_count").c_str(), nullptr, 10);
    if (mappings != 0 && mappings < few_mappings) {
        findings.advise(fmt::format("vm.max_map_count is {}", mappings),
                        "Each segment and each part of an index is a mapping; some hundred fit a collection.",
                        "sudo vexfsctl tuning apply balanced");
    }
    return findings.take();
}

std::vector<Finding> check_mounting(const Examined& examined) {
    Findings findings("mount");
    const Settings::Mount& mount = examined.settings.mount;
    const bool wanted = !mount.directory.empty() && mount.backend != "none";
    const auto module = tuner::Module().status(examined.settings.module);
    if (module && module->loaded) {
        findings.good(fmt::format("the kernel module {} is loaded", module->version));
    } else if (module) {
        const std::string found = fmt::format("no kernel module: {}", module->note);
        const char* const command = ::access("/proc/modules", F_OK) != 0
                                        ? "start a kernel that has CONFIG_MODULES"
                                    : module->file.empty() ? "sudo apt-get install vexfs-dkms"
                                                           : "sudo vexfsctl module load";
        if (wanted && mount.backend == "module") {
            findings.wrong(found, "mount.backend = \"module\" can't be had.", command);
        } else {
            findings.advise(found, "Mounts are served by FUSE, at more time for each call.", command);
        }
    }
    const bool device = ::access("/dev/fuse", R_OK | W_OK) == 0;
    const bool helper = geteuid() == 0 || in_path("fusermount3");
    if (device && helper) {
        findings.good("FUSE can be had");
    } else {
        const std::string found = device ? "there is no fusermount3" : "/dev/fuse can't be opened";
        const std::string command = device ? "sudo apt-get install fuse3" : "sudo modprobe fuse";
        if (wanted && !(module && module->loaded)) {
            findings.wrong(found, "Nothing can serve the configured mount; the socket serves without.",
                           command);
        } else {
            findings.advise(found, "Collections can't be mounted as files without the kernel module.",
                            command);
        }
    }
    if (!wanted) return findings.take();
    if (const auto place = fuse::look_at(mount.directory); !place) {
        findings.wrong(place.error().message, "The daemon can't mount there.",
                       fmt::format("sudo mkdir -p {}", mount.directory));
    } else if (*place == fuse::MountPoint::dead) {
        findings.wrong(fmt::format("{} is a mount whose daemon is gone", mount.directory),
                       "Whoever looks into it gets an error.", "sudo systemctl restart vexfsd");
    }
    return findings.take();
}

std::vector<Finding> check_tuning() {
    using tuner::TuningState;
    Findings findings("tuning");
    const tuner::KernelValues kernel;
    const auto status = tuner::Tuning(kernel).status();
    if (!status) {
        findings.wrong(status.error().message, "What was tuned can't be undone.", "vexfsctl tuning status");
        return findings.take();
    }
    const std::string again = fmt::format("sudo vexfsctl tuning apply {}", status->profile);
    switch (status->state) {
        case TuningState::applied:
            findings.good(fmt::format("profile {} is applied", status->profile));
            break;
        case TuningState::drifted: {
            std::string keys;
            for (const tuner::ValueReport& value : status->values) {
                if (value.state != tuner::ValueState::drifted) continue;
                keys += fmt::format("{}{} is {}, not {}", keys.empty() ? "" : ", ", value.key, value.now,
                                    value.wanted);
            }
            findings.wrong(fmt::format("profile {} has drifted: {}", status->profile, keys),
                           "Somebody else sets them as well, such as a file in /etc/sysctl.d.", again);
            break;
        }
        case TuningState::interrupted:
            findings.wrong(fmt::format("profile {} was broken off", status->profile),
                           "Some of its values are set, others aren't.", again);
            break;
        case TuningState::rebooted:
            findings.advise(fmt::format("profile {} ended with the start of the machine", status->profile),
                            "The kernel has its own values.", again);
            break;
        default: findings.good("no profile is applied");
    }
    return findings.take();
}

std::vector<Finding> check_unit() {
    Findings findings("unit");
    if (!systemd_runs()) {
        findings.good("systemd doesn't run here");
        return findings.take();
    }
    const Unit unit("vexfsd.service");
    const auto load = unit.property("LoadState"), active = unit.property("ActiveState");
    if (!load || !active) {
        findings.advise("systemd doesn't answer on the bus", "The state of the unit is not known.",
                        "systemctl status vexfsd");
    } else if (*load == "not-found") {
        findings.advise("there is no vexfsd.service", "Nobody starts the daemon at boot.",
                        "./dev install, or the package vexfs");
    } else if (*active == "failed") {
        findings.wrong("vexfsd.service has failed", "Nobody serves the collections.",
                       "journalctl -u vexfsd -e, then sudo systemctl restart vexfsd");
    } else if (const auto enabled = unit.property("UnitFileState"); enabled == "disabled") {
        findings.advise(fmt::format("vexfsd.service is {}, and not enabled", *active),
                        "It isn't started at boot.", "sudo systemctl enable --now vexfsd");
    } else {
        findings.good(fmt::format("vexfsd.service is {}", *active));
    }
    return findings.take();
}

std::vector<Finding> check_daemon(Context& context) {
    Findings findings("daemon");
    const auto reply = context.call("health");
    if (!reply) {
        const bool rights = reply.error().code == ErrorCode::permission_denied;
        findings.wrong(reply.error().message,
                       rights ? "You are not among those who may use it." : "Nobody serves the collections.",
                       rights ? "sudo usermod -aG vexfs \"$USER\", and log in anew" : start_command());
        return findings.take();
    }
    const std::string version = cell(reply->header, "version");
    if (cell(reply->header, "status") != "ok") {
        findings.wrong("the daemon is degraded", "A collection can't be opened, or takes no writes.",
                       "vexfsctl health");
    } else if (version != VEXFS_VERSION) {
        findings.advise(fmt::format("the daemon has version {}, this is {}", version, VEXFS_VERSION),
                        "It was updated and not started anew.", "sudo systemctl restart vexfsd");
    } else {
        findings.good(
            fmt::format("version {} serves {} collections", version, cell(reply->header, "collections")));
    }
    return findings.take();
}

}  // namespace vexfs::ctl
