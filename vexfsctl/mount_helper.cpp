// SPDX-License-Identifier: Apache-2.0
// mount.vexfs(8): what mount(8) runs for the type vexfs. Mounts by the kernel module where it is loaded, else
// by FUSE, and hands that mount to the daemon.
#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "vexfsctl/hand_over.h"
#include "vexfsd/base/nearest.h"
#include "vexfsd/channel/mounting.h"

namespace {

using namespace vexfs;

// As mount(8) has them.
enum class MountExit { mounted = 0, usage = 1, failed = 32 };

constexpr const char* usage = "usage: mount.vexfs [-fnsv] [-o OPTIONS] NAME DIR\n";
// Of fstab(5), for others than the file system, and what holds for each of our mounts.
constexpr std::array meant_for_others{"defaults", "rw",    "auto",   "noauto", "user",  "nouser",
                                      "users",    "owner", "group",  "nofail", "async", "_netdev",
                                      "nosuid",   "nodev", "noexec", "noatime"};
constexpr std::array own_options{"backend", "hang_ms", "park_ms", "ro", "socket"};

struct Wanted {
    std::string instance, directory, options;
    bool fake = false, sloppy = false, verbose = false;
    std::string backend = "auto", socket, module_options;
    bool read_only = false;
};

Result<void> take_option(Wanted& wanted, const std::string& option) {
    const size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
    if (name == "ro") {
        wanted.read_only = true;
    } else if (name == "socket" && !value.empty()) {
        wanted.socket = value;
    } else if (name == "backend" && (value == "auto" || value == "module" || value == "fuse")) {
        wanted.backend = value;
    } else if ((name == "hang_ms" || name == "park_ms") && !value.empty()) {
        wanted.module_options += (wanted.module_options.empty() ? "" : ",") + option;
    } else if (name == "backend" || !wanted.sloppy) {
        return fail(ErrorCode::invalid_argument, fmt::format("there is no option {}", option),
                    name == "backend" ? "auto, module or fuse" : did_you_mean(name, own_options));
    }
    return {};
}

Result<void> take_options(Wanted& wanted) {
    std::string_view rest = wanted.options;
    while (!rest.empty()) {
        const size_t comma = rest.find(',');
        const std::string option(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        const bool for_others = option.empty() || option.starts_with("x-") ||
                                option.starts_with("comment=") ||
                                std::ranges::find(meant_for_others, option) != meant_for_others.end();
        if (!for_others) VEXFS_TRY(take_option(wanted, option));
    }
    return {};
}

// mount(8) puts its options behind the names.
Result<Wanted> parse(int argc, char** argv) {
    Wanted wanted;
    for (int option = 0; (option = getopt(argc, argv, "fnsvo:t:")) != -1;) {
        switch (option) {
            case 'f': wanted.fake = true; break;
            case 's': wanted.sloppy = true; break;
            case 'v': wanted.verbose = true; break;
            case 'o': wanted.options += (wanted.options.empty() ? "" : ",") + std::string(optarg); break;
            case 'n':  // the table of mounts is the kernel's
            case 't': break;
            default: return fail(ErrorCode::invalid_argument, "wrong options", usage);
        }
    }
    if (argc - optind != 2)
        return fail(ErrorCode::invalid_argument, "a name and a directory are wanted", usage);
    wanted.instance = argv[optind];
    std::error_code error;
    wanted.directory = std::filesystem::canonical(argv[optind + 1], error).string();
    if (error) return fail_errno(fmt::format("mount on {}", argv[optind + 1]), error.value());
    VEXFS_TRY(take_options(wanted));
    return wanted;
}

Result<std::string> mount(const Wanted& wanted) {
    if (wanted.fake) return "nothing is mounted, as -f wants it";
    const bool module = wanted.backend == "module" || (wanted.backend == "auto" && channel::is_loaded());
    if (module && !channel::is_loaded()) {
        return fail(ErrorCode::unsupported, "the kernel module vexfs_v2 is not loaded",
                    "vexfsctl module load; the backend fuse does without");
    }
    if (module) {
        VEXFS_TRY(channel::mount(wanted.instance, wanted.directory, wanted.read_only, wanted.module_options));
        return "mounted by the kernel module";
    }
    const std::string socket = ctl::socket_path(wanted.socket);
    VEXFS_TRY(ctl::mount_and_hand_over(socket, wanted.instance, wanted.directory, wanted.read_only));
    return fmt::format("mounted by FUSE, served by the daemon at {}", socket);
}

MountExit report(const Error& error, MountExit exit) {
    fmt::print(stderr, "mount.vexfs: {}\n", error.message);
    if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
    return exit;
}

}  // namespace

int main(int argc, char** argv) {
    const auto wanted = parse(argc, argv);
    if (!wanted) return static_cast<int>(report(wanted.error(), MountExit::usage));
    const auto mounted = mount(*wanted);
    if (!mounted) return static_cast<int>(report(mounted.error(), MountExit::failed));
    if (wanted->verbose)
        fmt::print("mount.vexfs: {} on {}: {}\n", wanted->instance, wanted->directory, *mounted);
    return static_cast<int>(MountExit::mounted);
}
