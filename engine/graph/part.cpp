// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/part.h"

#include <algorithm>

namespace vexfs::graph {
namespace {

constexpr size_t training_vectors_max = 20'000;
constexpr size_t two_bits_dimension_max = 512;    // above, rows of one bit are large enough
constexpr size_t measured_nodes_min = 20'000;     // below, any layout takes little memory
constexpr size_t projected_dimension_max = 1024;  // above, finding a projection takes too long

Layout layout_for(size_t dimension, const HnswParameters& parameters) {
    if (parameters.layout == GraphLayout::compact) return {dimension, parameters.max_m, 0};
    const size_t degree = (parameters.max_m + simd::block_codes - 1) / simd::block_codes * simd::block_codes;
    return {dimension, degree, dimension <= two_bits_dimension_max ? 2U : 1U};
}

// Codes of fewer components, of two bits, where these have nearly all of the differences of nodes that are
// linked and make rows so much shorter that a walk gains by it. Null where that isn't so.
std::shared_ptr<const codes::Projection> learn_projection(const codes::Int8Table& table,
                                                          const LinkTable& links, const Layout& layout,
                                                          const PartOptions& options) {
    constexpr size_t differences_max = 4'096;
    constexpr double share_least = 0.93;
    if (layout.bits == 0 || layout.dimension > projected_dimension_max || table.count() < measured_nodes_min)
        return nullptr;
    const auto worthwhile = [&](size_t kept) {
        return 5 * layout.with(kept).row_bytes() <= 4 * layout.row_bytes();
    };
    size_t kept_max = 0;
    while (worthwhile(kept_max + codes::Projection::step)) kept_max += codes::Projection::step;
    const size_t count = std::min(differences_max, table.count());
    std::vector<float> other(table.dimension());
    const auto difference = [&](size_t i, float* to) {
        const size_t node = i * table.count() / count;
        const auto of_node = links.of(node);
        const size_t neighbour = of_node.empty() ? node : of_node[i % of_node.size()].node;
        table.decode(node, to);
        table.decode(neighbour, other.data());
        for (size_t k = 0; k < other.size(); ++k) to[k] -= other[k];
    };
    return codes::Projection::learn(table.dimension(), kept_max, share_least, count, difference,
                                    options.parameters.seed, options.threads);
}

BuildOptions build_options(const PartOptions& options) {
    return {options.parameters.max_m, options.threads, options.parameters.seed, options.stop};
}

struct Searchable {
    Graph graph;
    AccessPaths paths;
};

// In the layout that the data ask for: codes of the neighbours in a row make walks fast, and are a burden to
// all else. Where walks hold no recall that a preset promises as cheaply as something else does, as in data
// without any structure, rows are compact, and no better links are searched for.
Searchable make_searchable(const codes::Int8Table& table, LinkTable links, const Layout& layout,
                           std::shared_ptr<const codes::Projection> projection, const codes::Space& space,
                           FunctionRef<const float*(uint32_t)> vector, bool refined,
                           const PartOptions& options) {
    constexpr double promised_least = 0.85;
    const size_t nodes = refined ? paths::sample_nodes : paths::sample_nodes / 2;
    const paths::Sample sample = paths::take_sample(table, space, vector, nodes, options.threads);
    const auto measured = [&](const Graph& graph) {
        return choose_paths(graph, table, sample,
                            {refined, options.threads, options.parameters.seed, options.stop});
    };
    Graph graph(table, std::move(links), layout, options.threads, std::move(projection));
    AccessPaths paths = measured(graph);
    if (graph.layout().bits > 0 && graph.nodes() >= measured_nodes_min && paths.lists &&
        !paths.calibration.useful(paths::Path::graph, promised_least)) {
        graph = Graph(table, graph.links(table, options.threads),
                      {layout.dimension, options.parameters.max_m, 0}, options.threads);
        paths = measured(graph);
    }
    return {std::move(graph), std::move(paths)};
}

}  // namespace

Part::Part(RowRange range, std::vector<uint32_t> rows, std::shared_ptr<const codes::Space> space, Graph graph,
           AccessPaths paths, const HnswParameters& parameters, bool refined)
    : range_(range),
      rows_(std::move(rows)),
      space_(std::move(space)),
      graph_(std::move(graph)),
      paths_(std::move(paths)),
      parameters_(parameters),
      refined_(refined) {}

std::unique_ptr<Part> Part::build(size_t dimension, simd::Metric metric, RowRange range,
                                  std::vector<uint32_t> rows, FunctionRef<const float*(uint32_t)> vector,
                                  const PartOptions& options) {
    const size_t step = rows.size() / training_vectors_max + 1;
    const auto space = std::make_shared<const codes::Space>(
        dimension, metric, rows.size() / step, [&](size_t i) { return vector(rows[i * step]); },
        options.parameters.seed);
    codes::Int8Table table = codes::int8_codes(
        *space, rows.size(), [&](size_t i) { return vector(rows[i]); }, options.threads, options.stop);
    std::vector<uint32_t> order;
    LinkTable links = build_links(table, order, build_options(options));
    if (options.stop.stop_requested()) return nullptr;
    std::vector<uint32_t> rows_in_order(order.size());
    for (size_t i = 0; i < order.size(); ++i) rows_in_order[i] = rows[order[i]];
    Layout layout = layout_for(table.dimension(), options.parameters);
    auto projection = learn_projection(table, links, layout, options);
    if (projection) layout = layout.with(projection->kept());
    auto [graph, paths] = make_searchable(
        table, std::move(links), layout, std::move(projection), *space,
        [&](uint32_t node) { return vector(rows_in_order[node]); }, false, options);
    return std::unique_ptr<Part>(new Part(range, std::move(rows_in_order), space, std::move(graph),
                                          std::move(paths), options.parameters, false));
}

std::unique_ptr<paths::Part> Part::refine(FunctionRef<const float*(uint32_t)> vector,
                                          const paths::PartWork& work) const {
    const PartOptions options{parameters_, work.threads, work.stop};
    const codes::Int8Table table = graph_.codes();
    LinkTable links = graph_.links(table, options.threads);
    // Not where compact rows were chosen.
    if (graph_.layout().bits > 0 || parameters_.layout == GraphLayout::compact)
        links = refine_links(table, links, graph_, parameters_.ef_construction, build_options(options));
    if (options.stop.stop_requested()) return nullptr;
    auto [graph, paths] = make_searchable(
        table, std::move(links), graph_.layout(), graph_.projection(), *space_,
        [&](uint32_t node) { return vector(rows_[node]); }, true, options);
    if (options.stop.stop_requested()) return nullptr;
    return std::unique_ptr<Part>(
        new Part(range_, rows_, space_, std::move(graph), std::move(paths), parameters_, true));
}

size_t Part::memory_bytes() const {
    return rows_.size() * sizeof(uint32_t) + space_->memory_bytes() + graph_.memory_bytes() +
           (paths_.lists ? paths_.lists->memory_bytes() : 0);
}

size_t Part::search(const float* query, const paths::Setting& setting, size_t wanted,
                    const paths::Selection& selection, std::vector<uint32_t>& rows) const {
    thread_local std::vector<float> transformed;
    thread_local std::vector<Found> found;
    transformed.resize(space_->coded_dimension());
    space_->transform_query(query, transformed.data());
    const auto accept = [&](uint32_t node) { return selection.accept(rows_[node]); };
    const Searched searched{graph_, paths_.lists.get()};
    const size_t seen = searched.search(transformed.data(), setting, wanted,
                                        {accept, selection.share, selection.nodes_max}, found);
    rows.clear();
    for (const Found& one : found) rows.push_back(rows_[one.node]);
    return seen;
}

}  // namespace vexfs::graph
