// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "fuse/mounting.h"
#include "vexfsctl/hand_over.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

struct MountOptions {
    std::string directory, backend;
};

// Whether root can do what a daemon without privileges can't.
bool can_help(const Context& context, const Error& error) {
    return geteuid() == 0 && !context.embedded() && !context.remote() &&
           (error.code == ErrorCode::permission_denied || error.code == ErrorCode::unsupported);
}

Result<Message> mount_as(Context& context, const MountOptions& options) {
    Message request;
    request.header = {{"op", "mount.mount"}};
    // The daemon has another working directory.
    if (!options.directory.empty())
        request.header["directory"] = std::filesystem::absolute(options.directory).string();
    if (!options.backend.empty()) request.header["backend"] = options.backend;
    auto reply = context.call(std::move(request));
    if (reply || options.backend == "module" || !can_help(context, reply.error())) return reply;
    std::string directory = options.directory;
    if (directory.empty()) {
        VEXFS_ASSIGN(const Message found, context.call("mount.status"));
        directory = found.header.value("directory", "");
    }
    std::error_code error;
    const std::filesystem::path place = std::filesystem::canonical(directory, error);
    if (error) return fail_errno(fmt::format("mount on {}", directory), error.value());
    return mount_and_hand_over(socket_path(context.options().socket), "vexfs", place.string(), false);
}

Result<Message> unmount(Context& context) {
    auto reply = context.call("mount.unmount");
    if (reply || !can_help(context, reply.error())) return reply;
    VEXFS_ASSIGN(const Message found, context.call("mount.status"));
    VEXFS_TRY(fuse::unmount(found.header.value("directory", "")));
    // Now there is nothing left to be unmounted, but to be forgotten.
    return context.call("mount.unmount");
}

Result<ExitStatus> show(Context& context, const Result<Message>& reply) {
    if (!reply) return tl::unexpected(reply.error());
    VEXFS_TRY(print_pairs(context.out(), reply->header));
    return succeeded;
}

Result<ExitStatus> mount_status(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("mount.status"));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return reply.header.value("mounted", false) ? ExitStatus::success : ExitStatus::failed;
}

}  // namespace

void register_mount(Cli& cli) {
    const auto options = std::make_shared<MountOptions>();
    CLI::App* app =
        cli.noun_alone("mount", "Have the daemon mount the collections on a directory",
                       "vexfsctl mount /mnt/vexfs\nvexfsctl mount status",
                       [options](Context& context) { return show(context, mount_as(context, *options)); });
    cli.option(app, "DIR", options->directory, "DIR", "Where; else mount.directory of the configuration",
               {Completes::Kind::directory, {}});
    cli.choice(app, "--backend", options->backend, {"auto", "module", "fuse"},
               "What serves the mount; else mount.backend of the configuration");
    cli.verb(app, "status", "Tell where they are mounted and by what: exit status 0 mounted, 1 not",
             "vexfsctl mount status", mount_status);
}

void register_umount(Cli& cli) {
    cli.noun_alone("umount", "Have the daemon unmount; what is open stays open", "vexfsctl umount",
                   [](Context& context) { return show(context, unmount(context)); });
}

}  // namespace vexfs::ctl
