// SPDX-License-Identifier: Apache-2.0
#include "engine/codes/space.h"

#include <catch2/catch.hpp>

#include "../index_data.h"
#include "codes_data.h"

using namespace vexfs;
using namespace vexfs::codes;
using namespace vexfs::test;
using simd::Metric;

namespace {

constexpr size_t dimensions[] = {1, 2, 3, 5, 64, 255, 256, 257, 384, 1000};

Space trained(const Vectors& vectors, Metric metric, uint64_t seed = 1) {
    return {vectors.dimension, metric, vectors.rows(), [&](size_t i) { return vectors[i]; }, seed};
}

std::vector<float> transformed(const Space& space, const float* vector) {
    std::vector<float> result(space.coded_dimension());
    space.transform(vector, result.data());
    return result;
}

std::vector<float> transformed_query(const Space& space, const float* vector) {
    std::vector<float> result(space.coded_dimension());
    space.transform_query(vector, result.data());
    return result;
}

// What squared distances of the space are to be, by the metric alone.
double expected_squared(const Space& space, const float* query, const float* vector) {
    const size_t n = space.dimension();
    const double unit_squared = std::pow(double{space.unit()}, 2);
    const double by_metric = distance(space.metric(), query, vector, n);
    switch (space.metric()) {
        case Metric::cosine: return 2 * by_metric * unit_squared;
        case Metric::euclidean: return by_metric * by_metric * unit_squared;
        default: break;
    }
    double norm = 0;
    for (size_t i = 0; i < n; ++i) norm += double{query[i]} * query[i];
    return (norm + 2 * by_metric + std::pow(double{space.norm_max()}, 2)) * unit_squared;
}

}  // namespace

TEST_CASE("squared distances of the space are the metric's") {
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : dimensions) {
            const Vectors vectors = clustered(60, dimension, 4, 1), queries = clustered(5, dimension, 4, 2);
            const Space space = trained(vectors, metric);
            CHECK(space.coded_dimension() % 4 == 0);
            CHECK(space.coded_dimension() >= dimension);
            for (uint32_t q = 0; q < queries.rows(); ++q) {
                const std::vector<float> query = transformed_query(space, queries[q]);
                for (uint32_t row = 0; row < vectors.rows(); ++row) {
                    INFO("metric " << static_cast<int>(metric) << ", dimension " << dimension);
                    const std::vector<float> vector = transformed(space, vectors[row]);
                    const double expected = expected_squared(space, queries[q], vectors[row]);
                    CHECK(squared_distance(query.data(), vector.data(), vector.size()) ==
                          Approx(expected).epsilon(2e-4).margin(2e-4));
                }
            }
        }
    }
}

TEST_CASE("vectors of the space are about 1 long and centred") {
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : {5, 255, 384}) {
            for (const float magnitude : {1e-12F, 1.0F, 1e12F}) {
                Vectors vectors = clustered(200, dimension, 4, 1);
                for (float& value : vectors.values) value *= magnitude;
                const Space space = trained(vectors, metric);
                std::vector<double> mean(space.coded_dimension());
                double squares = 0;
                for (uint32_t row = 0; row < vectors.rows(); ++row) {
                    const std::vector<float> vector = transformed(space, vectors[row]);
                    for (size_t i = 0; i < vector.size(); ++i) {
                        mean[i] += vector[i] / 200.0;
                        squares += double{vector[i]} * vector[i];
                    }
                }
                INFO("metric " << static_cast<int>(metric) << ", " << dimension << " x " << magnitude);
                CHECK(squares / 200 == Approx(1).epsilon(1e-3));
                for (const double value : mean) CHECK(std::fabs(value) < 1e-3);
            }
        }
    }
}

TEST_CASE("above the dense dimensions a single component is spread over all") {
    for (const size_t dimension : {257, 384, 1000}) {
        std::vector<float> mean(dimension);
        const Space space(dimension, Metric::euclidean, mean, 1, 0, 1);
        std::vector<float> one(dimension);
        one[dimension / 2] = 1;
        float top = 0;
        for (const float value : transformed(space, one.data())) top = std::max(top, std::fabs(value));
        CHECK(top < 6 / std::sqrt(static_cast<float>(dimension)));
    }
}

TEST_CASE("a space that was restored from its parts transforms the same") {
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : dimensions) {
            const Vectors vectors = clustered(20, dimension, 4, 1);
            const Space space = trained(vectors, metric, 77);
            const Space restored(dimension, metric, space.mean(), space.unit(), space.norm_max(),
                                 space.seed());
            CHECK(restored.coded_dimension() == space.coded_dimension());
            for (uint32_t row = 0; row < vectors.rows(); ++row) {
                CHECK(transformed(restored, vectors[row]) == transformed(space, vectors[row]));
                CHECK(transformed_query(restored, vectors[row]) == transformed_query(space, vectors[row]));
            }
        }
    }
}

TEST_CASE("other seeds rotate otherwise") {
    for (const size_t dimension : {5, 384}) {
        const Vectors vectors = clustered(20, dimension, 4, 1);
        CHECK(transformed(trained(vectors, Metric::euclidean, 1), vectors[0]) !=
              transformed(trained(vectors, Metric::euclidean, 2), vectors[0]));
    }
}

TEST_CASE("data without spread, zeros or none at all make a space of finite numbers") {
    for (const Metric metric : {Metric::cosine, Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : dimensions) {
            for (const float value : {0.0F, 1e-40F, 0.3F, 1e18F, 3e38F}) {
                for (const size_t rows : {0, 1, 100}) {
                    const Vectors vectors{dimension, std::vector<float>(rows * dimension, value)};
                    const Space space = trained(vectors, metric);
                    INFO("metric " << static_cast<int>(metric) << ", " << rows << " x " << dimension << ", "
                                   << value);
                    REQUIRE(space.unit() > 0);
                    REQUIRE(std::isfinite(space.unit()));
                    const std::vector<float> same(dimension, value), other(dimension, 1.0F);
                    for (const auto& vector : {same, other}) {
                        for (const float component : transformed(space, vector.data()))
                            REQUIRE(std::isfinite(component));
                        for (const float component : transformed_query(space, vector.data()))
                            REQUIRE(std::isfinite(component));
                    }
                }
            }
        }
    }
}

// One that came after training, or was not drawn for it.
TEST_CASE("a vector far beyond those that were learnt from stays finite and far") {
    for (const Metric metric : {Metric::euclidean, Metric::dot}) {
        for (const size_t dimension : {5, 384}) {
            const Vectors vectors = clustered(100, dimension, 4, 1);
            const Space space = trained(vectors, metric);
            for (const float huge : {1e25F, -3e38F}) {
                const std::vector<float> outlier(dimension, huge);
                const std::vector<float> far = transformed(space, outlier.data());
                const std::vector<float> near = transformed(space, vectors[0]);
                double norm = 0;
                for (const float component : far) norm += double{component} * component;
                CHECK(norm < 1e30);
                CHECK(squared_distance(far.data(), near.data(), far.size()) > 1e4);
                const std::vector<float> query = transformed_query(space, outlier.data());
                for (const float component : query) CHECK(std::isfinite(component));
            }
        }
    }
}
