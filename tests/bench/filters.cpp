// SPDX-License-Identifier: Apache-2.0
// bench-filters: filtered searches beside what a user would do without them, in one run. Vectors get metadata
// of which filters take a share: a number that has nothing to do with the vector, and topics (the nearest of
// some vectors), where each query asks for its own. Prints a Markdown table: recall@10 and the median time of
// a search with the filter, of an exact scan of the rows that match, and of a search without a filter for so
// many rows that enough match, at the filtered search's recall or more.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <stdexcept>

#include "engine/base/parallel.h"
#include "engine/collection/store.h"
#include "engine/formats/vector_file.h"
#include "engine/simd/distance.h"

namespace vexfs::bench {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr uint32_t limit = 10;
constexpr double recall_wanted = 0.95;
constexpr size_t rounds = 3;
constexpr double times_given = 16;  // as much time as the filtered search, to reach its recall without
constexpr size_t shares[] = {2, 10, 100, 1'000, 10'000};  // one row in so many matches

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

struct Vectors {
    size_t dimension = 0;
    std::vector<float> values;

    explicit Vectors(const std::string& path) {
        const auto reader = value_of(VectorReader::open(path));
        dimension = reader->dimension();
        values = value_of(reader->read(SIZE_MAX)).vectors;
    }
    size_t count() const { return values.size() / dimension; }
    std::span<const float> operator[](size_t i) const { return {&values[i * dimension], dimension}; }
};

// The topic of each vector: the number of the nearest of `count` of the base's, by cosine.
std::vector<uint32_t> topics_of(const Vectors& vectors, const Vectors& base, size_t count, unsigned threads) {
    const size_t step = base.count() / count;
    const simd::Kernels& kernels = simd::kernels();
    std::vector<float> norms(count);
    for (size_t topic = 0; topic < count; ++topic) {
        const auto centre = base[topic * step];
        norms[topic] = std::sqrt(kernels.dot(centre.data(), centre.data(), centre.size()));
    }
    std::vector<uint32_t> topics(vectors.count());
    parallel_for(threads, vectors.count(), [&](unsigned, size_t i) {
        float best = -2;
        for (size_t topic = 0; topic < count; ++topic) {
            const float alike =
                kernels.dot(vectors[i].data(), base[topic * step].data(), vectors.dimension) / norms[topic];
            if (alike > best) {
                best = alike;
                topics[i] = static_cast<uint32_t>(topic);
            }
        }
    });
    return topics;
}

struct Measured {
    double recall = 0;
    double median_us = 0;
    std::string path;
};

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

class Bench {
  public:
    Bench(const std::string& base, const std::string& queries, size_t asked, unsigned threads,
          const std::string& directory)
        : base_(base), queries_(queries), asked_(std::min(asked, queries_.count())) {
        std::cerr << "topics ...\n";
        for (const size_t share : shares) {
            topics_.push_back(topics_of(base_, base_, share, threads));
            query_topics_.push_back(topics_of(queries_, base_, share, threads));
        }
        std::cerr << "import and indexing ...\n";
        StoreOptions options;
        options.directory = directory;
        options.index_threads = threads;
        store_ = value_of(Store::open(options));
        Schema schema;
        schema.dimension = static_cast<uint32_t>(base_.dimension);
        schema.target_recall = recall_wanted;
        points_ = value_of(store_->create("filters", schema));
        import();
        const auto optimized = points_->optimize({});
        if (!optimized) throw std::runtime_error(optimized.error().message);
    }

    void run() {
        fmt::print(
            "| filter | share | recall | us | path | scan of the matches, us | without, then filtered, us "
            "(recall) |\n|---|--:|--:|--:|---|--:|--:|\n");
        for (size_t i = 0; i < std::size(shares); ++i)
            row("a number", shares[i], [&](size_t) {
                return json{{"number", {{"$lt", 1'000'000 / shares[i]}}}};
            });
        for (size_t i = 0; i < std::size(shares); ++i)
            row("the query's topic", shares[i], [&](size_t query) {
                return json{{fmt::format("topic_{}", shares[i]), query_topics_[i][query]}};
            });
    }

  private:
    void import() {
        std::mt19937_64 random(1);
        constexpr size_t rows_at_once = 10'000;
        for (size_t first = 0; first < base_.count(); first += rows_at_once) {
            const size_t rows = std::min(rows_at_once, base_.count() - first);
            std::vector<uint64_t> ids;
            std::vector<std::string> texts;
            for (size_t row = first; row < first + rows; ++row) {
                ids.push_back(row);
                json metadata{{"number", random() % 1'000'000}};
                for (size_t i = 0; i < std::size(shares); ++i)
                    metadata[fmt::format("topic_{}", shares[i])] = topics_[i][row];
                texts.push_back(metadata.dump());
            }
            const std::vector<std::string_view> metadata(texts.begin(), texts.end());
            InsertRequest request;
            request.vectors = {base_[first].data(), rows * base_.dimension};
            request.ids = ids;
            request.metadata = metadata;
            value_of(points_->insert(request));
        }
    }

    using Ids = std::vector<std::vector<uint64_t>>;

    SearchReply search(size_t query, const Filter* filter, bool exact, uint32_t rows) const {
        SearchRequest request;
        request.query = queries_[query];
        request.filter = filter;
        request.exact = exact;
        request.limit = rows;
        request.with_metadata = false;
        return value_of(points_->search(request));
    }

    using Ask = std::function<SearchReply(size_t query)>;

    // All queries one way, then the next, several times, so that what slows the machine for a while slows
    // them all. The first time is to get the filters' columns and what the planner learns.
    std::vector<Measured> measure(const std::vector<Ask>& ways, const Ids& truth) const {
        std::vector<Measured> measured(ways.size());
        std::vector<std::vector<double>> times_us(ways.size());
        std::vector<std::map<std::string, size_t>> paths(ways.size());
        std::vector<size_t> common(ways.size());
        size_t wanted = 0;
        for (const std::vector<uint64_t>& ids : truth) wanted += rounds * ids.size();
        for (size_t round = 0; round <= rounds; ++round) {
            for (size_t way = 0; way < ways.size(); ++way) {
                for (size_t query = 0; query < asked_; ++query) {
                    const auto start = Clock::now();
                    const SearchReply reply = ways[way](query);
                    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
                    if (round == 0) continue;
                    times_us[way].push_back(took.count());
                    ++paths[way][reply.path];
                    for (const Hit& hit : reply.hits) common[way] += std::ranges::count(truth[query], hit.id);
                }
            }
        }
        for (size_t way = 0; way < ways.size(); ++way) {
            measured[way].recall =
                wanted > 0 ? static_cast<double>(common[way]) / static_cast<double>(wanted) : 1;
            measured[way].median_us = median(std::move(times_us[way]));
            measured[way].path =
                std::ranges::max_element(paths[way], {}, [](const auto& one) { return one.second; })->first;
        }
        return measured;
    }

    void row(const std::string& name, size_t share, const std::function<json(size_t)>& filter_of) {
        std::vector<Filter> filters;
        for (size_t query = 0; query < asked_; ++query)
            filters.push_back(value_of(Filter::parse(filter_of(query))));
        const Ask exact = [&](size_t query) { return search(query, &filters[query], true, limit); };
        Ids truth(asked_);
        for (size_t query = 0; query < asked_; ++query)
            for (const Hit& hit : exact(query).hits) truth[query].push_back(hit.id);
        const auto measured = measure(
            {exact, [&](size_t query) { return search(query, &filters[query], false, limit); }}, truth);
        const Measured &scanned = measured[0], &filtered = measured[1];
        fmt::print("| {} | {:g} % | {:.3f} | {:.0f} | {} | {:.0f} | {} |\n", name,
                   100.0 / static_cast<double>(share), filtered.recall, filtered.median_us, filtered.path,
                   scanned.median_us, post_filtered(share, filters, truth, filtered));
        std::fflush(stdout);
    }

    // The least number of rows, of some that rise, with which the recall is reached.
    std::string post_filtered(size_t share, const std::vector<Filter>& filters, const Ids& truth,
                              const Measured& filtered) const {
        for (size_t rows = limit; rows <= search_limit_max; rows += rows / 4 + 1) {
            if (rows < limit * share / 16) continue;
            const Ask ask = [&](size_t query) {
                SearchReply reply = search(query, nullptr, false, static_cast<uint32_t>(rows));
                std::erase_if(reply.hits, [&](const Hit& hit) { return !matches(filters[query], hit.id); });
                reply.hits.resize(std::min<size_t>(reply.hits.size(), limit));
                return reply;
            };
            const Measured measured = measure({ask}, truth).front();
            if (measured.recall >= std::min(filtered.recall, recall_wanted))
                return fmt::format("{:.0f} ({:.3f}, {} rows)", measured.median_us, measured.recall, rows);
            if (measured.median_us > times_given * filtered.median_us) break;
        }
        return fmt::format("not in {:g} times the time", times_given);
    }

    // By a table that is ready, which costs next to nothing.
    bool matches(const Filter& filter, uint64_t id) const {
        auto& known = matching_[filter.text()];
        if (known.empty()) {
            known.resize(base_.count());
            std::optional<uint64_t> cursor = 0;
            while (cursor) {
                const auto page = value_of(points_->scroll(*cursor, search_limit_max, &filter, false));
                for (const Point& point : page.points) known[point.id] = true;
                cursor = page.cursor;
            }
        }
        return known[id];
    }

    Vectors base_, queries_;
    size_t asked_;
    std::vector<std::vector<uint32_t>> topics_, query_topics_;  // by share
    std::unique_ptr<Store> store_;
    std::shared_ptr<Collection> points_;
    mutable std::map<std::string, std::vector<bool>> matching_;
};

}  // namespace
}  // namespace vexfs::bench

int main(int argc, char** argv) {
    std::string base, queries, directory;
    size_t asked = 1'000;
    unsigned threads = 2;
    CLI::App app("Measure filtered searches beside what can be done without");
    app.add_option("base", base)->required();
    app.add_option("queries", queries)->required();
    app.add_option("directory", directory, "for the collection; must not be there")->required();
    app.add_option("--queries-asked", asked)->check(CLI::PositiveNumber);
    app.add_option("--threads", threads, "that build; one searches")->check(CLI::Range(1u, 1024u));
    CLI11_PARSE(app, argc, argv);
    try {
        vexfs::bench::Bench(base, queries, asked, threads, directory).run();
    } catch (const std::exception& error) {
        std::cerr << "bench-filters: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
