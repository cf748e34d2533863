// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/graph.h"

#include <catch2/catch.hpp>

#include "engine/graph/calibration.h"
#include "graph_data.h"

using namespace vexfs;
using namespace vexfs::graph;
using namespace vexfs::test;

namespace {

BuildOptions with(unsigned threads, size_t degree = 32) {
    BuildOptions options;
    options.threads = threads;
    options.degree = degree;
    return options;
}

// Of a residual code; 0 is a graph without any.
const auto all_bits = {0U, 1U, 2U};

size_t missed_by_their_own_vector(const BuiltGraph& built, const Vectors& vectors, size_t ef) {
    size_t missed = 0;
    for (uint32_t row = 0; row < vectors.rows(); ++row) {
        const auto found = built.search(vectors[row], 1, ef);
        // Of twins either will do.
        if (found.empty() || !std::equal(vectors[row], vectors[row] + vectors.dimension, vectors[found[0]]))
            ++missed;
    }
    return missed;
}

}  // namespace

TEST_CASE("graphs of any size find every node by its own vector, refined or not") {
    // Of 24 dimensions without structure, where walks find their way from anywhere.
    const unsigned bits = GENERATE(0U, 2U);
    for (const size_t rows : {0, 1, 2, 3, 31, 32, 33, 100, 900, 901, 2500}) {
        const Vectors vectors = random_points(rows, 24, 1);
        BuiltGraph built(vectors, with(2), bits);
        INFO(rows << " nodes, " << bits << " bits");
        CHECK(built.graph.nodes() == rows);
        CHECK(built.graph.consistent());
        CHECK(std::set<uint32_t>(built.row.begin(), built.row.end()).size() == rows);
        CHECK(missed_by_their_own_vector(built, vectors, 100) <= rows / 500);
        built.refine(60, with(2));
        CHECK(built.graph.consistent());
        CHECK(missed_by_their_own_vector(built, vectors, 100) <= rows / 500);
    }
}

TEST_CASE("a breadth of all nodes finds them all, each once") {
    const Vectors vectors = random_points(700, 24, 1);
    for (const unsigned bits : all_bits) {
        const BuiltGraph built(vectors, with(2), bits);
        std::vector<Found> found;
        built.graph.search(built.coded.transformed(vectors[3]).data(), {700}, found);
        std::set<uint32_t> nodes;
        for (const Found& one : found) nodes.insert(one.node);
        CHECK(found.size() == 700);
        CHECK(nodes.size() == 700);
    }
}

TEST_CASE("a walk that reaches less far expands fewer nodes, and of those that it leaves out none is near") {
    const Vectors vectors = clustered(5000, 32, 30, 1), queries = clustered(50, 32, 30, 2);
    constexpr size_t nearest = 16;
    for (const unsigned bits : all_bits) {
        BuiltGraph built(vectors, with(2), bits);
        built.refine(100, with(2));
        const auto expanded = [&](float reach) {
            size_t count = 0;
            std::vector<Found> found;
            for (size_t i = 0; i < queries.rows(); ++i) {
                built.graph.search(built.coded.transformed(queries[i]).data(), {1000, reach, nearest}, found);
                count += found.size();
            }
            return count;
        };
        INFO(bits << " bits");
        CHECK(expanded(1.01F) >= queries.rows() * nearest);
        CHECK(expanded(1.1F) > expanded(1.01F));
        CHECK(expanded(1.5F) > expanded(1.1F));
        CHECK(expanded(1.5F) < expanded(0));

        size_t same = 0;
        const Searched searched{built.graph, nullptr};
        std::vector<Found> all, some;
        for (size_t i = 0; i < queries.rows(); ++i) {
            const auto query = built.coded.transformed(queries[i]);
            searched.search(query.data(), {paths::Path::graph, 1000, 0, 0}, nearest, all);
            searched.search(query.data(), {paths::Path::graph, 1000, 0, 2}, nearest, some);
            for (const Found& one : some)
                same += std::ranges::any_of(all, [&](const Found& other) { return other.node == one.node; });
        }
        CHECK(same >= queries.rows() * nearest * 98 / 100);
    }
}

TEST_CASE("a walk that reaches anywhere ends where its breadth does") {
    const Vectors vectors = random_points(2000, 24, 1);
    for (const unsigned bits : all_bits) {
        const BuiltGraph built(vectors, with(2), bits);
        std::vector<Found> narrow, far;
        const auto query = built.coded.transformed(vectors[3]);
        built.graph.search(query.data(), {50}, narrow);
        built.graph.search(query.data(), {50, 1e6F, 16}, far);
        CHECK(far.size() == narrow.size());
    }
}

TEST_CASE("recall is high on clustered data, and higher with a greater breadth") {
    const Vectors vectors = clustered(5000, 32, 30, 1), queries = clustered(100, 32, 30, 2);
    for (const unsigned bits : all_bits) {
        BuiltGraph built(vectors, with(2), bits);
        CHECK(recall_at_10(built, vectors, queries, 150) >= 0.95);
        built.refine(100, with(2));
        CHECK(recall_at_10(built, vectors, queries, 100) >= 0.95);
        CHECK(recall_at_10(built, vectors, queries, 400) >= recall_at_10(built, vectors, queries, 15));
    }
}

TEST_CASE("recall is high on data without structure") {
    const Vectors vectors = random_points(5000, 24, 1), queries = random_points(100, 24, 2);
    BuiltGraph built(vectors, with(2), GENERATE(0U, 2U));
    CHECK(recall_at_10(built, vectors, queries, 400) >= 0.95);
    built.refine(100, with(2));
    CHECK(recall_at_10(built, vectors, queries, 300) >= 0.95);
}

TEST_CASE("a small degree does for a small graph") {
    const Vectors vectors = random_points(1000, 12, 1);
    const unsigned bits = GENERATE(0U, 2U);
    for (const size_t degree : {2, 8, 16, 64}) {
        BuiltGraph built(vectors, with(2, degree), bits);
        INFO("degree " << degree << ", " << bits << " bits");
        CHECK(built.graph.consistent());
        CHECK(missed_by_their_own_vector(built, vectors, 300) <= (degree == 2 ? 300 : 10));
        built.refine(50, with(2, degree));
        CHECK(missed_by_their_own_vector(built, vectors, 300) <= (degree == 2 ? 300 : 10));
    }
}

TEST_CASE("3,000 identical vectors are all there") {
    const Vectors vectors = identical_points(3000, 16);
    BuiltGraph built(vectors, with(2), GENERATE(0U, 2U));
    for (const bool refined : {false, true}) {
        if (refined) built.refine(50, with(2));
        INFO("refined: " << refined);
        const auto ten = built.search(vectors[0], 10, 20);
        CHECK(std::set<uint32_t>(ten.begin(), ten.end()).size() == 10);
        const auto all = built.search(vectors[0], 3000, 3000);
        CHECK(std::set<uint32_t>(all.begin(), all.end()).size() == 3000);
    }
}

TEST_CASE("the few among many duplicates are found") {
    Vectors vectors = clustered(3000, 16, 10, 1);
    for (size_t row = 0; row < 2700; ++row)
        std::copy_n(vectors.values.begin() + 2700 * 16, 16, &vectors.values[row * 16]);
    BuiltGraph built(vectors, with(2), GENERATE(0U, 2U));
    CHECK(missed_by_their_own_vector(built, vectors, 200) == 0);
    built.refine(60, with(2));
    CHECK(missed_by_their_own_vector(built, vectors, 200) == 0);
}

TEST_CASE("every vector three times, and no set of three hides the others") {
    Vectors vectors = clustered(3000, 16, 10, 1);
    for (size_t row = 0; row < 3000; ++row) std::copy_n(vectors[row / 3 * 3], 16, &vectors.values[row * 16]);
    const Vectors queries = clustered(50, 16, 10, 2);
    BuiltGraph built(vectors, with(2));
    built.refine(100, with(2));
    CHECK(missed_by_their_own_vector(built, vectors, 200) == 0);
    size_t near = 0;
    for (uint32_t q = 0; q < queries.rows(); ++q) {
        const auto truth = nearest(vectors, simd::Metric::euclidean, queries[q], 12, any_row);
        const auto rows = built.search(queries[q], 18, 200);
        for (const uint32_t row : truth)
            near += static_cast<size_t>(std::count(rows.begin(), rows.end(), row));
    }
    CHECK(near >= 570);  // of 600
}

TEST_CASE("rows of graphs are equal byte by byte, whatever the threads") {
    const unsigned bits = GENERATE(0U, 2U);
    for (const auto& vectors : {clustered(4000, 16, 12, 1), identical_points(2000, 16)}) {
        BuiltGraph one(vectors, with(1), bits), two(vectors, with(2), bits), four(vectors, with(4), bits);
        CHECK(one.row == two.row);
        CHECK((one.bytes() == two.bytes()));
        CHECK((one.bytes() == four.bytes()));
        one.refine(40, with(1));
        two.refine(40, with(2));
        CHECK((one.bytes() == two.bytes()));
        CHECK(one.graph.entry() == two.graph.entry());
        CHECK(one.graph.loose() == two.graph.loose());
    }
}

TEST_CASE("a graph without residual codes has rows of little more than links and code, for any degree") {
    const Vectors vectors = clustered(2000, 100, 12, 1);
    for (const size_t degree : {5, 32, 33}) {
        const BuiltGraph built(vectors, with(2, degree), 0);
        const Layout& layout = built.graph.layout();
        CHECK(layout.row_bytes() < degree * sizeof(uint32_t) + 8 + 100 + 8);
        CHECK(built.graph.memory_bytes() < 2000 * layout.row_bytes() + 8192);
        CHECK(missed_by_their_own_vector(built, vectors, 300) <= (degree == 5 ? 100 : 0));
    }
}

TEST_CASE("another seed builds another graph") {
    const Vectors vectors = clustered(3000, 16, 12, 1);
    BuildOptions other = with(2);
    other.seed = 2;
    CHECK(BuiltGraph(vectors, with(2)).bytes() != BuiltGraph(vectors, other).bytes());
}

TEST_CASE("a graph gives back the codes and links that it was made of") {
    const Vectors vectors = clustered(500, 16, 5, 1);
    BuiltGraph built(vectors, with(2), GENERATE(0U, 2U));
    const codes::Int8Table table = built.graph.codes();
    const LinkTable links = built.graph.links(table, 2);
    const Graph again(table, built.graph.links(table, 2), built.graph.layout(), 2);
    CHECK(std::memcmp(again.row(0), built.graph.row(0), 500 * again.layout().row_bytes()) == 0);
    for (uint32_t node = 0; node < 500; ++node) {
        CHECK(std::memcmp(table.bytes(node), built.coded.table.bytes(node), table.dimension()) == 0);
        for (const Link& link : links.of(node))
            CHECK(link.distance == Approx(built.coded.distance(node, link.node)).margin(1e-5));
    }
}

TEST_CASE("a graph is inconsistent with a node that there is not, or a number that is none") {
    const Vectors vectors = clustered(200, 16, 5, 1);
    const BuiltGraph built(vectors, with(1), GENERATE(0U, 2U));
    const Layout& layout = built.graph.layout();
    const auto copy = [&](uint32_t entry, std::vector<uint32_t> loose) {
        Graph graph(200, layout, entry, std::move(loose), nullptr);
        std::memcpy(graph.rows(), built.graph.row(0), 200 * layout.row_bytes());
        return graph;
    };
    CHECK(copy(199, {0, 199}).consistent());
    CHECK_FALSE(copy(200, {}).consistent());
    CHECK_FALSE(copy(0, {200}).consistent());
    for (const uint32_t wrong : {200U, 0x7fff'ffffU, no_node - 1}) {
        Graph graph = copy(0, {});
        std::memcpy(graph.rows() + 7 * layout.row_bytes() + layout.neighbours_offset() + 31 * 4, &wrong,
                    sizeof wrong);
        CHECK_FALSE(graph.consistent());
    }
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity(), -1.0F}) {
        for (const size_t field : {0, 4}) {
            Graph graph = copy(0, {});
            std::memcpy(graph.rows() + 199 * layout.row_bytes() + layout.factors_offset() + field, &wrong,
                        sizeof wrong);
            CHECK_FALSE(graph.consistent());
        }
    }
}

TEST_CASE("a build or a refinement that is asked to stop comes back") {
    const Vectors vectors = clustered(3000, 16, 12, 1);
    std::stop_source source;
    BuildOptions options = with(2);
    BuiltGraph built(vectors, options);
    source.request_stop();
    options.stop = source.get_token();
    CodedVectors coded(vectors);
    std::vector<uint32_t> order;
    CHECK(build_links(coded.table, order, options).nodes() == 3000);
    const codes::Int8Table table = built.graph.codes();
    CHECK(refine_links(table, built.graph.links(table, 2), built.graph, 50, options).nodes() == 3000);
}
