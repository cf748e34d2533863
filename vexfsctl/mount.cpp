// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

struct MountOptions {
    std::string directory, backend;
};

Result<ExitStatus> show(Context& context, const char* operation, const MountOptions& options = {}) {
    Message request;
    request.header = {{"op", operation}};
    // The daemon has another working directory.
    if (!options.directory.empty())
        request.header["directory"] = std::filesystem::absolute(options.directory).string();
    if (!options.backend.empty()) request.header["backend"] = options.backend;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

Result<ExitStatus> status(Context& context) {
    Message request;
    request.header = {{"op", "mount.status"}};
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return reply.header.value("mounted", false) ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

void register_mount(Cli& cli) {
    const auto options = std::make_shared<MountOptions>();
    CLI::App* app =
        cli.noun_alone("mount", "Have the daemon mount the collections on a directory",
                       "vexfsctl mount /mnt/vexfs\nvexfsctl mount status",
                       [options](Context& context) { return show(context, "mount.mount", *options); });
    cli.option(app, "DIR", options->directory, "DIR", "Where; else mount.directory of the configuration",
               {Completes::Kind::directory, {}});
    cli.choice(app, "--backend", options->backend, {"auto", "module", "fuse"},
               "What serves the mount; else mount.backend of the configuration");
    cli.verb(app, "status", "Tell where they are mounted and by what: exit status 0 mounted, 1 not",
             "vexfsctl mount status", status);
}

void register_umount(Cli& cli) {
    cli.noun_alone("umount", "Have the daemon unmount; what is open stays open", "vexfsctl umount",
                   [](Context& context) { return show(context, "mount.unmount"); });
}

}  // namespace vexfs::ctl
