// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/mount_backend.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <optional>

#include "fuse/mounting.h"
#include "fuse/session.h"
#include "vexfsd/base/mount_table.h"
#include "vexfsd/channel/mounting.h"
#include "vexfsd/channel/session.h"
#include "vexfsd/tuner/bus/tuner_client.h"

namespace vexfs {
namespace {

void forget(const DescriptorStore& kept) {
    kept.forget(kept_mount);
    kept.forget(kept_ledger);
}

// None for root, who needs none.
std::optional<tuner::TunerClient> tuner_on_bus() {
    return geteuid() == 0 ? std::nullopt : tuner::TunerClient::open();
}

// What vexfs-tuner may do for others only, this daemon does for itself.
bool is_refused(const Error& error) {
    return error.code == ErrorCode::permission_denied;
}

Result<void> unmount_there(const std::string& directory) {
    if (auto tuner = tuner_on_bus()) {
        auto unmounted = tuner->unmount(directory);
        if (unmounted || !is_refused(unmounted.error())) return unmounted;
    }
    return fuse::unmount(directory);
}

Result<channel::Device> open_device() {
    if (auto tuner = tuner_on_bus()) {
        auto opened = tuner->open_device();
        if (opened) return channel::Device::adopt(std::move(*opened));
        if (!is_refused(opened.error())) return tl::unexpected(std::move(opened.error()));
    }
    return channel::Device::open();
}

class FuseBackend final : public MountBackend {
  public:
    FuseBackend(std::unique_ptr<fuse::Session> session, std::string directory, const DescriptorStore& kept)
        : session_(std::move(session)), directory_(std::move(directory)), kept_(kept) {}

    const char* name() const override { return "fuse"; }
    bool mounted() const override { return session_->connected(); }
    Result<void> unmount() override {
        // Somebody may have taken it away while files are open.
        const auto there = mounted_on(directory_);
        if (there && there->type == fuse::fs_type) VEXFS_TRY(unmount_there(directory_));
        forget(kept_);
        return {};
    }
    Result<void> leave() override {
        if (!mounted()) return {};
        if (!kept_.keeps()) return unmount();
        session_->leave();
        return {};
    }
    void explain(const std::string& why) override { session_->ledger().explain(why); }
    CallLoad load() const override { return session_->load(); }
    bool wait_idle(std::chrono::milliseconds timeout) const override { return session_->wait_idle(timeout); }

  private:
    const std::unique_ptr<fuse::Session> session_;
    const std::string directory_;
    const DescriptorStore& kept_;
};

class ModuleBackend final : public MountBackend {
  public:
    ModuleBackend(std::unique_ptr<channel::Session> session, std::string instance, std::string directory)
        : session_(std::move(session)), instance_(std::move(instance)), directory_(std::move(directory)) {}

    const char* name() const override { return "module"; }
    bool mounted() const override { return channel::is_mounted(instance_, directory_); }
    Result<void> unmount() override { return unmount_there(directory_); }
    Result<void> leave() override {
        session_->leave();
        return {};
    }
    // The next daemon finds out itself.
    void explain(const std::string&) override {}
    CallLoad load() const override { return session_->load(); }
    bool wait_idle(std::chrono::milliseconds timeout) const override { return session_->wait_idle(timeout); }

  private:
    const std::unique_ptr<channel::Session> session_;
    const std::string instance_, directory_;
};

// What a dead daemon left there, however often it was mounted.
Result<void> take_away(const std::string& directory) {
    while (true) {
        VEXFS_ASSIGN(const fuse::MountPoint found, fuse::look_at(directory));
        switch (found) {
            case fuse::MountPoint::free: return {};
            case fuse::MountPoint::alive:
                return fail(ErrorCode::busy, fmt::format("another daemon has mounted on {}", directory));
            case fuse::MountPoint::dead: break;
        }
        spdlog::warn("{} is mounted, and its daemon is gone: it is unmounted", directory);
        VEXFS_TRY(unmount_there(directory));
    }
}

Result<void> mount_by_tuner(tuner::TunerClient& tuner, const char* backend, const std::string& directory) {
    // A directory that is not there is made.
    if (auto taken = take_away(directory); !taken && taken.error().code != ErrorCode::not_found) return taken;
    return tuner.mount(backend, directory);
}

Result<void> mount_module(const std::string& instance, const std::string& directory) {
    if (auto tuner = tuner_on_bus()) {
        auto mounted = mount_by_tuner(*tuner, "module", directory);
        if (mounted || !is_refused(mounted.error())) return mounted;
    }
    VEXFS_TRY(take_away(directory));
    return channel::mount(instance, directory);
}

}  // namespace

bool asks_tuner() {
    return tuner_on_bus().has_value();
}

Result<bool> handed_over_by_tuner(const std::string& directory) {
    auto tuner = tuner_on_bus();
    if (!tuner) return false;
    auto mounted = mount_by_tuner(*tuner, "fuse", directory);
    if (mounted) return true;
    if (is_refused(mounted.error())) return false;
    return tl::unexpected(std::move(mounted.error()));
}

Result<std::unique_ptr<MountBackend>> mount_by_fuse(Tree& tree, const std::string& directory,
                                                    unsigned running_max, const DescriptorStore& kept) {
    VEXFS_TRY(take_away(directory));
    VEXFS_ASSIGN(UniqueFd connection, fuse::mount(directory));
    auto served = serve_fuse(tree, directory, std::move(connection), running_max, kept);
    if (!served) (void)fuse::unmount(directory);
    return served;
}

Result<std::unique_ptr<MountBackend>> serve_fuse(Tree& tree, const std::string& directory,
                                                 UniqueFd connection, unsigned running_max,
                                                 const DescriptorStore& kept) {
    VEXFS_ASSIGN(auto session, fuse::Session::start(tree, std::move(connection), directory, running_max));
    // Of one that somebody else has unmounted.
    forget(kept);
    // The ledger first: without it the mount is of no use to the next daemon.
    auto done = kept.keep(kept_ledger, session->ledger().descriptor());
    if (done) done = kept.keep(kept_mount, session->descriptor());
    if (!done) spdlog::warn("the mount won't outlive this daemon: {}", done.error().message);
    return std::make_unique<FuseBackend>(std::move(session), directory, kept);
}

Result<Resumed> resume_fuse(Tree& tree, UniqueFd descriptor, UniqueFd ledger, unsigned running_max,
                            const DescriptorStore& kept) {
    std::string directory, why;
    const auto resume = [&]() -> Result<std::unique_ptr<fuse::Session>> {
        VEXFS_ASSIGN(auto noted, fuse::Ledger::adopt(std::move(ledger)));
        directory = noted->directory();
        why = noted->why();
        return fuse::Session::resume(tree, std::move(descriptor), std::move(noted), running_max);
    };
    auto session = resume();
    if (session)
        return Resumed{std::make_unique<FuseBackend>(std::move(*session), directory, kept), directory, why};
    // The connection ends with the last descriptor, and with it what waits for an answer.
    forget(kept);
    if (session.error().code != ErrorCode::not_found && !directory.empty())
        (void)(asks_tuner() ? unmount_there(directory) : fuse::abort(directory));
    return tl::unexpected(std::move(session.error()));
}

Result<std::unique_ptr<MountBackend>> mount_by_module(Tree& tree, const std::string& directory,
                                                      const std::string& instance, uint64_t call_bytes_max) {
    VEXFS_ASSIGN(channel::Device device, open_device());
    VEXFS_ASSIGN(const auto names, channel::Names::tell(tree, device.descriptor()));
    VEXFS_TRY(device.serve(instance, call_bytes_max));
    // Of a mount that is there already nothing is asked before it is served.
    if (!channel::is_mounted(instance, directory)) VEXFS_TRY(mount_module(instance, directory));
    VEXFS_ASSIGN(auto session, channel::Session::start(tree, std::move(device), names));
    return std::make_unique<ModuleBackend>(std::move(session), instance, directory);
}

}  // namespace vexfs
