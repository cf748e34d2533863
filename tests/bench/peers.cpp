// SPDX-License-Identifier: Apache-2.0
// bench-peers: what `vexfsctl bench ann` does, done by a peer. Builds with N threads, searches one query at a
// time on one, and prints the same JSON; its bytes_per_vector are measured: how much the process has grown.
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/formats/vector_file.h"
#include "peer.h"
#include "vexfsctl/bench_ann.h"

namespace vexfs::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string peer, base, queries, truth;
    PeerOptions graph;
    std::vector<uint32_t> ef_sweep;
    unsigned threads = 1;
    uint32_t limit = 10;
};

template <typename T>
T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

size_t resident_bytes() {
    malloc_trim(0);  // what was freed doesn't count
    size_t pages = 0, resident_pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident_pages;
    return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::vector<float> read_vectors(const std::string& path, PeerOptions& graph) {
    const std::unique_ptr<VectorReader> reader = value_of(VectorReader::open(path));
    if (graph.dimension != 0 && graph.dimension != reader->dimension()) {
        throw std::runtime_error(path + " has vectors of another dimension");
    }
    graph.dimension = reader->dimension();
    std::vector<float> vectors = value_of(reader->read(SIZE_MAX)).vectors;
    if (vectors.empty()) throw std::runtime_error(path + " has no vectors");
    if (graph.metric != PeerMetric::cosine) return vectors;
    for (size_t begin = 0; begin < vectors.size(); begin += graph.dimension) {
        const std::span<float> row = std::span(vectors).subspan(begin, graph.dimension);
        double squares = 0;
        for (const float x : row) squares += double{x} * x;
        const double length = squares > 0 ? std::sqrt(squares) : 1;
        for (float& x : row) x = static_cast<float>(x / length);
    }
    return vectors;
}

std::unique_ptr<Peer> make(const Options& options) {
    return options.peer == "hnswlib" ? make_hnswlib_peer(options.graph) : make_faiss_peer(options.graph);
}

nlohmann::ordered_json build(Peer& peer, std::span<const float> base, const Options& options,
                             size_t bytes_before) {
    const auto rows = static_cast<double>(base.size() / options.graph.dimension);
    const Clock::time_point start = Clock::now();
    peer.build(base, options.threads);
    const double seconds = seconds_since(start);
    const auto grown = static_cast<double>(resident_bytes()) - static_cast<double>(bytes_before);
    return {{"seconds", seconds},
            {"vectors_per_second", std::round(rows / seconds)},
            {"indexed_vectors_per_second", std::round(rows / seconds)},
            {"bytes_per_vector", std::round(grown / rows)},
            {"threads", options.threads}};
}

nlohmann::ordered_json search_all(Peer& peer, std::span<const float> queries, const IntegerArray& truth,
                                  const Options& options, uint32_t ef_search) {
    const size_t dimension = options.graph.dimension, count = queries.size() / dimension;
    std::vector<int64_t> found(count * options.limit, -1);
    std::vector<double> times_us;
    times_us.reserve(count);
    peer.set_ef_search(ef_search);
    const Clock::time_point start = Clock::now();
    for (size_t i = 0; i < count; ++i) {
        const Clock::time_point before = Clock::now();
        peer.search(queries.subspan(i * dimension, dimension),
                    std::span(found).subspan(i * options.limit, options.limit));
        times_us.push_back(seconds_since(before) * 1e6);
    }
    const double seconds = seconds_since(start);
    const ctl::Latencies latencies = ctl::percentiles(std::move(times_us));
    return {{"ef_search", ef_search},
            {"path", "graph"},
            {"recall", ctl::recall_of(found, truth.values, truth.shape[1], options.limit)},
            {"qps", static_cast<double>(count) / seconds},
            {"p50_us", latencies.p50_us},
            {"p99_us", latencies.p99_us}};
}

void run(Options& options) {
    const std::vector<float> queries = read_vectors(options.queries, options.graph);
    const IntegerArray truth = value_of(read_npy_integers(options.truth));
    if (truth.shape.size() != 2 || truth.shape[0] * options.graph.dimension != queries.size() ||
        truth.shape[1] < options.limit) {
        throw std::runtime_error(options.truth + " is not a row of neighbours per query");
    }
    std::vector<float> base = read_vectors(options.base, options.graph);
    const size_t bytes_before = resident_bytes();
    const std::unique_ptr<Peer> peer = make(options);
    const nlohmann::ordered_json built = build(*peer, base, options, bytes_before);
    std::vector<float>().swap(base);

    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    (void)search_all(*peer, queries, truth, options, options.ef_sweep.front());  // warms caches up
    for (const uint32_t ef_search : options.ef_sweep) {
        points.push_back(search_all(*peer, queries, truth, options, ef_search));
    }
    std::cout << nlohmann::ordered_json{{"build", built}, {"points", points}} << '\n';
}

}  // namespace
}  // namespace vexfs::bench

int main(int argc, char** argv) {
    using namespace vexfs::bench;
    Options options;
    CLI::App app("Measure a peer as vexfsctl bench ann measures VexFS");
    const std::map<std::string, PeerMetric> metrics = {
        {"cosine", PeerMetric::cosine}, {"euclidean", PeerMetric::euclidean}, {"dot", PeerMetric::dot}};
    app.add_option("peer", options.peer)->required()->check(CLI::IsMember({"hnswlib", "faiss"}));
    app.add_option("--base", options.base)->required();
    app.add_option("--queries", options.queries)->required();
    app.add_option("--truth", options.truth)->required();
    app.add_option("--metric", options.graph.metric)->required()->transform(CLI::CheckedTransformer(metrics));
    app.add_option("--m", options.graph.m)->check(CLI::Range(2u, 256u));
    app.add_option("--ef-construction", options.graph.ef_construction)->check(CLI::PositiveNumber);
    app.add_option("--ef-sweep", options.ef_sweep)->required()->delimiter(',')->check(CLI::PositiveNumber);
    app.add_option("--threads", options.threads)->check(CLI::Range(1u, 1024u));
    app.add_option("--limit", options.limit)->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);
    try {
        run(options);
    } catch (const std::exception& error) {
        std::cerr << "bench-peers: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
