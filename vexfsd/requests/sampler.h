// SPDX-License-Identifier: Apache-2.0
// Takes snapshots of the daemon, watch/snapshot.h. Thread-safe: one is taken at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/collection/store.h"
#include "vexfsd/requests/mounts.h"
#include "vexfsd/requests/query_cache.h"
#include "vexfsd/requests/query_times.h"
#include "vexfsd/watch/alerts.h"
#include "vexfsd/watch/history.h"
#include "vexfsd/watch/host.h"

namespace vexfs {

// What only a daemon knows; each may be empty.
struct WatchSources {
    std::function<ServerLoad()> load;
    std::function<TuningFigures()> tuning;
    std::function<void(const AlertEvent&)> on_alert;
};

class Sampler {
  public:
    Sampler(const Store& store, const QueryTimes& times, const QueryCache& cache);

    void set_sources(WatchSources sources);
    void set_alert_rules(std::vector<AlertRule> rules);
    void keep_alerts(const std::vector<KeptAlert>& raised);
    std::vector<AlertRule> alert_rules() const;
    // Adds one to the history, and raises and clears alerts by it.
    std::shared_ptr<const Snapshot> take(MountControl* mounts);
    // How it is now: counts of this moment, with the rates of the last one that was taken. Where none was
    // taken lately, one is.
    std::shared_ptr<const Snapshot> look(MountControl* mounts);
    const History& history() const { return history_; }

  private:
    using Clock = std::chrono::steady_clock;

    // What came lately of what only ever grows: since a moment that is half a window to a whole one ago.
    class Window {
      public:
        HistogramCounts lately(const HistogramCounts& now, Clock::time_point when);

      private:
        HistogramCounts older_, newer_;
        Clock::time_point newer_at_{};
    };
    struct Before {
        uint64_t instance = 0;
        bool known = false;
        uint64_t queries = 0, inserted_rows = 0, operations = 0, busy_ns = 0, hits = 0, misses = 0;
        Window requests, syncs;
    };
    struct Sums {
        HistogramCounts requests, syncs;
        uint64_t hits = 0, misses = 0;
    };

    // All but the rates and the host.
    std::shared_ptr<Snapshot> counts(MountControl* mounts);
    std::shared_ptr<const Snapshot> take_locked(MountControl* mounts);
    void put_rates(CollectionFigures& figures, Clock::time_point now, double passed_s, Sums& sums);

    const Store& store_;
    const QueryTimes& times_;
    const QueryCache& cache_;
    History history_;

    mutable std::mutex mutex_;  // guards what follows
    WatchSources sources_;
    Alerts alerts_;
    HostMeter host_;
    std::map<std::string, Before> before_;
    Clock::time_point taken_at_{};
    double sampling_s_ = 0;
    const double started_s_;
    std::shared_ptr<const Snapshot> last_;
};

}  // namespace vexfs
