// SPDX-License-Identifier: Apache-2.0
// stats, health.
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "engine/simd/distance.h"
#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

void add(CollectionStats& sum, const CollectionStats& one) {
    sum.searches += one.searches;
    sum.inserts += one.inserts;
    sum.deletes += one.deletes;
    sum.updates += one.updates;
    sum.search_us_total += one.search_us_total;
    sum.search_us_max = std::max(sum.search_us_max, one.search_us_max);
    sum.distances += one.distances;
    sum.log_syncs += one.log_syncs;
    sum.log_bytes += one.log_bytes;
    sum.backlog.rows += one.backlog.rows;
    sum.backlog.bytes += one.backlog.bytes;
    sum.held.writes += one.held.writes;
    sum.held.us_total += one.held.us_total;
}

void add(QueryCache::Counts& sum, const QueryCache::Counts& one) {
    sum.hits += one.hits;
    sum.misses += one.misses;
}

// max_backlog is that of one collection, also where several are added up.
json to_json(const CollectionStats& stats, const QueryCache::Counts& cache, const Backlog& max_backlog) {
    return {{"searches", stats.searches},
            {"cache_hits", cache.hits},
            {"cache_misses", cache.misses},
            {"inserts", stats.inserts},
            {"deletes", stats.deletes},
            {"updates", stats.updates},
            {"search_us_total", stats.search_us_total},
            {"search_us_max", stats.search_us_max},
            {"distances", stats.distances},
            {"log_syncs", stats.log_syncs},
            {"log_bytes", stats.log_bytes},
            {"backlog_rows", stats.backlog.rows},
            {"backlog_bytes", stats.backlog.bytes},
            {"max_backlog_rows", max_backlog.rows},
            {"max_backlog_bytes", max_backlog.bytes},
            {"held_writes", stats.held.writes},
            {"held_us_total", stats.held.us_total}};
}

// Of the whole process, as the kernel counts it: what is mapped from files is a part where it is in memory.
uint64_t resident_bytes() {
    std::ifstream figures("/proc/self/statm");
    uint64_t all_pages = 0, resident_pages = 0;
    figures >> all_pages >> resident_pages;
    return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<Message> report_stats(ServiceContext& context, const Request& request) {
    VEXFS_ASSIGN(const bool with_queries, request.flag("queries", false));
    VEXFS_ASSIGN(const bool with_threads, request.flag("threads", false));
    Message reply;
    if (request.has("collection")) {
        VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
        reply.header =
            to_json(found.collection->stats(), context.cache.counts(found.name), context.store.max_backlog());
        reply.header["collection"] = found.name;
        if (with_queries) reply.header["queries"] = context.times.of(found.name);
        if (with_threads) reply.header["threads"] = threads_json();
        return reply;
    }
    CollectionStats sum;
    QueryCache::Counts cache;
    uint64_t collections = 0;
    json queries = json::array();
    for (const std::string& name : context.store.names()) {
        const auto collection = context.store.find(name);
        if (!collection || !may_read(request.caller, (*collection)->schema().access)) continue;
        add(sum, (*collection)->stats());
        add(cache, context.cache.counts(name));
        if (with_queries)
            for (json& plan : context.times.of(name)) queries.push_back(std::move(plan));
        ++collections;
    }
    reply.header = to_json(sum, cache, context.store.max_backlog());
    reply.header["collections"] = collections;
    reply.header["memory_bytes"] = resident_bytes();
    if (with_queries) reply.header["queries"] = std::move(queries);
    if (with_threads) reply.header["threads"] = threads_json();
    return reply;
}

Result<Message> report_health(ServiceContext& context, const Request&) {
    json quarantined = quarantined_json(context.store);
    json read_only = json::array();
    const std::vector<std::string> names = context.store.names();
    for (const std::string& name : names) {
        const auto collection = context.store.find(name);
        if (collection && (*collection)->info().read_only) read_only.push_back(name);
    }
    const auto uptime = std::chrono::steady_clock::now() - context.started;
    Message reply;
    reply.header = {{"status", quarantined.empty() && read_only.empty() ? "ok" : "degraded"},
                    {"version", VEXFS_VERSION},
                    {"pid", getpid()},
                    {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
                    {"simd", simd::name_of(simd::kernels().isa)},
                    {"collections", names.size()},
                    {"quarantined", std::move(quarantined)},
                    {"read_only", std::move(read_only)}};
    return reply;
}

}  // namespace vexfs
