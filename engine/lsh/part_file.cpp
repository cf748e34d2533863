// SPDX-License-Identifier: Apache-2.0
#include "engine/lsh/part_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/index/checksummed_file.h"
#include "engine/lists/lists_file.h"
#include "engine/lsh/part.h"

namespace vexfs::lsh {
namespace {

using paths::CalibrationPoint;

constexpr uint32_t levels_max = 32;

static_assert(std::endian::native == std::endian::little, "a part's file is written as it lies in memory");

Result<void> check_header(const ChecksummedReader& file, const FileHeader& header, const std::string& path) {
    if (std::memcmp(header.magic, file_magic, sizeof header.magic) != 0)
        return file.corrupt("it doesn't begin as the file of an lsh index");
    if (header.version != file_version)
        return fail(ErrorCode::unsupported,
                    fmt::format("{} has version {} of the format, this program reads version {}", path,
                                header.version, file_version));
    return {};
}

Result<void> check_parameters(const FileHeader& header, size_t dimension, simd::Metric metric,
                              const PartParameters& parameters, const std::string& path) {
    const auto differs = [&](const char* name, auto stored, auto asked) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} was built with {} {}, not {}", path, name, stored, asked),
                    "build the index anew with the new parameters");
    };
    const LshParameters& lsh = parameters.lsh;
    const auto projection = static_cast<uint32_t>(lsh.projection_type);
    if (header.dimension != dimension) return differs("dimension", header.dimension, dimension);
    if (header.metric != static_cast<uint32_t>(metric))
        return differs("metric", header.metric, static_cast<uint32_t>(metric));
    if (header.num_tables != lsh.num_tables) return differs("num_tables", header.num_tables, lsh.num_tables);
    if (header.num_functions != lsh.num_functions)
        return differs("num_functions", header.num_functions, lsh.num_functions);
    if (header.bucket_size != lsh.bucket_size)
        return differs("bucket_size", header.bucket_size, lsh.bucket_size);
    if (header.projection_type != projection)
        return differs("projection_type", lsh.projection_type == Projection::random ? "learned" : "random",
                       name_of(lsh.projection_type));
    if (header.seed != parameters.seed) return differs("seed", header.seed, parameters.seed);
    return {};
}

uint64_t hash_bytes(const FileHeader& header) {
    if (header.tables == 0) return 0;
    const uint64_t functions = uint64_t{header.tables} * header.levels;
    return functions * (header.coded_dimension + 3 * sizeof(float)) + header.tables * sizeof(uint32_t) +
           header.branches * sizeof(Branch) + uint64_t{header.tables} * header.nodes * sizeof(uint32_t) +
           header.nodes * uint64_t{simd::sketch_bytes((header.coded_dimension + 63) / 64)};
}

Result<void> write(const HashIndex& hashes, ChecksummedWriter& file) {
    const codes::Int8Table& normals = hashes.tables.functions().normals();
    for (size_t i = 0; i < normals.count(); ++i) VEXFS_TRY(file.write(normals.bytes(i), normals.dimension()));
    for (size_t i = 0; i < normals.count(); ++i) VEXFS_TRY(file.write(normals.factors(i)));
    const auto thresholds = hashes.tables.functions().thresholds();
    VEXFS_TRY(file.write(thresholds.data(), thresholds.size_bytes()));
    for (const Table& table : hashes.tables.tables())
        VEXFS_TRY(file.write(static_cast<uint32_t>(table.branches.size())));
    for (const Table& table : hashes.tables.tables()) {
        VEXFS_TRY(file.write(table.branches.data(), table.branches.size() * sizeof(Branch)));
        VEXFS_TRY(file.write(table.nodes.data(), table.nodes.size() * sizeof(uint32_t)));
    }
    return file.write(hashes.sketches.bytes().data(), hashes.sketches.bytes().size());
}

Result<Functions> read_functions(ChecksummedReader& file, const FileHeader& header) {
    const size_t count = size_t{header.tables} * header.levels;
    codes::Int8Table normals(count, header.coded_dimension);
    std::vector<uint8_t> bytes(count * header.coded_dimension);
    VEXFS_TRY(file.read(bytes.data(), bytes.size()));
    for (size_t i = 0; i < count; ++i) {
        codes::Int8Factors factors;
        VEXFS_TRY(file.read(factors));
        if (!std::isfinite(factors.scale) || !std::isfinite(factors.norm))
            return file.corrupt("a function of its tables is not finite");
        normals.set(i, bytes.data() + i * header.coded_dimension, factors);
    }
    std::vector<float> thresholds(count);
    VEXFS_TRY(file.read(thresholds.data(), count * sizeof(float)));
    if (!std::ranges::all_of(thresholds, [](float value) { return std::isfinite(value); }))
        return file.corrupt("a threshold of its tables is not finite");
    return Functions(header.levels, std::move(normals), std::move(thresholds));
}

Result<std::unique_ptr<const HashIndex>> read_hashes(ChecksummedReader& file, const FileHeader& header) {
    VEXFS_ASSIGN(Functions functions, read_functions(file, header));
    std::vector<uint32_t> branches(header.tables);
    VEXFS_TRY(file.read(branches.data(), branches.size() * sizeof(uint32_t)));
    uint64_t branches_sum = 0;
    for (const uint32_t count : branches) branches_sum += count;
    if (branches_sum != header.branches) return file.corrupt("its tables have other branches than it says");
    std::vector<Table> tables(header.tables);
    for (size_t i = 0; i < tables.size(); ++i) {
        tables[i].branches.resize(branches[i]);
        tables[i].nodes.resize(header.nodes);
        VEXFS_TRY(file.read(tables[i].branches.data(), branches[i] * sizeof(Branch)));
        VEXFS_TRY(file.read(tables[i].nodes.data(), tables[i].nodes.size() * sizeof(uint32_t)));
        if (!tables[i].consistent(header.nodes, header.levels))
            return file.corrupt("a hash table doesn't have each node once");
    }
    Sketches sketches(header.nodes, header.coded_dimension);
    VEXFS_TRY(file.read(sketches.bytes().data(), sketches.bytes().size()));
    return std::make_unique<const HashIndex>(
        HashIndex{Tables(std::move(functions), std::move(tables)), std::move(sketches)});
}

}  // namespace

Result<void> Part::save(const std::string& path, Disk& disk, bool bulk) const {
    const auto points = access_.calibration.points();
    FileHeader header{};
    std::memcpy(header.magic, file_magic, sizeof header.magic);
    header.version = file_version;
    header.metric = static_cast<uint32_t>(space_->metric());
    header.dimension = static_cast<uint32_t>(space_->dimension());
    header.coded_dimension = static_cast<uint32_t>(space_->coded_dimension());
    header.nodes = static_cast<uint32_t>(nodes());
    header.first_row = range_.first;
    header.end_row = range_.end;
    header.num_tables = parameters_.lsh.num_tables;
    header.num_functions = parameters_.lsh.num_functions;
    header.bucket_size = parameters_.lsh.bucket_size;
    header.projection_type = static_cast<uint32_t>(parameters_.lsh.projection_type);
    header.seed = parameters_.seed;
    header.calibration_points = static_cast<uint32_t>(points.size());
    header.lists = static_cast<uint32_t>(access_.lists->lists());
    header.list_blocks = access_.lists->first_blocks().back();
    header.unit = space_->unit();
    header.norm_max = space_->norm_max();
    if (access_.hashes) {
        header.tables = static_cast<uint32_t>(access_.hashes->tables.tables().size());
        header.levels = static_cast<uint32_t>(access_.hashes->tables.functions().levels());
        for (const Table& table : access_.hashes->tables.tables())
            header.branches += static_cast<uint32_t>(table.branches.size());
    }
    VEXFS_ASSIGN(ChecksummedWriter file, ChecksummedWriter::create(disk, path, bulk));
    VEXFS_TRY(file.write(header));
    VEXFS_TRY(file.write(space_->mean().data(), space_->mean().size_bytes()));
    VEXFS_TRY(file.write(rows_.data(), rows_.size() * sizeof(uint32_t)));
    VEXFS_TRY(file.write(points.data(), points.size_bytes()));
    VEXFS_TRY(lists::write(*access_.lists, file));
    if (access_.hashes) VEXFS_TRY(write(*access_.hashes, file));
    return file.finish();
}

Result<std::unique_ptr<Part>> Part::load(const std::string& path, size_t dimension, simd::Metric metric,
                                         const PartParameters& parameters, Disk& disk) {
    return read_checksummed(
        disk, path, [&](ChecksummedReader& file) { return read(file, path, dimension, metric, parameters); });
}

Result<std::unique_ptr<Part>> Part::read(ChecksummedReader& file, const std::string& path, size_t dimension,
                                         simd::Metric metric, const PartParameters& parameters) {
    FileHeader header{};
    VEXFS_TRY(file.read(header));
    VEXFS_TRY(check_header(file, header, path));
    VEXFS_TRY(check_parameters(header, dimension, metric, parameters, path));
    const paths::RowRange range{header.first_row, header.end_row};
    std::vector<float> mean(dimension + (metric == simd::Metric::dot ? 1 : 0));
    const auto usable = [](float value) { return std::isfinite(value) && value >= 0; };
    const bool no_tables = header.levels == 0 && header.branches == 0;
    if (range.first > range.end || header.nodes > range.count() ||
        header.calibration_points > paths::calibration_points_max || !usable(header.unit) ||
        header.unit == 0 || !usable(header.norm_max) || header.coded_dimension % 4 != 0 ||
        header.coded_dimension > 2 * dimension_max || header.lists == 0 || header.levels > levels_max ||
        (header.tables == 0 ? !no_tables : header.tables != header.num_tables) ||
        file.bytes_left() != mean.size() * sizeof(float) + header.nodes * sizeof(uint32_t) +
                                 header.calibration_points * sizeof(CalibrationPoint) +
                                 lists::file_bytes(header.coded_dimension, header.lists, header.list_blocks) +
                                 hash_bytes(header))
        return file.corrupt("its header contradicts itself");
    VEXFS_TRY(file.read(mean.data(), mean.size() * sizeof(float)));
    if (!std::ranges::all_of(mean, [](float value) { return std::isfinite(value); }))
        return file.corrupt("its mean is not finite");
    std::vector<uint32_t> rows(header.nodes);
    VEXFS_TRY(file.read(rows.data(), rows.size() * sizeof(uint32_t)));
    for (const uint32_t row : rows)
        if (row < range.first || row >= range.end)
            return file.corrupt(fmt::format("row {} is not between {} and {}", row, range.first, range.end));
    std::vector<CalibrationPoint> points(header.calibration_points);
    VEXFS_TRY(file.read(points.data(), points.size() * sizeof(CalibrationPoint)));
    if (!std::ranges::all_of(points, paths::possible))
        return file.corrupt("its calibration has values that none can have");
    auto space = std::make_unique<const codes::Space>(dimension, metric, mean, header.unit, header.norm_max,
                                                      header.seed);
    if (space->coded_dimension() != header.coded_dimension)
        return file.corrupt("its codes have another dimension than they should");
    AccessPaths access;
    access.calibration = paths::Calibration(std::move(points));
    VEXFS_ASSIGN(access.lists,
                 lists::read(file, header.coded_dimension, header.lists, header.list_blocks, header.nodes));
    if (header.tables > 0) {
        VEXFS_ASSIGN(access.hashes, read_hashes(file, header));
    }
    return std::unique_ptr<Part>(
        new Part(range, std::move(rows), std::move(space), std::move(access), parameters));
}

}  // namespace vexfs::lsh
