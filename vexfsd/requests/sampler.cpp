// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/requests/sampler.h"

#include <algorithm>

namespace vexfs {
namespace {

constexpr double ns_per_ms = 1e6;
constexpr std::chrono::seconds fresh_for{2};

double share(uint64_t part, uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::optional<double> percentile(const HistogramCounts& counts, double share_of_all, double unit) {
    if (counts.count() == 0) return std::nullopt;
    return static_cast<double>(counts.percentile(share_of_all)) / unit;
}

void put_times(Rates& rates, const HistogramCounts& requests, const HistogramCounts& syncs) {
    rates.p50_us = percentile(requests, .5, 1);
    rates.p99_us = percentile(requests, .99, 1);
    rates.sync_p99_ms = percentile(syncs, .99, ns_per_ms);
}

std::optional<double> hit_ratio(uint64_t hits, uint64_t misses) {
    if (hits + misses == 0) return std::nullopt;
    return share(hits, hits + misses);
}

double now_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The change of a count, and the count for the next time.
uint64_t step(uint64_t& before, uint64_t now, bool known) {
    const uint64_t change = known && now > before ? now - before : 0;
    before = now;
    return change;
}

void put_state(CollectionFigures& figures, const CollectionInfo& info, const Backlog& limit) {
    figures.metric = name_of(info.schema.metric);
    figures.algorithm = name_of(info.schema.algorithm);
    figures.dimension = info.schema.dimension;
    figures.points = info.points;
    figures.dead_rows = info.dead_rows;
    figures.indexed_rows = info.indexed_points;
    figures.segments = info.segments;
    figures.disk_bytes = info.disk_bytes;
    figures.index_memory_bytes = info.index_memory_bytes;
    figures.filter_memory_bytes = info.filter_memory_bytes;
    figures.backlog_rows = info.backlog.rows;
    figures.backlog_bytes = info.backlog.bytes;
    figures.backlog_ratio =
        std::max(share(info.backlog.rows, limit.rows), share(info.backlog.bytes, limit.bytes));
    figures.promised_recall = info.schema.target_recall;
    if (!info.calibrated_path.empty()) figures.measured_recall = info.calibrated_recall;
    figures.observed_recall = info.observed_recall;
    figures.recall_probes = info.observed_queries;
    figures.read_only = info.read_only;
}

void put_counts(CollectionFigures& figures, const CollectionStats& stats, const QueryTimes::Totals& totals,
                const QueryCache::Counts& cache, const IoStats& io) {
    figures.queries = totals.queries;
    figures.failures = totals.failures;
    figures.request_us = totals.request_us;
    figures.cache_hits = cache.hits;
    figures.cache_misses = cache.misses;
    figures.inserted_rows = stats.inserts;
    figures.deleted_points = stats.deletes;
    figures.updates = stats.updates;
    figures.held_writes = stats.held.writes;
    figures.held_us = stats.held.us_total;
    figures.io = {io.reads.operations,
                  io.writes.operations,
                  io.syncs.operations,
                  io.reads.errors + io.writes.errors + io.syncs.errors,
                  io.reads.bytes,
                  io.writes.bytes,
                  io.reads.latency_ns.sum + io.writes.latency_ns.sum + io.syncs.latency_ns.sum,
                  io.syncs.latency_ns};
}

MountFigures mount_figures(MountControl* mounts) {
    if (mounts == nullptr) return {};
    const MountStatus status = mounts->status();
    return {status.mounted,  status.directory,    status.backend,     status.note,
            status.fallback, status.load.in_work, status.load.waiting};
}

void add(Rates& all, const Rates& one) {
    all.queries_per_s += one.queries_per_s;
    all.inserts_per_s += one.inserts_per_s;
    all.iops += one.iops;
    all.queue_depth += one.queue_depth;
}

}  // namespace

HistogramCounts Sampler::Window::lately(const HistogramCounts& now, Clock::time_point when) {
    const HistogramCounts since = now.since(older_);
    if (when - newer_at_ >= std::chrono::seconds(window_s) / 2) {
        older_ = newer_;
        newer_ = now;
        newer_at_ = when;
    }
    return since;
}

Sampler::Sampler(const Store& store, const QueryTimes& times, const QueryCache& cache)
    : store_(store), times_(times), cache_(cache), host_(store.directory()), started_s_(now_s()) {}

void Sampler::set_sources(WatchSources sources) {
    const std::lock_guard lock(mutex_);
    sources_ = std::move(sources);
}

void Sampler::set_alert_rules(std::vector<AlertRule> rules) {
    const std::lock_guard lock(mutex_);
    alerts_.set_rules(std::move(rules));
}

void Sampler::keep_alerts(const std::vector<KeptAlert>& raised) {
    const std::lock_guard lock(mutex_);
    alerts_.keep(raised);
}

std::vector<AlertRule> Sampler::alert_rules() const {
    const std::lock_guard lock(mutex_);
    return alerts_.rules();
}

std::shared_ptr<Snapshot> Sampler::counts(MountControl* mounts) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->time_ms = static_cast<int64_t>(now_s() * 1000);
    snapshot->started_s = started_s_;
    for (const std::string& name : store_.names()) {
        const auto collection = store_.find(name);
        if (!collection) continue;
        CollectionFigures& figures = snapshot->collections.emplace_back();
        figures.name = name;
        figures.instance = (*collection)->generation().instance;
        put_state(figures, (*collection)->info(), store_.max_backlog());
        put_counts(figures, (*collection)->stats(), times_.totals(name), cache_.counts(name),
                   (*collection)->io_stats());
    }
    snapshot->quarantined = store_.quarantined().size();
    if (sources_.load) snapshot->server = sources_.load();
    const QueryCache::Limits used = cache_.used();
    snapshot->cache = {used.entries, used.bytes};
    snapshot->mount = mount_figures(mounts);
    if (sources_.tuning) snapshot->tuning = sources_.tuning();
    return snapshot;
}

void Sampler::put_rates(CollectionFigures& figures, Clock::time_point now, double passed_s, Sums& sums) {
    Before& before = before_[figures.name];
    if (before.instance != figures.instance) before = {figures.instance, false, 0, 0, 0, 0, 0, 0, {}, {}};
    const uint64_t queries = step(before.queries, figures.queries, before.known);
    const uint64_t inserted = step(before.inserted_rows, figures.inserted_rows, before.known);
    const uint64_t operations =
        step(before.operations, figures.io.reads + figures.io.writes + figures.io.syncs, before.known);
    const uint64_t busy_ns = step(before.busy_ns, figures.io.busy_ns, before.known);
    const uint64_t hits = step(before.hits, figures.cache_hits, before.known);
    const uint64_t misses = step(before.misses, figures.cache_misses, before.known);
    before.known = true;
    Rates& rates = figures.lately;
    if (passed_s > 0) {
        rates.queries_per_s = static_cast<double>(queries) / passed_s;
        rates.inserts_per_s = static_cast<double>(inserted) / passed_s;
        rates.iops = static_cast<double>(operations) / passed_s;
        rates.queue_depth = static_cast<double>(busy_ns) / 1e9 / passed_s;
    }
    rates.cache_hit_ratio = hit_ratio(hits, misses);
    const HistogramCounts requests = before.requests.lately(figures.request_us, now);
    const HistogramCounts syncs = before.syncs.lately(figures.io.sync_ns, now);
    put_times(rates, requests, syncs);
    sums.requests += requests;
    sums.syncs += syncs;
    sums.hits += hits;
    sums.misses += misses;
}

std::shared_ptr<const Snapshot> Sampler::take(MountControl* mounts) {
    const std::lock_guard lock(mutex_);
    return take_locked(mounts);
}

std::shared_ptr<const Snapshot> Sampler::take_locked(MountControl* mounts) {
    const Clock::time_point now = Clock::now();
    const auto snapshot = counts(mounts);
    if (last_) snapshot->interval_s = std::chrono::duration<double>(now - taken_at_).count();
    taken_at_ = now;
    Sums sums;
    for (CollectionFigures& figures : snapshot->collections) {
        put_rates(figures, now, snapshot->interval_s, sums);
        add(snapshot->lately, figures.lately);
    }
    std::erase_if(before_, [&](const auto& entry) { return find(*snapshot, entry.first) == nullptr; });
    put_times(snapshot->lately, sums.requests, sums.syncs);
    snapshot->lately.cache_hit_ratio = hit_ratio(sums.hits, sums.misses);
    snapshot->host = host_.read();
    for (const AlertEvent& event : alerts_.evaluate(*snapshot, now)) {
        if (sources_.on_alert) sources_.on_alert(event);
    }
    sampling_s_ += std::chrono::duration<double>(Clock::now() - now).count();
    snapshot->sampling_s = sampling_s_;
    history_.add(*snapshot);
    last_ = snapshot;
    return last_;
}

std::shared_ptr<const Snapshot> Sampler::look(MountControl* mounts) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (!last_ || now - taken_at_ > fresh_for) return take_locked(mounts);
    auto snapshot = counts(mounts);
    snapshot->interval_s = last_->interval_s;
    snapshot->lately = last_->lately;
    snapshot->host = last_->host;
    snapshot->alerts = last_->alerts;
    for (CollectionFigures& figures : snapshot->collections) {
        const CollectionFigures* const before = find(*last_, figures.name);
        if (before != nullptr && before->instance == figures.instance) figures.lately = before->lately;
    }
    sampling_s_ += std::chrono::duration<double>(Clock::now() - now).count();
    snapshot->sampling_s = sampling_s_;
    return snapshot;
}

}  // namespace vexfs
