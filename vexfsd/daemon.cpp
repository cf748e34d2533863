// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>

#include "vexfsd/config/alert_rules.h"
#include "vexfsd/log.h"
#include "vexfsd/unit_job.h"

namespace vexfs {
namespace {

constexpr uint64_t us_per_s = 1'000'000;

unsigned one_per_cpu(uint64_t threads) {
    return threads != 0 ? static_cast<unsigned>(threads) : std::max(1u, std::thread::hardware_concurrency());
}

ServerLimits limits_of(const Settings::Server& settings) {
    return {settings.max_clients, settings.max_request_bytes, settings.max_inflight_bytes,
            settings.request_timeout_s, static_cast<unsigned>(settings.max_concurrent_ops)};
}

std::string with_hint(const Error& error) {
    return error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
}

uint64_t monotonic_us() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * us_per_s + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

// A preset says nothing of durability unless it does; the configuration's holds then.
Result<Schema> configured_schema(const Preset& preset, Durability durability) {
    VEXFS_ASSIGN(Schema schema, schema_of(preset));
    if (!preset.parameters.contains("durability")) schema.durability = durability;
    return schema;
}

// A wrong one is left out; the others watch.
std::vector<AlertRule> alert_rules() {
    AlertCatalog catalog = AlertCatalog::load();
    for (const ConfigProblem& problem : catalog.problems) spdlog::warn("alert left out: {}", problem.text());
    return std::move(catalog.rules);
}

}  // namespace

Result<ServiceOptions> service_options(const Settings& settings) {
    auto catalog = std::make_shared<const PresetCatalog>(PresetCatalog::load());
    for (const ConfigProblem& problem : catalog->problems())
        spdlog::warn("preset left out: {}", problem.text());
    ServiceOptions options;
    VEXFS_ASSIGN(const Durability durability, durability_from_name(settings.collections.durability));
    options.presets = [catalog, durability](const std::string& name) -> Result<Schema> {
        VEXFS_ASSIGN(const Preset* const preset, catalog->find(name));
        return configured_schema(*preset, durability);
    };
    options.defaults.durability = durability;
    options.collection_mode = settings.collections.mode;
    options.slow_query_us = settings.queries.slow_ms * 1000;
    options.note_slow_query = [](const SlowQuery& slow) {
        log_event(events::slow_search,
                  fmt::format("slow search of collection {}: {:.1f} ms, {}, {} quer{} for {} each{}{}",
                              slow.collection, static_cast<double>(slow.took_us) / 1000,
                              slow.failure.empty() ? slow.plan : slow.failure, slow.queries,
                              slow.queries == 1 ? "y" : "ies", slow.limit,
                              slow.filter.empty() ? "" : ", filter ", slow.filter),
                  {{"VEXFS_COLLECTION", slow.collection},
                   {"VEXFS_TOOK_US", fmt::format("{}", slow.took_us)},
                   {"VEXFS_PLAN", slow.plan}});
    };
    options.cache = {settings.queries.cache_entries, settings.queries.cache_bytes};
    if (!settings.collections.preset.empty()) {
        VEXFS_ASSIGN(options.defaults, options.presets(settings.collections.preset));
    }
    return options;
}

Result<TreeOptions> tree_options(const Settings& settings) {
    TreeOptions options;
    options.memory = {settings.server.max_inflight_bytes,
                      std::chrono::seconds(settings.server.request_timeout_s)};
    options.request_bytes_max = settings.server.max_request_bytes;
    options.dimension = static_cast<uint32_t>(settings.collections.dimension);
    options.spool_directory = settings.server.data_dir + "/import";
    options.top.uid = geteuid();
    options.top.gid = getegid();
    if (!settings.server.socket_group.empty()) {
        VEXFS_ASSIGN(options.top.gid, group_id(settings.server.socket_group));
    }
    // Everybody takes away what is theirs, as below /tmp.
    const uint32_t connects = settings.server.socket_mode & 0222;
    options.top.mode = S_ISVTX | (settings.server.socket_mode & 0666) | connects >> 1 | connects << 1;
    return options;
}

Daemon::Daemon(const DaemonOptions& options, const Configuration& configuration)
    : options_(options), configuration_(configuration) {}

Daemon::~Daemon() {
    if (mounting_.joinable()) mounting_.join();
    metrics_.reset();
    watchdog_.reset();
    watching_.reset();
    if (service_) service_->set_watch_sources({});
    alert_hook_.reset();
    bus_.reset();
    server_.reset();
    if (service_) service_->set_mounts(nullptr);
    mount_.reset();
    tree_.reset();
    service_.reset();
    store_.reset();
    sd_event_unref(event_);
}

Result<std::unique_ptr<Daemon>> Daemon::start(const DaemonOptions& options,
                                              const Configuration& configuration) {
    std::unique_ptr<Daemon> daemon(new Daemon(options, configuration));
    VEXFS_TRY(daemon->open());
    return daemon;
}

Result<void> Daemon::open() {
    const Settings& settings = configuration_.settings();
    if (const int error = sd_event_default(&event_); error < 0)
        return fail_errno("make an event loop", -error);
    VEXFS_TRY(watch_signals());
    VEXFS_ASSIGN(descriptors_, DescriptorStore::open());
    VEXFS_ASSIGN(ServiceOptions service, service_options(settings));
    StoreOptions store;
    store.directory = settings.server.data_dir;
    store.index_threads = static_cast<unsigned>(settings.index.threads);
    store.max_backlog = {settings.index.max_backlog_rows, settings.index.max_backlog_bytes};
    store.segment_bytes = settings.storage.segment_bytes;
    store.background_bytes_per_s = settings.storage.background_mib_per_s << 20;
    VEXFS_ASSIGN(store.io_backend, io_backend_from_name(settings.storage.io_backend));
    VEXFS_ASSIGN(store_, Store::open(store));
    service_ = std::make_unique<Service>(*store_, std::move(service));
    VEXFS_TRY(open_mount());
    VEXFS_ASSIGN(UniqueFd socket, open_socket());
    VEXFS_ASSIGN(server_, Server::start(
                              event_, std::move(socket), one_per_cpu(settings.server.worker_threads),
                              [this](const Message& request, const Caller& caller) {
                                  return service_->handle(request, caller);
                              },
                              limits_of(settings.server)));
    return open_watch();
}

Result<void> Daemon::open_watch() {
    RaisedFile raised(configuration_.settings().server.data_dir + "/alerts.json");
    if (auto kept = raised.read()) {
        service_->keep_alerts(*kept);
    } else {
        spdlog::warn("alerts raised before are forgotten: {}", kept.error().message);
    }
    VEXFS_ASSIGN(bus_, ManagerBus::start(*service_, *store_, [] { kill(getpid(), SIGHUP); }));
    alert_hook_ = std::make_unique<AlertHook>(configuration_.settings().alerts.command, std::move(raised));
    service_->set_watch_sources({[this] { return server_->load(); }, tuning_watch(),
                                 [this](const AlertEvent& event) {
                                     alert_hook_->tell(event);
                                     bus_->tell(event);
                                 }});
    service_->set_alert_rules(alert_rules());
    watching_ = std::make_unique<Watching>(*service_);
    VEXFS_ASSIGN(watchdog_, Watchdog::start(event_, *watching_));
    const Settings::Metrics& settings = configuration_.settings().metrics;
    std::optional<UniqueFd> listener = descriptors_.take(metrics_socket);
    if (listener) {
        VEXFS_TRY(prepare_socket(*listener, AF_UNSPEC));
    } else if (settings.port != 0) {
        VEXFS_ASSIGN(listener, listen_on_loopback(settings.address, static_cast<uint16_t>(settings.port)));
    }
    if (!listener) return {};
    VEXFS_ASSIGN(metrics_,
                 MetricsServer::start(std::move(*listener), [this] { return service_->metrics(); }));
    return {};
}

Result<UniqueFd> Daemon::open_socket() {
    std::vector<UniqueFd> sockets = descriptors_.take_sockets();
    if (sockets.empty()) return bind_socket();
    if (sockets.size() > 1) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("systemd handed {} sockets over, one is served", sockets.size()));
    }
    VEXFS_TRY(prepare_socket(sockets.front(), AF_UNIX));
    if (descriptors_.take(kept_socket)) descriptors_.forget(kept_socket);
    return std::move(sockets.front());
}

Result<UniqueFd> Daemon::bind_socket() {
    const Settings::Server& settings = configuration_.settings().server;
    if (auto kept = descriptors_.take(kept_socket)) {
        auto resumed = ListeningPath::resume(settings.socket, std::move(*kept));
        if (resumed) {
            listening_.emplace(std::move(*resumed));
            return listening_->take_socket();
        }
        descriptors_.forget(kept_socket);
        if (resumed.error().code == ErrorCode::busy) return tl::unexpected(resumed.error());
    }
    auto listening = ListeningPath::bind(settings.socket, settings.socket_mode, settings.socket_group);
    if (!listening) return tl::unexpected(listening.error());
    listening_.emplace(std::move(*listening));
    if (auto kept = descriptors_.keep(kept_socket, listening_->descriptor()); !kept)
        spdlog::warn("clients won't wait for the next daemon: {}", kept.error().message);
    return listening_->take_socket();
}

Result<void> Daemon::open_mount() {
    const Settings& settings = configuration_.settings();
    VEXFS_ASSIGN(const TreeOptions options, tree_options(settings));
    VEXFS_ASSIGN(tree_, Tree::make(*store_, *service_, options));
    mount_ = std::make_unique<Mount>(*tree_, settings.mount, one_per_cpu(settings.server.worker_threads),
                                     settings.server.max_request_bytes, descriptors_);
    service_->set_mounts(mount_.get());
    if (resume_mount()) return {};
    if (settings.mount.directory.empty() || settings.mount.backend == "none") return {};
    mounts_when_served_ = asks_tuner();
    return mounts_when_served_ ? Result<void>() : mount_configured();
}

Result<void> Daemon::mount_configured() {
    auto mounted = mount_->mount({}, {});
    if (mounted) return {};
    if (configuration_.origin_of("mount.directory").source == mount_option)
        return tl::unexpected(std::move(mounted.error()));
    log_event(events::mount_failed,
              fmt::format("the socket serves without a mount: {}", with_hint(mounted.error())),
              {{"VEXFS_DIRECTORY", configuration_.settings().mount.directory},
               {"VEXFS_REASON", mounted.error().message}});
    return {};
}

void Daemon::mount_when_served() {
    mounted_ = mount_configured();
    if (mounted_) {
        sd_notify(0, "READY=1");
    } else {
        kill(getpid(), SIGTERM);
    }
}

bool Daemon::resume_mount() {
    auto mount = descriptors_.take(kept_mount);
    auto ledger = descriptors_.take(kept_ledger);
    if (!mount || !ledger) {
        if (ledger) descriptors_.forget(kept_ledger);
        if (mount) descriptors_.forget(kept_mount);
        return false;
    }
    auto resumed = mount_->resume(std::move(*mount), std::move(*ledger));
    if (!resumed) spdlog::warn("the mount of the daemon before can't go on: {}", with_hint(resumed.error()));
    return resumed.has_value();
}

Result<void> Daemon::watch_signals() {
    const auto on_stop = [](sd_event_source*, const signalfd_siginfo* info, void* self) {
        static_cast<Daemon*>(self)->stop(static_cast<int>(info->ssi_signo));
        return 0;
    };
    const auto on_reload = [](sd_event_source*, const signalfd_siginfo*, void* self) {
        static_cast<Daemon*>(self)->reload();
        return 0;
    };
    for (const int signal_number : {SIGTERM, SIGINT}) {
        const int error = sd_event_add_signal(event_, nullptr, signal_number, on_stop, this);
        if (error < 0) return fail_errno("watch signals", -error);
    }
    const int error = sd_event_add_signal(event_, nullptr, SIGHUP, on_reload, this);
    if (error < 0) return fail_errno("watch signals", -error);
    return {};
}

Result<void> Daemon::run() {
    say_ready();
    if (mounts_when_served_) {
        mounting_ = std::jthread([this] { mount_when_served(); });
    } else {
        sd_notify(0, "READY=1");
    }
    notify_status();
    const int error = sd_event_loop(event_);
    if (error < 0) return fail_errno("event loop", -error);
    if (mounting_.joinable()) mounting_.join();
    VEXFS_TRY(mounted_);
    finish_mount();
    spdlog::info("closing {}", store_->directory());
    return {};
}

void Daemon::finish_mount() {
    const std::chrono::seconds timeout(configuration_.settings().server.shutdown_timeout_s);
    if (mount_->wait_idle(timeout)) return;
    spdlog::warn("requests through the mount are cut off: they took longer than server.shutdown_timeout_s");
    service_->interrupt();
}

void Daemon::say_ready() const {
    uint64_t points = 0;
    const std::vector<std::string> names = store_->names();
    for (const std::string& name : names) {
        if (const auto collection = store_->find(name)) points += (*collection)->info().points;
    }
    for (const Quarantined& entry : store_->quarantined()) {
        log_event(events::collection_closed,
                  fmt::format("collection {} can't be opened, the others serve: {}", entry.name,
                              with_hint(entry.error)),
                  {{"VEXFS_COLLECTION", entry.name}, {"VEXFS_REASON", entry.error.message}});
    }
    if (const ChosenDisk& disk = store_->disk(); !disk.why.empty()) {
        spdlog::warn("I/O goes through {}: {}", name_of(disk.backend), disk.why);
    } else {
        spdlog::info("I/O goes through {}", name_of(disk.backend));
    }
    log_event(events::ready,
              fmt::format("vexfsd {} is ready: pid {}, data {}, {} collections, {} points, {}, socket {}",
                          VEXFS_VERSION, getpid(), store_->directory(), names.size(), points,
                          simd::name_of(simd::kernels().isa),
                          listening_ ? configuration_.settings().server.socket : "of systemd"),
              {{"VEXFS_VERSION", VEXFS_VERSION},
               {"VEXFS_DATA_DIR", store_->directory()},
               {"VEXFS_COLLECTIONS", fmt::format("{}", names.size())},
               {"VEXFS_POINTS", fmt::format("{}", points)}});
}

void Daemon::notify_status() const {
    sd_notifyf(0, "STATUS=Serving %zu collections from %s", store_->names().size(),
               store_->directory().c_str());
}

void Daemon::reload() {
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", static_cast<unsigned long long>(monotonic_us()));
    const Reloaded reloaded = take_configuration();
    const auto listed = [](const std::vector<std::string>& names) {
        return fmt::format("{}", fmt::join(names, ", "));
    };
    if (reloaded.problems.empty()) {
        log_event(
            events::reloaded,
            "configuration reloaded, changed: " +
                (reloaded.changed.empty() ? "nothing" : listed(reloaded.changed)),
            {{"VEXFS_CHANGED", listed(reloaded.changed)}, {"VEXFS_AFTER_RESTART", listed(reloaded.later)}});
        if (!reloaded.later.empty())
            spdlog::warn("these take effect with a restart: {}", listed(reloaded.later));
    } else {
        for (const std::string& problem : reloaded.problems) spdlog::error("configuration: {}", problem);
        log_event(events::reload_refused, "nothing is reloaded, the configuration stays as it was",
                  {{"VEXFS_REASON", reloaded.problems.front()}});
    }
    bus_->tell(reloaded);
    sd_notify(0, "READY=1");
    notify_status();
}

Reloaded Daemon::take_configuration() {
    auto changed = configure(options_);
    Reloaded reloaded;
    if (!changed) {
        for (const ConfigProblem& problem : changed.error()) reloaded.problems.push_back(problem.text());
        return reloaded;
    }
    auto service = service_options(changed->settings());
    if (!service) return {{}, {}, {with_hint(service.error())}};
    const auto tree = tree_options(changed->with_running(configuration_).settings());
    if (!tree) return {{}, {}, {with_hint(tree.error())}};
    const Settings& before = configuration_.settings();
    const Settings& after = changed->settings();
    const auto names = [&](Applies applies) {
        const auto keys = changed_keys(before, after, applies);
        return std::vector<std::string>(keys.begin(), keys.end());
    };
    reloaded.changed = names(Applies::reload);
    reloaded.later = names(Applies::restart);
    set_log_level(after.log.level);
    server_->set_limits(limits_of(after.server));
    service_->set_options(std::move(*service));
    tree_->set_options(*tree);
    alert_hook_->set_command(after.alerts.command);
    service_->set_alert_rules(alert_rules());
    if (before.index.threads != after.index.threads) {
        store_->set_index_threads(one_per_cpu(after.index.threads));
    }
    store_->set_max_backlog({after.index.max_backlog_rows, after.index.max_backlog_bytes});
    store_->set_background_bytes_per_s(after.storage.background_mib_per_s << 20);
    // Keys that wait for a restart count as changed until there is one.
    configuration_ = changed->with_running(configuration_);
    return reloaded;
}

void Daemon::stop(int signal_number) {
    if (server_->stopping()) return;
    const uint64_t timeout_s = configuration_.settings().server.shutdown_timeout_s;
    spdlog::info("{}: stopping, {} clients", strsignal(signal_number), server_->clients());
    sd_notify(0, "STOPPING=1\nSTATUS=Finishing requests");
    if (descriptors_.keeps() && unit_stops_for_good()) descriptors_.forget_all();
    // From here on nothing is begun, neither here nor there.
    if (auto left = mount_->leave(); !left) spdlog::error("{}", with_hint(left.error()));
    if (listening_ && descriptors_.keeps()) listening_->leave();
    const int error = sd_event_add_time_relative(
        event_, nullptr, CLOCK_MONOTONIC, timeout_s * us_per_s, 0,
        [](sd_event_source*, uint64_t, void* self) {
            static_cast<Daemon*>(self)->give_up_waiting();
            return 0;
        },
        this);
    if (error < 0) spdlog::warn("no limit on the time of the stop: {}", std::strerror(-error));
    server_->stop([this] { sd_event_exit(event_, 0); });
}

void Daemon::give_up_waiting() {
    spdlog::warn("{} clients are cut off: their requests took longer than server.shutdown_timeout_s",
                 server_->clients());
    service_->interrupt();
    sd_event_exit(event_, 0);
}

Result<void> prepare_process() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal_number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal_number);
    if (const int error = pthread_sigmask(SIG_BLOCK, &signals, nullptr); error != 0) {
        return fail_errno("block signals", error);
    }
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return fail_errno("ignore SIGPIPE", errno);
    rlimit descriptors{};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0)
        return fail_errno("ask for the limit on descriptors", errno);
    descriptors.rlim_cur = descriptors.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0)
        return fail_errno("raise the limit on descriptors", errno);
    return {};
}

}  // namespace vexfs
