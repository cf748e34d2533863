// SPDX-License-Identifier: Apache-2.0
// io_stats.
#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "vexfsd/requests/operations.h"

namespace vexfs {
namespace {

using json = nlohmann::json;

json syncs_by_time(const IoFigures& syncs) {
    json buckets = json::array();
    for (const HistogramCounts::Octave& octave : syncs.latency_ns.octaves())
        buckets.push_back({{"le_us", static_cast<double>(octave.last + 1) / 1000}, {"count", octave.count}});
    return buckets;
}

// Of what the files of the index are written with.
std::string_view direct_io_of(const IoStats& stats, const Schema& schema) {
    if (!schema.io.use_direct_io) return "off";
    if (stats.bulk_files == 0) return "not used yet";
    return stats.direct_files == stats.bulk_files ? "on" : "refused by the file system";
}

void put(json& value, const std::string& kind, const IoFigures& figures) {
    value[kind + "_iops"] = figures.iops;
    value[kind + "s"] = figures.operations;
    value[kind + "_errors"] = figures.errors;
    value[kind + "_avg_latency_ms"] = figures.avg_latency_ms;
    value[kind + "_p99_latency_ms"] = figures.p99_latency_ms;
    value[kind + "_max_latency_ms"] = figures.max_latency_ms;
}

json report_of(const std::string& name, const Collection& collection) {
    const IoStats stats = collection.io_stats();
    json value{{"name", name},
               {"read_bytes", stats.reads.bytes},
               {"read_bytes_per_s", stats.reads.bytes_per_second},
               {"write_bytes", stats.writes.bytes},
               {"write_bytes_per_s", stats.writes.bytes_per_second},
               {"direct_write_bytes", stats.direct_write_bytes},
               {"direct_io", direct_io_of(stats, collection.schema())},
               {"sync_histogram", syncs_by_time(stats.syncs)}};
    put(value, "read", stats.reads);
    put(value, "write", stats.writes);
    put(value, "sync", stats.syncs);
    return value;
}

// What the kernel counted for the whole process, reads of mapped logs included.
json process_figures() {
    json value = json::object();
    std::ifstream counters("/proc/self/io");
    std::string name;
    for (uint64_t count = 0; counters >> name >> count;) {
        if (name == "read_bytes:") value["block_read_bytes"] = count;
        if (name == "write_bytes:") value["block_write_bytes"] = count;
    }
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) value["major_faults"] = usage.ru_majflt;
    return value;
}

}  // namespace

Result<Message> report_io(ServiceContext& context, const Request& request) {
    json collections = json::array();
    if (request.has("collection")) {
        VEXFS_ASSIGN(const FoundCollection found, find_collection(context, request, Wants::read));
        collections.push_back(report_of(found.name, *found.collection));
    } else {
        for (const std::string& name : context.store.names()) {
            const auto collection = context.store.find(name);
            if (!collection || !may_read(request.caller, (*collection)->schema().access)) continue;
            collections.push_back(report_of(name, **collection));
        }
    }
    const ChosenDisk& disk = context.store.disk();
    Message reply;
    reply.header = {{"backend", name_of(disk.backend)},
                    {"window_s", IoMeter::window_s},
                    {"process", process_figures()},
                    {"collections", std::move(collections)}};
    if (!disk.why.empty()) reply.header["backend_note"] = disk.why;
    return reply;
}

}  // namespace vexfs
