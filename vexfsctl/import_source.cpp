// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/import_source.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>

namespace vexfs::ctl {
namespace {

uint64_t mix(uint64_t key, uint64_t hash) {
    // The finaliser of SplitMix64: the order of the files matters.
    uint64_t x = key * 0x9e3779b97f4a7c15u + hash;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// Counting newlines costs a pass over the file, and spares an import that would fail at its last row.
Result<uint64_t> count_lines(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("open " + path, errno);
    std::vector<char> buffer(size_t{1} << 20);
    uint64_t lines = 0;
    char last = '\n';
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) {
        for (std::streamsize i = 0; i < file.gcount(); ++i) {
            if (buffer[static_cast<size_t>(i)] == '\n') ++lines;
        }
        last = buffer[static_cast<size_t>(file.gcount() - 1)];
    }
    if (file.bad()) return fail_errno("read " + path, errno);
    return lines + (last == '\n' ? 0 : 1);
}

tl::unexpected<Error> mismatch(const std::string& path, uint64_t count, const char* unit,
                               const std::string& vectors, uint64_t rows) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has {} {}, and {} has {} rows", path, count, unit, vectors, rows),
                "each row needs one, in the order of the rows; a blank line stands for no metadata");
}

}  // namespace

Result<uint64_t> import_key(const ImportFiles& files) {
    uint64_t key = 0;
    for (const std::string& path : {files.vectors, files.ids, files.metadata}) {
        uint64_t hash = 0;
        if (!path.empty()) {
            VEXFS_ASSIGN(hash, hash_file(path));
        }
        key = mix(key, hash);
    }
    return key == 0 ? 1 : key;
}

Result<ImportSource> ImportSource::open(const ImportFiles& files) {
    ImportSource source;
    source.files_ = files;
    VEXFS_ASSIGN(source.reader_, VectorReader::open(files.vectors));
    const std::optional<uint64_t> rows = source.rows();
    if (!files.ids.empty()) {
        VEXFS_ASSIGN(source.ids_, read_npy_integers(files.ids));
        const IntegerArray& ids = *source.ids_;
        if (ids.shape.size() != 1) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{} has {} dimensions; ids want one", files.ids, ids.shape.size()));
        }
        if (rows && ids.values.size() != *rows) {
            return mismatch(files.ids, ids.values.size(), "ids", files.vectors, *rows);
        }
        for (size_t i = 0; i < ids.values.size(); ++i) {
            if (ids.values[i] >= 0) continue;
            return fail(ErrorCode::invalid_argument,
                        fmt::format("{}: id {} is {}; ids are not negative", files.ids, i, ids.values[i]));
        }
    }
    if (!files.metadata.empty()) {
        if (rows) {
            VEXFS_ASSIGN(const uint64_t lines, count_lines(files.metadata));
            if (lines != *rows) return mismatch(files.metadata, lines, "lines", files.vectors, *rows);
        }
        VEXFS_ASSIGN(source.metadata_, JsonLines::open(files.metadata));
    }
    return source;
}

Result<void> ImportSource::skip(uint64_t rows) {
    VEXFS_ASSIGN(const uint64_t skipped, reader_->skip(rows));
    for (uint64_t i = 0; metadata_ && i < skipped; ++i) VEXFS_TRY(metadata_->next());
    position_ += skipped;
    return {};
}

Result<void> ImportSource::add_ids(VectorBlock& block) {
    if (!block.ids.empty()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has ids of its own, and --ids gives others", files_.vectors));
    }
    if (position_ + block.rows > ids_->values.size()) {
        return mismatch(files_.ids, ids_->values.size(), "ids", files_.vectors, position_ + block.rows);
    }
    const auto first = ids_->values.begin() + static_cast<ptrdiff_t>(position_);
    block.ids.assign(first, first + static_cast<ptrdiff_t>(block.rows));
    return {};
}

Result<void> ImportSource::add_metadata(VectorBlock& block) {
    if (!block.metadata.empty()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has metadata of its own, and --metadata gives others", files_.vectors));
    }
    block.metadata.reserve(block.rows);
    for (size_t i = 0; i < block.rows; ++i) {
        VEXFS_ASSIGN(auto line, metadata_->next());
        if (!line)
            return mismatch(files_.metadata, position_ + i, "lines", files_.vectors, position_ + block.rows);
        block.metadata.push_back(std::move(*line));
    }
    return {};
}

Result<void> ImportSource::check_end() {
    if (ids_ && ids_->values.size() != position_) {
        return mismatch(files_.ids, ids_->values.size(), "ids", files_.vectors, position_);
    }
    if (!metadata_) return {};
    VEXFS_ASSIGN(const auto line, metadata_->next());
    if (!line) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} goes on at line {}, and {} ends after {} rows", files_.metadata,
                            metadata_->line(), files_.vectors, position_));
}

Result<VectorBlock> ImportSource::read(size_t rows_max) {
    VEXFS_ASSIGN(VectorBlock block, reader_->read(rows_max));
    if (block.rows == 0) {
        VEXFS_TRY(check_end());
        return block;
    }
    for (size_t i = 0; i < block.vectors.size(); ++i) {
        if (std::isfinite(block.vectors[i])) continue;
        return fail(ErrorCode::not_finite,
                    fmt::format("{}: row {} has {} in column {}", files_.vectors, position_ + i / dimension(),
                                block.vectors[i], i % dimension()),
                    "vectors must be finite; take the row out or repair it");
    }
    if (ids_) VEXFS_TRY(add_ids(block));
    if (metadata_) VEXFS_TRY(add_metadata(block));
    position_ += block.rows;
    return block;
}

}  // namespace vexfs::ctl
