// SPDX-License-Identifier: Apache-2.0
// vexfs-tuner(8): what needs root on this machine, on the bus. It is started by a call, and ends when nobody
// calls.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "vexfsd/tuner/bus/tuner_service.h"

namespace {

constexpr unsigned idle_s_default = 30;
constexpr unsigned idle_s_max = 86'400;

int complain(const vexfs::Error& error) {
    fmt::print(stderr, "vexfs-tuner: {}\n", error.message);
    return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Loads the kernel module and sets values of the kernel, for those whom polkit lets.",
                 "vexfs-tuner");
    unsigned idle_s = idle_s_default;
    app.add_option("--idle", idle_s, "Seconds without a call after which it ends")
        ->option_text("SECONDS")
        ->check(CLI::Range(1u, idle_s_max));
    app.set_version_flag("--version", VEXFS_VERSION, "Show the version");
    CLI11_PARSE(app, argc, argv);
    const auto service = vexfs::tuner::TunerService::open();
    if (!service) return complain(service.error());
    const auto ran = (*service)->run(std::chrono::seconds(idle_s));
    return ran ? EXIT_SUCCESS : complain(ran.error());
}
