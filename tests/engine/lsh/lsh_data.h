// SPDX-License-Identifier: Apache-2.0
// Parts of an lsh collection to test with.
#pragma once

#include <numeric>

#include "../index_data.h"
#include "engine/lsh/part.h"

namespace vexfs::test {

inline lsh::PartParameters lsh_parameters(Projection projection = Projection::random) {
    return {{8, 20, 50, projection}, 1};
}

// Of all vectors, which are rows from `first` on.
inline std::unique_ptr<lsh::Part> lsh_part(const Vectors& vectors, simd::Metric metric,
                                           const lsh::PartParameters& parameters, uint32_t first = 0,
                                           const paths::PartWork& work = {2, {}}) {
    std::vector<uint32_t> rows(vectors.rows());
    std::iota(rows.begin(), rows.end(), first);
    return lsh::Part::build(
        vectors.dimension, metric, {first, first + vectors.rows()}, std::move(rows),
        [&](uint32_t row) { return vectors[row - first]; }, parameters, work);
}

inline std::vector<uint32_t> search(const paths::Part& part, const float* query,
                                    const paths::Setting& setting) {
    std::vector<uint32_t> rows;
    part.search(query, setting, 16, any_row, rows);
    return rows;
}

}  // namespace vexfs::test
