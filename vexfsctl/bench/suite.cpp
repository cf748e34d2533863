// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/suite.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <numeric>
#include <thread>

#include "vexfsctl/bench/data.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr double batches_s_max = 3;  // of one repeat: small batches are not inserted to the end
constexpr std::array<uint32_t, 6> breadths{10, 20, 50, 100, 200, 400};
constexpr uint32_t curve_limit = 10;
constexpr std::array<double, 13> quantiles{0, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .99, 1};
constexpr uint64_t query_work = 20;  // rows that a query counts as, for the estimate of the time left
constexpr uint64_t index_work = 4;
constexpr uint64_t warm_queries = 20;
constexpr uint64_t seed = 1;

// Of sorted times, by nearest rank.
double quantile(const std::vector<double>& sorted, double share) {
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<size_t>(rank, 1) - 1];
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return quantile(values, .5);
}

ordered_json machine() {
    std::string model, line;
    for (std::ifstream cpus("/proc/cpuinfo"); std::getline(cpus, line);) {
        if (!line.starts_with("model name")) continue;
        model = line.substr(std::min(line.size(), line.find(':') + 2));
        break;
    }
    utsname kernel{};
    uname(&kernel);
    const auto memory =
        static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    return {{"cpu", model},
            {"cpus", std::thread::hardware_concurrency()},
            {"memory_bytes", memory},
            {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)}};
}

// How much there is to do in all, and how much is done.
class SuiteProgress {
  public:
    explicit SuiteProgress(uint64_t total) : progress_("benchmark", total) {}
    void add(uint64_t done) { progress_.update(done_ += done); }

  private:
    uint64_t done_ = 0;
    Progress progress_;
};

class CaseRun {
  public:
    CaseRun(Context& context, const SuiteOptions& options, const BenchCase& of, const BenchData& data,
            const std::vector<uint32_t>& truth, SuiteProgress& work)
        : context_(context), options_(options), case_(of), data_(data), truth_(truth), work_(work) {}
    ~CaseRun() {
        // What can't be deleted is an ordinary collection, seen and deletable.
        if (!made_.empty()) (void)drop();
    }
    CaseRun(const CaseRun&) = delete;
    CaseRun& operator=(const CaseRun&) = delete;

    Result<ordered_json> run() {
        ordered_json result{{"name", case_.name}, {"algorithm", case_.algorithm}, {"preset", case_.preset},
                            {"rows", case_.rows}, {"dimension", case_.dimension}, {"parameters", {}}};
        VEXFS_ASSIGN(result["insert"], inserts());
        VEXFS_ASSIGN(result["index"], index());
        result["parameters"] = parameters_;
        VEXFS_ASSIGN(result["search"], searches());
        VEXFS_ASSIGN(result["curve"], curve());
        VEXFS_ASSIGN(result["cache"], cache());
        VEXFS_TRY(drop());
        return result;
    }

  private:
    Result<Message> ask(Message request) {
        if (interrupted()) return fail(ErrorCode::internal, "interrupted");
        return context_.call(std::move(request));
    }
    Result<Message> ask(ordered_json header) {
        Message request;
        request.header = std::move(header);
        return ask(std::move(request));
    }

    Result<void> make() {
        const std::string name = fmt::format("bench-{}-{}", getpid(), ++number_);
        ordered_json create{{"op", "collection.create"},
                            {"collection", name},
                            {"dimension", case_.dimension},
                            {"algorithm", case_.algorithm},
                            {"parameters", case_.parameters}};
        if (!case_.preset.empty()) create["preset"] = case_.preset;
        VEXFS_TRY(ask(std::move(create)));
        made_ = name;
        return {};
    }
    // Also after an interruption.
    Result<void> drop() {
        Message request;
        request.header = {{"op", "collection.delete"}, {"collection", made_}, {"missing_ok", true}};
        made_.clear();
        VEXFS_TRY(context_.call(std::move(request)));
        return {};
    }

    // Rows a second of a collection of its own, which is left.
    Result<double> insert_once(uint64_t batch_size, uint64_t& rows) {
        if (!made_.empty()) VEXFS_TRY(drop());
        VEXFS_TRY(make());
        const bool small = batch_size != case_.batch_sizes.back();
        const Clock::time_point start = Clock::now();
        for (rows = 0; rows < case_.rows;) {
            const uint64_t count = std::min(batch_size, case_.rows - rows);
            Message request;
            request.header = {{"op", "insert"}, {"collection", made_}};
            add_array(request, "vectors",
                      std::span(data_.vectors).subspan(rows * case_.dimension, count * case_.dimension),
                      {count, case_.dimension});
            std::vector<uint64_t> ids(count);
            std::iota(ids.begin(), ids.end(), rows);
            add_array(request, "ids", ids, {count});
            add_array(request, "metadata", metadata_lines(rows, count));
            VEXFS_TRY(ask(std::move(request)));
            rows += count;
            work_.add(count);
            if (small && seconds_since(start) > batches_s_max) break;
        }
        const double rate = static_cast<double>(rows) / seconds_since(start);
        work_.add(case_.rows - rows);
        return rate;
    }

    // The last batch size is the greatest, and the last collection has all rows.
    Result<ordered_json> inserts() {
        ordered_json all = ordered_json::array();
        for (const uint64_t batch_size : case_.batch_sizes) {
            std::vector<double> rates;
            uint64_t rows = 0;
            for (unsigned i = 0; i < options_.repeats; ++i) {
                VEXFS_ASSIGN(const double rate, insert_once(batch_size, rows));
                rates.push_back(rate);
            }
            all.push_back({{"batch_size", batch_size},
                           {"rows", rows},
                           {"vectors_per_second", median(rates)},
                           {"repeats", rates}});
        }
        return all;
    }

    Result<ordered_json> index() {
        const Clock::time_point start = Clock::now();
        VEXFS_TRY(ask(ordered_json{{"op", "collection.optimize"}, {"collection", made_}, {"wait", true}}));
        const double seconds = seconds_since(start);
        work_.add(case_.rows * index_work);
        VEXFS_ASSIGN(const Message info, ask(ordered_json{{"op", "collection.info"}, {"collection", made_}}));
        parameters_ = info.header.at("schema").at("parameters");
        const auto rows = static_cast<double>(case_.rows);
        const double memory = info.header.at("index_memory_bytes").get<double>();
        return ordered_json{{"seconds_after_insert", seconds},
                            {"memory_bytes", memory},
                            {"bytes_per_vector", memory / rows},
                            {"disk_bytes", info.header.at("disk_bytes")}};
    }

    struct Searched {
        std::vector<double> times_us;
        double seconds = 0;
        double recall = 0;
        std::string path;
    };
    Result<Searched> search(size_t first, size_t count, uint32_t limit, std::optional<uint32_t> ef_search) {
        Searched searched;
        size_t found = 0;
        const size_t columns = truth_.size() / data_.query_count();
        const size_t wanted = std::min<size_t>(limit, columns);
        for (size_t i = first; i < first + count; ++i) {
            Message request;
            request.header = {
                {"op", "search"}, {"collection", made_}, {"limit", limit}, {"with_metadata", false}};
            if (ef_search) request.header["ef_search"] = *ef_search;
            add_array(request, "vectors", data_.query(i), {1, case_.dimension});
            const Clock::time_point start = Clock::now();
            VEXFS_ASSIGN(const Message reply, ask(std::move(request)));
            const double seconds = seconds_since(start);
            searched.times_us.push_back(seconds * 1e6);
            searched.seconds += seconds;
            const auto true_first = truth_.begin() + static_cast<ptrdiff_t>(i * columns);
            for (const auto& hit : reply.header.at("results").at(0)) {
                const auto id = hit.at("id").get<uint64_t>();
                found += static_cast<size_t>(
                    std::count(true_first, true_first + static_cast<ptrdiff_t>(wanted), id));
            }
            searched.path = reply.header.at("path");
            work_.add(query_work);
        }
        std::ranges::sort(searched.times_us);
        searched.recall = static_cast<double>(found) / static_cast<double>(count * wanted);
        return searched;
    }

    // Each repeat has queries of its own, so that the query cache answers none.
    Result<ordered_json> searches() {
        VEXFS_TRY(search(data_.query_count() - warm_queries, warm_queries, curve_limit, {}));
        ordered_json all = ordered_json::array();
        for (const uint32_t limit : case_.limits) {
            std::vector<double> times, rates, p50, p99;
            double recall = 0;
            std::string path;
            for (unsigned i = 0; i < options_.repeats; ++i) {
                VEXFS_ASSIGN(const Searched one, search(i * options_.queries, options_.queries, limit, {}));
                times.insert(times.end(), one.times_us.begin(), one.times_us.end());
                rates.push_back(static_cast<double>(options_.queries) / one.seconds);
                p50.push_back(quantile(one.times_us, .5));
                p99.push_back(quantile(one.times_us, .99));
                recall += one.recall / options_.repeats;
                path = one.path;
            }
            std::ranges::sort(times);
            ordered_json spread = ordered_json::array();
            for (const double share : quantiles) spread.push_back({share, quantile(times, share)});
            all.push_back({{"limit", limit},
                           {"path", path},
                           {"recall", recall},
                           {"queries_per_second", median(rates)},
                           {"mean_us", std::accumulate(times.begin(), times.end(), 0.0) /
                                           static_cast<double>(times.size())},
                           {"p50_us", quantile(times, .5)},
                           {"p95_us", quantile(times, .95)},
                           {"p99_us", quantile(times, .99)},
                           {"quantiles_us", spread},
                           {"repeats", {{"queries_per_second", rates}, {"p50_us", p50}, {"p99_us", p99}}}});
        }
        return all;
    }

    Result<ordered_json> curve() {
        ordered_json points = ordered_json::array();
        for (const uint32_t ef_search : breadths) {
            VEXFS_ASSIGN(const Searched one, search(0, options_.queries, curve_limit, ef_search));
            points.push_back({{"ef_search", ef_search},
                              {"recall", one.recall},
                              {"queries_per_second", static_cast<double>(options_.queries) / one.seconds},
                              {"p99_us", quantile(one.times_us, .99)}});
        }
        return points;
    }

    // The queries of before again.
    Result<ordered_json> cache() {
        const auto counts = [&] { return ask(ordered_json{{"op", "stats"}, {"collection", made_}}); };
        VEXFS_ASSIGN(const Message before, counts());
        VEXFS_ASSIGN(const Searched again, search(0, options_.queries, case_.limits.back(), {}));
        VEXFS_ASSIGN(const Message after, counts());
        const auto came = [&](const char* key) {
            return after.header.at(key).get<double>() - before.header.at(key).get<double>();
        };
        const double asked = came("cache_hits") + came("cache_misses");
        // An engine in this process has none.
        const ordered_json hit_rate = asked > 0 ? ordered_json(came("cache_hits") / asked) : ordered_json();
        return ordered_json{{"hit_rate", hit_rate}, {"p50_us", quantile(again.times_us, .5)}};
    }

    Context& context_;
    const SuiteOptions& options_;
    const BenchCase& case_;
    const BenchData& data_;
    const std::vector<uint32_t>& truth_;
    SuiteProgress& work_;
    std::string made_;
    ordered_json parameters_;  // of the collection
    unsigned number_ = 0;
};

uint64_t work_of(const SuiteOptions& options) {
    uint64_t work = 0;
    for (const BenchCase& one : options.cases) {
        work += one.rows * (one.batch_sizes.size() * options.repeats + index_work);
        const uint64_t queries =
            options.queries * (options.repeats * one.limits.size() + breadths.size() + 1) + warm_queries;
        work += queries * query_work;
    }
    return work;
}

}  // namespace

Result<ordered_json> measure(Context& context, const SuiteOptions& options) {
    Message request;
    request.header = {{"op", "health"}};
    ordered_json result{{"kind", options.kind},
                        {"vexfs", VEXFS_VERSION},
                        {"began", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
                        {"machine", machine()},
                        {"through", context.embedded() ? "embedded" : "daemon"},
                        {"repeats", options.repeats},
                        {"queries", options.queries},
                        {"cases", ordered_json::array()}};
    SuiteProgress work(work_of(options));
    BenchData data;
    std::vector<uint32_t> truth;
    for (const BenchCase& one : options.cases) {
        if (data.dimension != one.dimension || data.rows() != one.rows) {
            data =
                uniform_data(one.rows, options.queries * options.repeats + warm_queries, one.dimension, seed);
            const uint32_t most = *std::ranges::max_element(one.limits);
            truth = true_neighbours(data, most, [] { return !interrupted(); });
            if (truth.empty()) return fail(ErrorCode::internal, "interrupted");
        }
        CaseRun run(context, options, one, data, truth, work);
        VEXFS_ASSIGN(ordered_json measured, run.run());
        result["cases"].push_back(std::move(measured));
    }
    VEXFS_ASSIGN(const Message health, context.call(std::move(request)));
    result["machine"]["simd"] = health.header.at("simd");
    return result;
}

}  // namespace vexfs::ctl
