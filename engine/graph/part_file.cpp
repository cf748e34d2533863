// SPDX-License-Identifier: Apache-2.0
#include "engine/graph/part_file.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "engine/graph/part.h"
#include "engine/index/checksummed_file.h"
#include "engine/lists/lists_file.h"

namespace vexfs::graph {
namespace {

using paths::CalibrationPoint;

static_assert(std::endian::native == std::endian::little, "a part's file is written as it lies in memory");

Result<void> check_header(const ChecksummedReader& file, const FileHeader& header, const std::string& path) {
    if (std::memcmp(header.magic, file_magic, sizeof header.magic) != 0)
        return file.corrupt("it doesn't begin as the file of an index");
    if (header.version != file_version)
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has version {} of the format, this program reads version {}", path,
                                header.version, file_version));
    const auto compact = static_cast<uint32_t>(GraphLayout::compact);
    if (header.layout > compact || (header.layout == compact && header.bits > 0))
        return file.corrupt("its header contradicts itself");
    return {};
}

Result<void> check_parameters(const FileHeader& header, size_t dimension, simd::Metric metric,
                              const HnswParameters& parameters, const std::string& path) {
    const auto differs = [&](const char* name, auto stored, auto asked) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} was built with {} {}, not {}", path, name, stored, asked),
                    "build the index anew with the new parameters");
    };
    if (header.dimension != dimension) return differs("dimension", header.dimension, dimension);
    if (header.metric != static_cast<uint32_t>(metric))
        return differs("metric", header.metric, static_cast<uint32_t>(metric));
    if (header.m != parameters.m) return differs("m", header.m, parameters.m);
    if (header.max_m != parameters.max_m) return differs("max_m", header.max_m, parameters.max_m);
    if (header.ef_construction != parameters.ef_construction)
        return differs("ef_construction", header.ef_construction, parameters.ef_construction);
    if (header.seed != parameters.seed) return differs("seed", header.seed, parameters.seed);
    if (header.ml != parameters.ml) return differs("ml", header.ml, parameters.ml);
    const auto stored = static_cast<GraphLayout>(header.layout);
    if (stored != parameters.layout) return differs("layout", name_of(stored), name_of(parameters.layout));
    return {};
}

bool projected(const FileHeader& header) {
    return header.kept < header.coded_dimension;
}

uint64_t basis_bytes(const FileHeader& header) {
    return projected(header) ? header.kept * (sizeof(codes::Int8Factors) + uint64_t{header.coded_dimension})
                             : 0;
}

Result<void> write_basis(const codes::Int8Table& basis, ChecksummedWriter& file) {
    for (size_t i = 0; i < basis.count(); ++i) VEXFS_TRY(file.write(basis.factors(i)));
    for (size_t i = 0; i < basis.count(); ++i) VEXFS_TRY(file.write(basis.bytes(i), basis.dimension()));
    return {};
}

Result<std::shared_ptr<const codes::Projection>> read_basis(ChecksummedReader& file,
                                                            const FileHeader& header) {
    std::vector<codes::Int8Factors> factors(header.kept);
    VEXFS_TRY(file.read(factors.data(), factors.size() * sizeof(codes::Int8Factors)));
    codes::Int8Table basis(header.kept, header.coded_dimension);
    std::vector<uint8_t> bytes(header.coded_dimension);
    for (size_t i = 0; i < factors.size(); ++i) {
        // Of rows of length 1.
        if (!(factors[i].scale >= 0 && factors[i].scale <= 1))
            return file.corrupt("its projection has no basis");
        VEXFS_TRY(file.read(bytes.data(), bytes.size()));
        basis.set(i, bytes.data(), factors[i]);
    }
    return std::make_shared<const codes::Projection>(std::move(basis));
}

// Where there are residual codes, they come in whole blocks.
size_t degree_of(const FileHeader& header) {
    return header.bits == 0 ? header.max_m : (size_t{header.max_m} + 31) / 32 * 32;
}

}  // namespace

Result<void> Part::save(const std::string& path, Disk& disk, bool bulk) const {
    FileHeader header{};
    std::memcpy(header.magic, file_magic, sizeof header.magic);
    header.version = file_version;
    header.metric = static_cast<uint32_t>(space_->metric());
    header.dimension = static_cast<uint32_t>(space_->dimension());
    header.coded_dimension = static_cast<uint32_t>(space_->coded_dimension());
    header.degree = static_cast<uint32_t>(graph_.layout().degree);
    header.bits = graph_.layout().bits;
    header.kept = static_cast<uint32_t>(graph_.layout().kept);
    header.nodes = static_cast<uint32_t>(nodes());
    header.entry = graph_.entry();
    header.first_row = range_.first;
    header.end_row = range_.end;
    header.refined = refined_ ? 1 : 0;
    header.loose = static_cast<uint32_t>(graph_.loose().size());
    const paths::Calibration& calibration = paths_.calibration;
    header.calibration_points = static_cast<uint32_t>(calibration.points().size());
    const lists::Lists* lists = paths_.lists.get();
    header.lists = lists == nullptr ? 0 : static_cast<uint32_t>(lists->lists());
    header.list_blocks = lists == nullptr ? 0 : lists->first_blocks().back();
    header.m = parameters_.m;
    header.max_m = parameters_.max_m;
    header.layout = static_cast<uint32_t>(parameters_.layout);
    header.ef_construction = parameters_.ef_construction;
    header.seed = parameters_.seed;
    header.ml = parameters_.ml;
    header.unit = space_->unit();
    header.norm_max = space_->norm_max();
    VEXFS_ASSIGN(ChecksummedWriter file, ChecksummedWriter::create(disk, path, bulk));
    VEXFS_TRY(file.write(header));
    VEXFS_TRY(file.write(space_->mean().data(), space_->mean().size_bytes()));
    VEXFS_TRY(file.write(rows_.data(), rows_.size() * sizeof(uint32_t)));
    VEXFS_TRY(file.write(graph_.loose().data(), graph_.loose().size() * sizeof(uint32_t)));
    VEXFS_TRY(file.write(calibration.points().data(), calibration.points().size_bytes()));
    if (graph_.projection()) VEXFS_TRY(write_basis(graph_.projection()->basis(), file));
    VEXFS_TRY(file.write(graph_.row(0), nodes() * graph_.layout().row_bytes()));
    if (lists != nullptr) VEXFS_TRY(lists::write(*lists, file));
    return file.finish();
}

Result<std::unique_ptr<Part>> Part::load(const std::string& path, size_t dimension, simd::Metric metric,
                                         const HnswParameters& parameters, Disk& disk) {
    return read_checksummed(
        disk, path, [&](ChecksummedReader& file) { return read(file, path, dimension, metric, parameters); });
}

Result<std::unique_ptr<Part>> Part::read(ChecksummedReader& file, const std::string& path, size_t dimension,
                                         simd::Metric metric, const HnswParameters& parameters) {
    FileHeader header{};
    VEXFS_TRY(file.read(header));
    VEXFS_TRY(check_header(file, header, path));
    VEXFS_TRY(check_parameters(header, dimension, metric, parameters, path));
    const Layout layout{header.coded_dimension, header.degree, header.bits, header.kept};
    const RowRange range{header.first_row, header.end_row};
    std::vector<float> mean(dimension + (metric == simd::Metric::dot ? 1 : 0));
    const auto usable = [](float value) { return std::isfinite(value) && value >= 0; };
    if (range.first > range.end || header.nodes > range.count() || header.loose > header.nodes ||
        header.calibration_points > paths::calibration_points_max || !usable(header.unit) ||
        header.unit == 0 || !usable(header.norm_max) || header.bits > 2 ||
        header.degree != degree_of(header) || header.coded_dimension % 4 != 0 || header.kept % 4 != 0 ||
        header.kept == 0 || header.kept > header.coded_dimension || (projected(header) && header.bits == 0) ||
        (header.lists == 0 && header.list_blocks > 0) || header.coded_dimension > 2 * dimension_max ||
        file.bytes_left() != mean.size() * sizeof(float) + header.loose * sizeof(uint32_t) +
                                 header.calibration_points * sizeof(CalibrationPoint) + basis_bytes(header) +
                                 header.nodes * (sizeof(uint32_t) + uint64_t{layout.row_bytes()}) +
                                 lists::file_bytes(header.coded_dimension, header.lists, header.list_blocks))
        return file.corrupt("its header contradicts itself");
    VEXFS_TRY(file.read(mean.data(), mean.size() * sizeof(float)));
    for (const float value : mean)
        if (!std::isfinite(value)) return file.corrupt("its mean is not finite");
    std::vector<uint32_t> rows(header.nodes);
    VEXFS_TRY(file.read(rows.data(), rows.size() * sizeof(uint32_t)));
    for (const uint32_t row : rows)
        if (row < range.first || row >= range.end)
            return file.corrupt(fmt::format("row {} is not between {} and {}", row, range.first, range.end));
    std::vector<uint32_t> loose(header.loose);
    VEXFS_TRY(file.read(loose.data(), loose.size() * sizeof(uint32_t)));
    std::vector<CalibrationPoint> points(header.calibration_points);
    VEXFS_TRY(file.read(points.data(), points.size() * sizeof(CalibrationPoint)));
    for (const CalibrationPoint& point : points)
        if (!paths::possible(point)) return file.corrupt("its calibration has values that none can have");
    auto space = std::make_shared<const codes::Space>(dimension, metric, mean, header.unit, header.norm_max,
                                                      header.seed);
    if (space->coded_dimension() != header.coded_dimension)
        return file.corrupt("its codes have another dimension than they should");
    std::shared_ptr<const codes::Projection> projection;
    if (projected(header)) {
        VEXFS_ASSIGN(projection, read_basis(file, header));
    }
    Graph graph(header.nodes, layout, header.entry, std::move(loose), std::move(projection));
    VEXFS_TRY(file.read(graph.rows(), header.nodes * layout.row_bytes()));
    if (!graph.consistent()) return file.corrupt("a node names one that there is not");
    graph.choose_starts();
    AccessPaths paths{nullptr, paths::Calibration(std::move(points))};
    if (header.lists > 0) {
        VEXFS_ASSIGN(paths.lists, lists::read(file, header.coded_dimension, header.lists, header.list_blocks,
                                              header.nodes));
    }
    return std::unique_ptr<Part>(new Part(range, std::move(rows), std::move(space), std::move(graph),
                                          std::move(paths), parameters, header.refined != 0));
}

}  // namespace vexfs::graph
