// SPDX-License-Identifier: Apache-2.0
// The running daemon: store, service and server in one event loop, and what signals do to them. SIGTERM and
// SIGINT stop it, SIGHUP reloads the configuration.
#pragma once

#include <systemd/sd-event.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "engine/collection/store.h"
#include "vexfsd/alert_hook.h"
#include "vexfsd/config/presets.h"
#include "vexfsd/config/settings.h"
#include "vexfsd/descriptor_store.h"
#include "vexfsd/manager_bus.h"
#include "vexfsd/metrics_server.h"
#include "vexfsd/mount.h"
#include "vexfsd/options.h"
#include "vexfsd/requests/service.h"
#include "vexfsd/server/listen.h"
#include "vexfsd/server/server.h"
#include "vexfsd/watchdog.h"
#include "vexfsd/watching.h"

namespace vexfs {

// What a service is to have by the configuration: presets and defaults. Fails where the default preset can't
// be had; problems of others are logged.
Result<ServiceOptions> service_options(const Settings& settings);
// And its mount. Who may use the socket may use that, too.
Result<TreeOptions> tree_options(const Settings& settings);

class Daemon {
  public:
    // Opens the store and the socket; ready to run. The signals must be blocked in all threads.
    static Result<std::unique_ptr<Daemon>> start(const DaemonOptions& options,
                                                 const Configuration& configuration);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // Until it is stopped.
    Result<void> run();

  private:
    Daemon(const DaemonOptions& options, const Configuration& configuration);
    Result<void> open();
    Result<UniqueFd> open_socket();
    Result<UniqueFd> bind_socket();
    Result<void> open_watch();
    Result<void> open_mount();
    Result<void> mount_configured();
    // In a thread of its own, where the mount is a request to this daemon; says that it is ready then.
    void mount_when_served();
    // False where the daemon before has left none to go on with.
    bool resume_mount();
    // Unmounts or leaves the mount to the next daemon, and waits for the requests that came that way.
    void finish_mount();
    Result<void> watch_signals();
    void say_ready() const;
    void reload();
    // Takes what the configuration says now, or nothing of it.
    Reloaded take_configuration();
    void stop(int signal_number);
    void give_up_waiting();
    void notify_status() const;

    DaemonOptions options_;
    Configuration configuration_;
    DescriptorStore descriptors_;
    sd_event* event_ = nullptr;
    std::optional<ListeningPath> listening_;
    // Destroyed from the last to the first: nobody asks the service then, and nothing uses the store.
    std::unique_ptr<Store> store_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<Tree> tree_;
    std::unique_ptr<Mount> mount_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<AlertHook> alert_hook_;
    std::unique_ptr<ManagerBus> bus_;
    std::unique_ptr<Watching> watching_;
    std::unique_ptr<Watchdog> watchdog_;
    std::unique_ptr<MetricsServer> metrics_;
    bool mounts_when_served_ = false;
    Result<void> mounted_{};  // by mounting_, once that has ended
    std::jthread mounting_;
};

// Blocks the signals that the daemon's loop takes, ignores SIGPIPE, and raises the limit on descriptors.
Result<void> prepare_process();

}  // namespace vexfs
