// SPDX-License-Identifier: Apache-2.0
// .jsonl: a vector per line, with its id and metadata where it has them.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/formats/json_row.h"
#include "engine/formats/lines.h"
#include "engine/formats/rows.h"

namespace vexfs::formats {
namespace {

class JsonlReader final : public VectorReader {
  public:
    explicit JsonlReader(InputFile file) : lines_(std::move(file)) {}

    // Reads the first row: it tells the dimension, and whether rows have ids.
    Result<void> start() {
        VEXFS_TRY(next_text());
        if (!ahead_) {
            return fail(ErrorCode::malformed,
                        fmt::format("{} has blank lines only: it holds no vectors", lines_.path()));
        }
        VEXFS_ASSIGN(const JsonRow first, parse(*ahead_));
        dimension_ = static_cast<uint32_t>(first.vector.size());
        has_ids_ = first.id.has_value();
        return {};
    }

    uint32_t dimension() const override { return dimension_; }
    std::optional<uint64_t> rows() const override { return {}; }

    Result<VectorBlock> read(size_t rows_max) override {
        VectorBlock block;
        for (; ahead_ && block.rows < rows_max; ++block.rows) {
            VEXFS_ASSIGN(JsonRow row, parse(*ahead_));
            VEXFS_TRY(check(row));
            block.vectors.insert(block.vectors.end(), row.vector.begin(), row.vector.end());
            if (row.id) block.ids.push_back(*row.id);
            if (!row.metadata.empty()) {
                block.metadata.resize(block.rows);
                block.metadata.push_back(std::move(row.metadata));
            }
            VEXFS_TRY(next_text());
        }
        if (!block.metadata.empty()) block.metadata.resize(block.rows);
        return block;
    }

    Result<uint64_t> skip(uint64_t rows) override {
        uint64_t passed = 0;
        for (; ahead_ && passed < rows; ++passed) VEXFS_TRY(next_text());
        return passed;
    }

  private:
    // The next line that is not blank goes to ahead_, none at the end.
    Result<void> next_text() {
        do {
            VEXFS_ASSIGN(ahead_, lines_.next());
        } while (ahead_ && is_blank(*ahead_));
        return {};
    }

    tl::unexpected<Error> malformed(std::string_view why, std::string hint = {}) const {
        return fail(ErrorCode::malformed, fmt::format("{}: line {}: {}", lines_.path(), lines_.line(), why),
                    std::move(hint));
    }

    Result<JsonRow> parse(std::string_view text) const {
        return parse_json_row(lines_.path(), lines_.line(), text);
    }

    // That the row is like the first one.
    Result<void> check(const JsonRow& row) const {
        if (row.vector.size() != dimension_) {
            return fail(ErrorCode::dimension_mismatch,
                        fmt::format("{}: line {} has {} values, the lines before it have {}", lines_.path(),
                                    lines_.line(), row.vector.size(), dimension_));
        }
        if (row.id.has_value() == has_ids_) return {};
        return malformed(
            has_ids_ ? "no \"id\", the lines before it have one" : "an \"id\", the lines before it have none",
            "give every line an id, or none");
    }

    LineReader lines_;
    std::optional<std::string_view> ahead_;  // the line that is read next
    uint32_t dimension_ = 0;
    bool has_ids_ = false;
};

class JsonlWriter final : public RowWriter {
  public:
    using RowWriter::RowWriter;

  protected:
    Result<void> write_rows(const VectorBlock& block) override {
        for (size_t row = 0; row < block.rows; ++row) {
            std::string line = "{";
            auto out = std::back_inserter(line);
            if (!block.ids.empty()) fmt::format_to(out, "\"id\":{},", block.ids[row]);
            line += "\"vector\":[";
            for (size_t i = 0; i < dimension(); ++i) {
                // fmt writes the fewest digits that read back to the same float.
                fmt::format_to(out, "{}{}", i > 0 ? "," : "", block.vectors[row * dimension() + i]);
            }
            line += ']';
            if (!block.metadata.empty() && !block.metadata[row].empty()) {
                std::string metadata = block.metadata[row];
                // Within JSON a line break can only be white space between tokens.
                std::replace_if(
                    metadata.begin(), metadata.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
                line += ",\"metadata\":" + metadata;
            }
            line += "}\n";
            VEXFS_TRY(file().append(line));
        }
        return {};
    }
};

}  // namespace

Result<std::unique_ptr<VectorReader>> open_jsonl(InputFile file) {
    auto reader = std::make_unique<JsonlReader>(std::move(file));
    VEXFS_TRY(reader->start());
    return reader;
}

Result<std::unique_ptr<VectorWriter>> create_jsonl(OutputFile file, uint32_t dimension) {
    return std::make_unique<JsonlWriter>(std::move(file), dimension);
}

}  // namespace vexfs::formats
