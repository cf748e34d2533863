// SPDX-License-Identifier: Apache-2.0
// What a noun answers, on stdout: a table for people, tab-separated lines for scripts, or JSON for programs.
// Everything else goes to stderr.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace vexfs::ctl {

enum class OutputFormat { table, plain, json };

struct Column {
    std::string title;
    bool right_aligned = false;
};

// Cells are raw text: rendering escapes what a terminal must not get. An empty title row (all titles "")
// is not shown.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};

// Aligned, the last column fitted to `columns_max` terminal columns (0: as wide as it is).
std::string render_table(const Table& table, size_t columns_max, bool colour);
// A line per row, fields parted by tabs, no header.
std::string render_plain(const Table& table);
// {"version":1, and the payload's keys}; indented for people.
std::string render_json(const nlohmann::ordered_json& payload, bool indented);

class Output {
  public:
    Output() = default;
    explicit Output(OutputFormat format) : format_(format) {}

    OutputFormat format() const { return format_; }

    // The answer in the format that was asked for. io_error where stdout takes no more; a closed pipe is no
    // error: whoever read it has seen enough.
    Result<void> print(const nlohmann::ordered_json& payload, const Table& table);
    // Text as it is, in any format.
    Result<void> print_text(std::string_view text);

    // Remarks for people, on stderr.
    void note(std::string_view text) const;
    void report(const Error& error) const;

  private:
    OutputFormat format_ = OutputFormat::table;
    bool closed_ = false;
};

}  // namespace vexfs::ctl
