// SPDX-License-Identifier: Apache-2.0
// A collection of which everything has been replaced many times is as good as a fresh one, and nearly as
// small: 10 times its size in upserts and deletes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <random>

#include "tests/engine/points.h"
#include "tests/engine/temporary_directory.h"
#include "tests/eventually.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

constexpr uint32_t dimension = 32;
constexpr size_t points = 4000, changes = 10 * points, batch = 200, queries = 500;
constexpr uint64_t segment_bytes = 128 << 10;  // a fifth of the points
constexpr double recall_slack = 0.005, space_slack = 1.5, dead_max = 0.2;

// Vectors around 100 centres.
class Source {
  public:
    explicit Source(uint32_t seed) : random_(seed), centres_(random_vectors(100, dimension, 1)) {}

    std::vector<float> next() {
        const float* centre = centres_.data() + random_() % 100 * dimension;
        std::vector<float> vector(centre, centre + dimension);
        for (float& value : vector) value += normal_(random_) / 2;
        return vector;
    }

  private:
    std::mt19937 random_;
    std::normal_distribution<float> normal_;
    std::vector<float> centres_;
};

using Points = std::map<uint64_t, std::vector<float>>;

void put(Collection& collection, const Points& some) {
    std::vector<float> vectors;
    std::vector<uint64_t> ids;
    for (const auto& [id, vector] : some) {
        ids.push_back(id);
        vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    const auto done = insert(collection, vectors, ids, {}, OnConflict::replace);
    INFO((done ? std::string() : done.error().message));
    REQUIRE(done);
}

std::shared_ptr<Collection> fill(Store& store, const Points& all) {
    Schema schema = schema_of(dimension, simd::Metric::euclidean);
    schema.durability = Durability::async;
    schema.hnsw.ef_search = 20;  // so little that a graph of less worth would show
    const auto collection = store.create("docs", schema).value();
    for (auto from = all.begin(); from != all.end();) {
        Points some;
        for (; some.size() < batch && from != all.end(); ++from) some.insert(*from);
        put(*collection, some);
    }
    return collection;
}

// Half of the changes replace points; the others delete some, which come back with other vectors.
void churn(Collection& collection, Points& all) {
    Source source(3);
    std::mt19937 random(4);
    for (size_t done = 0; done < changes; done += 2 * batch) {
        Points replaced, again;
        std::vector<uint64_t> erased;
        while (replaced.size() < batch) replaced[1 + random() % points] = source.next();
        put(collection, replaced);
        while (again.size() < batch / 2) again[1 + random() % points] = source.next();
        for (const auto& [id, vector] : again) erased.push_back(id);
        REQUIRE(collection.erase(erased) == erased.size());
        put(collection, again);
        for (auto* some : {&replaced, &again})
            for (auto& [id, vector] : *some) all[id] = vector;
    }
}

double recall(const Collection& collection) {
    Source source(5);
    size_t found = 0;
    for (size_t i = 0; i < queries; ++i) {
        const std::vector<float> query = source.next();
        const auto truth = ids_of(search(collection, query, 10, true).value());
        const SearchReply reply = search(collection, query, 10).value();
        REQUIRE(reply.path.starts_with("graph"));
        for (const uint64_t id : ids_of(reply))
            found += std::count(truth.begin(), truth.end(), id) != 0 ? 1 : 0;
    }
    return static_cast<double>(found) / (10 * queries);
}

uint64_t bytes_in(const std::string& directory) {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

double dead_share(const Collection& collection) {
    const CollectionInfo info = collection.info();
    return static_cast<double>(info.dead_rows) / static_cast<double>(info.points + info.dead_rows);
}

}  // namespace

TEST_CASE("a collection churned ten times over is as good and nearly as small as a fresh one") {
    Points all;
    Source source(2);
    for (uint64_t id = 1; id <= points; ++id) all[id] = source.next();
    const TemporaryDirectory churned_directory, fresh_directory;
    const auto churned_store = open_store(churned_directory.path(), segment_bytes);
    const auto churned = fill(*churned_store, all);
    churn(*churned, all);
    REQUIRE(churned->info().points == points);

    // By itself, without being asked.
    REQUIRE(eventually([&] { return dead_share(*churned) <= dead_max; }));
    REQUIRE(churned->optimize({}));

    const auto fresh_store = open_store(fresh_directory.path(), segment_bytes);
    const auto fresh = fill(*fresh_store, all);
    REQUIRE(fresh->optimize({}));
    CHECK(recall(*churned) >= recall(*fresh) - recall_slack);
    CHECK(static_cast<double>(bytes_in(churned_directory.path())) <=
          space_slack * static_cast<double>(bytes_in(fresh_directory.path())));
    for (const auto& [id, vector] : all) {
        const auto found = churned->get({&id, 1}, true).value();
        REQUIRE(found.size() == 1);
        REQUIRE(found[0].vector == vector);
    }
}
