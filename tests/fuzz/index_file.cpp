// SPDX-License-Identifier: Apache-2.0
// A file of an index of any bytes is loaded or refused; what was loaded answers searches with rows of its own
// and can be saved and loaded again. Mutations get the checksum they need.
#include "tests/fuzz/index_file.h"

#include <vector>

#include "engine/graph/part.h"
#include "engine/index/hnsw.h"
#include "tests/fuzz/fuzz.h"

using namespace vexfs;
using namespace vexfs::fuzz;
using simd::Metric;

namespace {

constexpr float queries[][index_dimension] = {{1, -2, 0.5F}, {0, 0, 0}, {3e38F, -3e38F, 3e38F}};
constexpr size_t ef = 16, wanted = 8;

const Scratch& scratch() {
    static const Scratch directory;
    return directory;
}

void search(const paths::Part& part) {
    const paths::RowRange range = part.range();
    std::vector<uint32_t> rows;
    for (const float* query : queries) {
        for (const paths::Path path :
             {paths::Path::graph, paths::Path::lists, paths::Path::sketch, paths::Path::lsh}) {
            part.search(
                query, {path, ef, 1}, wanted, [](uint32_t row) { return row % 2 == 0; }, rows);
            for (const uint32_t row : rows) {
                require(row >= range.first && row < range.end, "rows found are of the part's range");
                require(row % 2 == 0, "rows found are accepted ones");
            }
        }
    }
    part.calibration().for_recall(0.9);
}

void use(const graph::Part& part, Metric metric, const HnswParameters& parameters) {
    search(part);
    part.refine([](uint32_t) { return queries[0]; }, {1, {}});
    const std::string again = scratch() / "again";
    require(part.save(again).has_value(), "a part that was loaded can be saved");
    require(graph::Part::load(again, index_dimension, metric, parameters).has_value(),
            "a part that was saved can be loaded");
}

void use(const lsh::Part& part, Metric metric, const lsh::PartParameters& parameters) {
    search(part);
    const std::string again = scratch() / "again";
    require(part.save(again).has_value(), "a part that was loaded can be saved");
    require(lsh::Part::load(again, index_dimension, metric, parameters).has_value(),
            "a part that was saved can be loaded");
}

void use(const Hnsw& graph, Metric metric, const HnswParameters& parameters) {
    std::vector<Neighbour> found;
    for (const float* query : queries) {
        graph.search(
            query, wanted, ef, [](uint32_t row) { return row % 2 == 0; }, found);
        require(found.size() <= wanted, "no more rows are found than wanted");
        for (const Neighbour& one : found) require(one.row % 2 == 0, "rows found are accepted ones");
    }
    const std::string again = scratch() / "again";
    require(graph.save(again).has_value(), "a graph that was loaded can be saved");
    require(Hnsw::load(again, index_dimension, metric, parameters).has_value(),
            "a graph that was saved can be loaded");
}

template <class Loaded, class Parameters>
void use_if(const Loaded& loaded, Metric metric, const Parameters& parameters) {
    if (loaded) use(**loaded, metric, parameters);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned random) {
    size = LLVMFuzzerMutate(data, size, max_size);
    if (size > 0 && random % 16 != 0) renew_last_checksum({data + 1, size - 1});
    return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string path = scratch().write("file", {data + 1, size - 1});
    const auto part = [&](Metric metric, const HnswParameters& parameters = index_parameters()) {
        use_if(graph::Part::load(path, index_dimension, metric, parameters), metric, parameters);
    };
    const auto hnsw = [&](Metric metric) {
        use_if(Hnsw::load(path, index_dimension, metric, index_parameters()), metric, index_parameters());
    };
    switch (static_cast<IndexFile>(data[0] % index_files)) {
        case IndexFile::part_dot: part(Metric::dot); break;
        case IndexFile::part_cosine: part(Metric::cosine); break;
        case IndexFile::hnsw_euclidean: hnsw(Metric::euclidean); break;
        case IndexFile::hnsw_manhattan: hnsw(Metric::manhattan); break;
        case IndexFile::compact_part: part(Metric::euclidean, index_parameters(GraphLayout::compact)); break;
        case IndexFile::lsh_dot:
            use_if(lsh::Part::load(path, index_dimension, Metric::dot, lsh_parameters()), Metric::dot,
                   lsh_parameters());
            break;
    }
    return 0;
}
