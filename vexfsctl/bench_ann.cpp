// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench_ann.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "engine/base/parallel.h"
#include "engine/collection/store.h"
#include "engine/formats/vector_file.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/values.h"
#include "vexfsd/config/presets.h"

namespace vexfs::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t batch_bytes_wanted = size_t{4} << 20;

tl::unexpected<Error> interruption() {
    return fail(ErrorCode::internal, "interrupted");
}

// A directory that goes with its owner.
class TemporaryDirectory {
  public:
    ~TemporaryDirectory() {
        std::error_code error;
        if (!path_.empty()) std::filesystem::remove_all(path_, error);
    }
    TemporaryDirectory() = default;
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    Result<std::string> make() {
        std::error_code error;
        std::string pattern = (std::filesystem::temp_directory_path(error) / "vexfs-bench-XXXXXX").string();
        if (error) return fail_errno("find a temporary directory", error.value());
        if (mkdtemp(pattern.data()) == nullptr) return fail_errno("create " + pattern, errno);
        return path_ = pattern;
    }

  private:
    std::string path_;
};

// A collection that is dropped with its owner.
class TemporaryCollection {
  public:
    explicit TemporaryCollection(Store& store) : store_(store), name_(fmt::format("bench-{}", getpid())) {}
    ~TemporaryCollection() {
        // What is left behind where dropping fails is an ordinary collection, seen and deletable.
        if (collection_) (void)store_.drop(name_);
    }
    TemporaryCollection(const TemporaryCollection&) = delete;
    TemporaryCollection& operator=(const TemporaryCollection&) = delete;

    Result<Collection*> create(const Schema& schema) {
        VEXFS_ASSIGN(collection_, store_.create(name_, schema));
        return collection_.get();
    }

  private:
    Store& store_;
    std::string name_;
    std::shared_ptr<Collection> collection_;
};

Result<Schema> schema_for(const AnnOptions& options, uint32_t dimension) {
    Schema schema;
    if (!options.preset.empty()) {
        const PresetCatalog catalog = PresetCatalog::load();
        VEXFS_ASSIGN(const Preset* const preset, catalog.find(options.preset));
        VEXFS_ASSIGN(schema, schema_of(*preset));
    }
    schema.dimension = dimension;
    if (!options.metric.empty()) {
        VEXFS_ASSIGN(schema.metric, metric_from_name(options.metric));
    }
    VEXFS_ASSIGN(const nlohmann::json parameters, parameters_from_assignments(options.assignments));
    for (const auto& [key, value] : parameters.items()) VEXFS_TRY(set_parameter(schema, key, value));
    VEXFS_TRY(check(schema));
    return schema;
}

Result<VectorBlock> read_all(const std::string& path, uint32_t& dimension) {
    VEXFS_ASSIGN(const std::unique_ptr<VectorReader> reader, VectorReader::open(path));
    dimension = reader->dimension();
    VectorBlock all;
    while (true) {
        VEXFS_ASSIGN(const VectorBlock block,
                     reader->read(batch_bytes_wanted / sizeof(float) / dimension + 1));
        if (block.rows == 0) return all;
        all.vectors.insert(all.vectors.end(), block.vectors.begin(), block.vectors.end());
        all.rows += block.rows;
    }
}

struct Questions {
    VectorBlock queries;
    IntegerArray truth;
    uint32_t dimension = 0;

    size_t truth_columns() const { return truth.shape[1]; }
};

Result<Questions> read_questions(const AnnOptions& options) {
    Questions questions;
    VEXFS_ASSIGN(questions.queries, read_all(options.queries, questions.dimension));
    VEXFS_ASSIGN(questions.truth, read_npy_integers(options.truth));
    const IntegerArray& truth = questions.truth;
    if (questions.queries.rows == 0) {
        return fail(ErrorCode::invalid_argument, fmt::format("{} holds no queries", options.queries));
    }
    if (truth.shape.size() != 2 || truth.shape[0] != questions.queries.rows ||
        truth.shape[1] < options.limit) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("{} has the shape [{}], which is not [{}, {} or more]: a row of base row numbers per "
                        "query",
                        options.truth, fmt::join(truth.shape, ", "), questions.queries.rows, options.limit));
    }
    return questions;
}

struct Build {
    double insert_seconds = 0;
    double indexed_seconds = 0;  // until the index covered all vectors
    double seconds = 0;          // until nothing was left to do for it
    uint64_t rows = 0;
};

Result<Build> build(Collection& collection, const std::string& base) {
    VEXFS_ASSIGN(const std::unique_ptr<VectorReader> reader, VectorReader::open(base));
    const size_t batch_rows = batch_bytes_wanted / sizeof(float) / reader->dimension() + 1;
    Build result;
    const Clock::time_point start = Clock::now();
    {
        Progress progress("inserting", reader->rows());
        while (true) {
            if (interrupted()) return interruption();
            VEXFS_ASSIGN(const VectorBlock block, reader->read(batch_rows));
            if (block.rows == 0) break;
            // Truth names rows of the file, so ids are row numbers whatever the file says.
            std::vector<uint64_t> ids(block.rows);
            for (size_t i = 0; i < ids.size(); ++i) ids[i] = result.rows + i;
            InsertRequest request;
            request.vectors = block.vectors;
            request.ids = ids;
            VEXFS_TRY(collection.insert(request));
            progress.update(result.rows += block.rows);
        }
    }
    result.insert_seconds = seconds_since(start);
    {
        Progress progress("indexing", std::nullopt);
        VEXFS_TRY(collection.optimize([&](uint64_t done, uint64_t total) {
            progress.set_total(total);
            progress.update(done);
            if (done == total && result.indexed_seconds == 0) result.indexed_seconds = seconds_since(start);
            return !interrupted();
        }));
    }
    if (interrupted()) return interruption();
    result.seconds = seconds_since(start);
    return result;
}

// How a point of the result is searched: as the collection does by itself where nothing is set.
struct PointOptions {
    std::optional<uint32_t> ef_search;
    std::optional<double> target_recall;
};

std::vector<PointOptions> points_of(const AnnOptions& options) {
    std::vector<PointOptions> points;
    for (const uint32_t ef_search : options.ef_sweep) points.push_back({ef_search, std::nullopt});
    for (const double recall : options.target_recalls) points.push_back({std::nullopt, recall});
    if (points.empty()) points.emplace_back();
    return points;
}

struct Measured {
    std::vector<int64_t> found;  // [queries, limit]
    std::vector<double> times_us;
    double seconds = 0;
    std::string path;
    uint32_t ef_search = 0;
};

// One query at a time, by each of the threads.
Result<Measured> search_all(const Collection& collection, const Questions& questions,
                            const AnnOptions& options, const PointOptions& point) {
    Measured measured;
    const size_t count = questions.queries.rows;
    measured.found.assign(count * options.limit, -1);
    measured.times_us.resize(count);
    std::mutex mutex;
    Result<void> outcome;
    const Clock::time_point start = Clock::now();
    parallel_for(options.search_threads, count, [&](unsigned, size_t i) {
        if (interrupted()) return;
        SearchRequest request;
        request.limit = options.limit;
        request.ef_search = point.ef_search;
        request.target_recall = point.target_recall;
        request.with_metadata = false;
        request.query =
            std::span(questions.queries.vectors).subspan(i * questions.dimension, questions.dimension);
        const Clock::time_point before = Clock::now();
        const auto reply = collection.search(request);
        measured.times_us[i] = seconds_since(before) * 1e6;
        if (!reply) {
            const std::lock_guard lock(mutex);
            outcome = tl::unexpected(reply.error());
            return;
        }
        if (i + 1 == count) {
            measured.path = reply->path;
            measured.ef_search = reply->ef_search;
        }
        for (size_t k = 0; k < reply->hits.size(); ++k)
            measured.found[i * options.limit + k] = static_cast<int64_t>(reply->hits[k].id);
    });
    measured.seconds = seconds_since(start);
    if (interrupted()) return interruption();
    VEXFS_TRY(outcome);
    return measured;
}

double round_to(double value, double step) {
    return std::round(value / step) * step;
}

nlohmann::ordered_json build_json(const Build& build, const CollectionInfo& info, unsigned threads) {
    const auto rows = static_cast<double>(build.rows);
    return {
        {"seconds", build.seconds},
        {"vectors_per_second", round_to(rows / build.insert_seconds, 1)},
        {"indexed_vectors_per_second", round_to(rows / build.indexed_seconds, 1)},
        {"bytes_per_vector", round_to(static_cast<double>(info.index_memory_bytes) / std::max(rows, 1.0), 1)},
        {"threads", threads}};
}

Result<void> run(Context& context, const AnnOptions& options) {
    VEXFS_ASSIGN(const Questions questions, read_questions(options));
    VEXFS_ASSIGN(const Schema schema, schema_for(options, questions.dimension));
    VEXFS_ASSIGN(const std::unique_ptr<VectorReader> base, VectorReader::open(options.base));
    if (base->dimension() != questions.dimension) {
        return fail(ErrorCode::dimension_mismatch,
                    fmt::format("{} has vectors of dimension {}, {} of dimension {}", options.queries,
                                questions.dimension, options.base, base->dimension()));
    }
    TemporaryDirectory temporary;
    StoreOptions store_options;
    store_options.directory = context.options().embedded;
    if (store_options.directory.empty()) {
        VEXFS_ASSIGN(store_options.directory, temporary.make());
    }
    store_options.index_threads = options.threads;
    VEXFS_ASSIGN(const std::unique_ptr<Store> store, Store::open(store_options));
    TemporaryCollection bench(*store);
    VEXFS_ASSIGN(Collection* const collection, bench.create(schema));
    VEXFS_ASSIGN(const Build built, build(*collection, options.base));

    const std::vector<PointOptions> sweep = points_of(options);
    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    Table table{
        {{"EF_SEARCH", true}, {"PATH"}, {"RECALL", true}, {"QPS", true}, {"P50 US", true}, {"P99 US", true}},
        {}};
    std::vector<int64_t> last_found;
    VEXFS_TRY(search_all(*collection, questions, options, sweep.front()));  // warms caches up
    for (const PointOptions& point : sweep) {
        VEXFS_ASSIGN(Measured measured, search_all(*collection, questions, options, point));
        const double recall =
            recall_of(measured.found, questions.truth.values, questions.truth_columns(), options.limit);
        const Latencies latencies = percentiles(std::move(measured.times_us));
        const double qps = static_cast<double>(questions.queries.rows) / measured.seconds;
        nlohmann::ordered_json shown{
            {"ef_search", measured.ef_search},           {"path", measured.path},
            {"recall", round_to(recall, 1e-6)},          {"qps", round_to(qps, 0.1)},
            {"p50_us", round_to(latencies.p50_us, 0.1)}, {"p99_us", round_to(latencies.p99_us, 0.1)}};
        if (point.target_recall) shown["target_recall"] = *point.target_recall;
        points.push_back(std::move(shown));
        table.rows.push_back({std::to_string(measured.ef_search), measured.path,
                              fmt::format("{:.4f}", recall), fmt::format("{:.0f}", qps),
                              fmt::format("{:.1f}", latencies.p50_us),
                              fmt::format("{:.1f}", latencies.p99_us)});
        last_found = std::move(measured.found);
    }
    if (!options.results.empty()) {
        VEXFS_TRY(write_npy_integers(options.results, {last_found, {questions.queries.rows, options.limit}}));
    }
    const nlohmann::ordered_json build = build_json(built, collection->info(), store->index_threads());
    if (context.out().format() == OutputFormat::table) {
        context.out().note(fmt::format(
            "{} vectors: {} inserted/s, {} indexed/s with {} threads, {} bytes of index each", built.rows,
            build["vectors_per_second"].dump(), build["indexed_vectors_per_second"].dump(),
            build["threads"].dump(), build["bytes_per_vector"].dump()));
    }
    return context.out().print(
        {{"build", build}, {"search_threads", options.search_threads}, {"points", std::move(points)}}, table);
}

}  // namespace

Latencies percentiles(std::vector<double> times_us) {
    std::sort(times_us.begin(), times_us.end());
    const auto at = [&times_us](double share) {
        const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(times_us.size())));
        return times_us[std::max<size_t>(rank, 1) - 1];
    };
    return {at(0.50), at(0.99)};
}

double recall_of(const std::vector<int64_t>& found, const std::vector<int64_t>& truth, size_t truth_columns,
                 size_t limit) {
    const size_t queries = found.size() / limit;
    size_t right = 0;
    for (size_t i = 0; i < queries; ++i) {
        const auto first = truth.begin() + static_cast<ptrdiff_t>(i * truth_columns);
        const auto last = first + static_cast<ptrdiff_t>(limit);
        for (size_t k = 0; k < limit; ++k) {
            if (std::find(first, last, found[i * limit + k]) != last) ++right;
        }
    }
    return static_cast<double>(right) / static_cast<double>(queries * limit);
}

Result<ExitStatus> bench_ann(Context& context, const AnnOptions& options) {
    note_interrupts();
    const Result<void> done = run(context, options);
    if (interrupted()) {
        context.out().note("interrupted: the collection of the benchmark is gone");
        return ExitStatus::interrupted;
    }
    if (!done) return tl::unexpected<Error>(done.error());
    return succeeded;
}

}  // namespace vexfs::ctl
