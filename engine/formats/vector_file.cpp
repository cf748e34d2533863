// SPDX-License-Identifier: Apache-2.0
#include "engine/formats/vector_file.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "engine/formats/rows.h"

namespace vexfs {
namespace {

struct Format {
    std::string_view extension;
    VectorFormat format;
    Result<std::unique_ptr<VectorReader>> (*open)(formats::InputFile);
    Result<std::unique_ptr<VectorWriter>> (*create)(formats::OutputFile, uint32_t);
};

constexpr std::array known{
    Format{".npy", VectorFormat::npy, formats::open_npy, formats::create_npy},
    Format{".fvecs", VectorFormat::fvecs, formats::open_fvecs, formats::create_fvecs},
    Format{".fbin", VectorFormat::fbin, formats::open_fbin, formats::create_fbin},
    Format{".jsonl", VectorFormat::jsonl, formats::open_jsonl, formats::create_jsonl},
};

Result<const Format*> find_format(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension().string();
    for (const Format& format : known) {
        if (format.extension == extension) return &format;
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: files of vectors are told by their names' endings, and {} is none of them",
                            path, extension.empty() ? "no ending" : '"' + extension + '"'),
                "known are .npy, .fvecs, .fbin and .jsonl");
}

}  // namespace

Result<VectorFormat> format_from_path(const std::string& path) {
    VEXFS_ASSIGN(const Format* format, find_format(path));
    return format->format;
}

Result<std::unique_ptr<VectorReader>> VectorReader::open(const std::string& path) {
    VEXFS_ASSIGN(const Format* format, find_format(path));
    VEXFS_ASSIGN(auto file, formats::InputFile::open(path));
    if (file.size() == 0) {
        return fail(ErrorCode::malformed, fmt::format("{} is empty: it holds no vectors", path));
    }
    return format->open(std::move(file));
}

Result<std::unique_ptr<VectorWriter>> VectorWriter::create(const std::string& path, uint32_t dimension) {
    VEXFS_ASSIGN(const Format* format, find_format(path));
    VEXFS_TRY(formats::check_dimension(path, dimension));
    VEXFS_ASSIGN(auto file, formats::OutputFile::create(path));
    return format->create(std::move(file), dimension);
}

}  // namespace vexfs
