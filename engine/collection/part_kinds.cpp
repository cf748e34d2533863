// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/part_kinds.h"

#include "engine/graph/part.h"
#include "engine/lsh/part.h"

namespace vexfs {

std::unique_ptr<paths::Part> build_part(const Schema& schema, paths::RowRange range,
                                        std::vector<uint32_t> rows,
                                        FunctionRef<const float*(uint32_t)> vector,
                                        const paths::PartWork& work) {
    if (schema.algorithm == Algorithm::lsh)
        return lsh::Part::build(schema.dimension, schema.metric, range, std::move(rows), vector,
                                {schema.lsh, schema.hnsw.seed}, work);
    return graph::Part::build(schema.dimension, schema.metric, range, std::move(rows), vector,
                              {schema.hnsw, work.threads, work.stop});
}

Result<std::unique_ptr<paths::Part>> load_part(const Schema& schema, const std::string& path, Disk& disk) {
    if (schema.algorithm == Algorithm::lsh)
        return lsh::Part::load(path, schema.dimension, schema.metric, {schema.lsh, schema.hnsw.seed}, disk);
    return graph::Part::load(path, schema.dimension, schema.metric, schema.hnsw, disk);
}

}  // namespace vexfs
