// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "vexfsctl/nouns.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/show.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr std::chrono::seconds threads_watched{1};

struct StatsOptions {
    std::string collection;
    bool io = false;
    bool queries = false;
    bool threads = false;
};

std::string bytes_of(const nlohmann::json& object, const char* key) {
    return human_bytes(object.value(key, uint64_t{0}));
}

std::string decimals(const nlohmann::json& object, const std::string& key) {
    return fmt::format("{:.2f}", object.value(key, 0.0));
}

Table io_table(const nlohmann::json& collections) {
    Table table{{{"COLLECTION"},
                 {"KIND"},
                 {"IOPS", true},
                 {"TOTAL", true},
                 {"BYTES", true},
                 {"AVG MS", true},
                 {"P99 MS", true},
                 {"MAX MS", true}},
                {}};
    for (const auto& collection : collections) {
        for (const std::string kind : {"read", "write", "sync"}) {
            const std::string bytes = kind + "_bytes";
            table.rows.push_back({cell(collection, "name"), kind, decimals(collection, kind + "_iops"),
                                  cell(collection, kind + "s"),
                                  kind == "sync" ? std::string() : bytes_of(collection, bytes.c_str()),
                                  decimals(collection, kind + "_avg_latency_ms"),
                                  decimals(collection, kind + "_p99_latency_ms"),
                                  decimals(collection, kind + "_max_latency_ms")});
        }
    }
    return table;
}

Table queries_table(const nlohmann::json& queries) {
    Table table{{{"COLLECTION"},
                 {"PLAN"},
                 {"COUNT", true},
                 {"MEAN US", true},
                 {"P50 US", true},
                 {"P95 US", true},
                 {"P99 US", true},
                 {"MAX US", true}},
                {}};
    for (const auto& plan : queries) {
        table.rows.push_back({cell(plan, "collection"), cell(plan, "plan"), cell(plan, "count"),
                              fmt::format("{:.0f}", plan.value("mean_us", 0.0)), cell(plan, "p50_us"),
                              cell(plan, "p95_us"), cell(plan, "p99_us"), cell(plan, "max_us")});
    }
    return table;
}

Result<ExitStatus> query_stats(Context& context, const std::string& collection) {
    Message request;
    request.header = {{"op", "stats"}, {"queries", true}};
    if (!collection.empty()) request.header["collection"] = collection;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    const nlohmann::ordered_json shown{{"queries", reply.header.at("queries")}};
    VEXFS_TRY(context.out().print(shown, queries_table(reply.header.at("queries"))));
    return succeeded;
}

Result<std::vector<nlohmann::json>> threads_now(Context& context) {
    Message request;
    request.header = {{"op", "stats"}, {"threads", true}};
    VEXFS_ASSIGN(Message reply, context.call(std::move(request)));
    return reply.header.at("threads").get<std::vector<nlohmann::json>>();
}

double seconds_of(const nlohmann::json& thread) {
    return thread.value("user_s", 0.0) + thread.value("system_s", 0.0);
}

// With the part of a CPU that each used in a while of watching.
Result<ExitStatus> thread_stats(Context& context) {
    const auto start = std::chrono::steady_clock::now();
    VEXFS_ASSIGN(const std::vector<nlohmann::json> before, threads_now(context));
    std::this_thread::sleep_for(threads_watched);
    VEXFS_ASSIGN(std::vector<nlohmann::json> threads, threads_now(context));
    const double passed_s = seconds_since(start);
    for (nlohmann::json& thread : threads) {
        const auto earlier = std::ranges::find_if(
            before, [&](const nlohmann::json& other) { return other.at("id") == thread.at("id"); });
        const double used_s = seconds_of(thread) - (earlier == before.end() ? 0 : seconds_of(*earlier));
        thread["cpu"] = std::max(0.0, used_s) / passed_s;
    }
    std::ranges::stable_sort(threads, std::greater(), seconds_of);
    Table table{{{"THREAD", true},
                 {"NAME"},
                 {"STATE"},
                 {"CPU", true},
                 {"USER S", true},
                 {"SYSTEM S", true},
                 {"WAITS", true}},
                {}};
    for (const auto& thread : threads) {
        table.rows.push_back({cell(thread, "id"), cell(thread, "name"), cell(thread, "state"),
                              fmt::format("{:.0f} %", 100 * thread.value("cpu", 0.0)),
                              decimals(thread, "user_s"), decimals(thread, "system_s"),
                              cell(thread, "waits")});
    }
    VEXFS_TRY(context.out().print({{"threads", threads}}, table));
    return succeeded;
}

// One collection is shown with all that is known of it, several as a table.
Result<ExitStatus> stats(Context& context, const StatsOptions& options) {
    if (options.threads) return thread_stats(context);
    if (options.queries) return query_stats(context, options.collection);
    Message request;
    request.header = {{"op", options.io ? "io_stats" : "stats"}};
    if (!options.collection.empty()) request.header["collection"] = options.collection;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    if (!options.io || !options.collection.empty()) {
        nlohmann::json shown = reply.header;
        if (options.io && context.out().format() != OutputFormat::json && !shown["collections"].empty()) {
            shown.update(shown["collections"].front());
            shown.erase("collections");
        }
        VEXFS_TRY(print_pairs(context.out(), shown));
        return succeeded;
    }
    context.out().note(fmt::format("backend {}{}{}", cell(reply.header, "backend"),
                                   reply.header.contains("backend_note") ? ": " : "",
                                   cell(reply.header, "backend_note")));
    VEXFS_TRY(context.out().print(payload_of(reply.header), io_table(reply.header.at("collections"))));
    return succeeded;
}

}  // namespace

void register_stats(Cli& cli) {
    const auto options = std::make_shared<StatsOptions>();
    CLI::App* app = cli.noun_alone("stats", "Show counters since the start, of all collections or of one",
                                   "vexfsctl stats\nvexfsctl -o json stats words\nvexfsctl stats --io words\n"
                                   "vexfsctl stats --queries\nvexfsctl stats --threads",
                                   [options](Context& context) { return stats(context, *options); });
    CLI::Option* name = cli.collection_argument(app, options->collection)->required(false);
    CLI::Option* io =
        app->add_flag("--io", options->io, "What was read, written and synced, how often and how fast");
    CLI::Option* queries =
        app->add_flag("--queries", options->queries, "How long searches took, by the way they were answered")
            ->excludes(io);
    app->add_flag("--threads", options->threads, "What each thread of the daemon uses, watched for a second")
        ->excludes(io)
        ->excludes(queries)
        ->excludes(name);
}

}  // namespace vexfs::ctl
