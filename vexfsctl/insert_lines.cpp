// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/insert_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "vexfsctl/hits.h"

namespace vexfs::ctl {
namespace {

constexpr size_t batch_rows_max = 1000;
constexpr size_t batch_bytes_max = size_t{4} << 20;

struct Batch {
    std::vector<float> vectors;
    std::vector<uint64_t> ids;
    std::string metadata;  // lines
    size_t rows = 0;
    size_t dimension = 0;
};

struct PointLine {
    std::vector<float> vector;
    std::optional<uint64_t> id;
    std::string metadata;
};

tl::unexpected<Error> broken(uint64_t number, std::string_view why) {
    return fail(ErrorCode::malformed, fmt::format("line {} of standard input {}", number, why),
                R"(a line is {"vector":[...],"id":7,"metadata":{...}}, or the array alone)");
}

Result<PointLine> parse_line(const std::string& text, uint64_t number) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded()) return broken(number, "is not JSON");
    const bool alone = json.is_array();
    if (!alone && (!json.is_object() || !json.contains("vector") || !json["vector"].is_array())) {
        return broken(number, "has no array \"vector\"");
    }
    PointLine line;
    for (const auto& value : alone ? json : json["vector"]) {
        if (!value.is_number()) return broken(number, "has a vector with something that is no number");
        line.vector.push_back(value.get<float>());
        if (!std::isfinite(line.vector.back())) {
            return fail(ErrorCode::not_finite,
                        fmt::format("line {} of standard input has a value beyond 32-bit floats", number));
        }
    }
    if (alone) return line;
    if (json.contains("id") && !json["id"].is_null()) {
        if (!json["id"].is_number_unsigned()) return broken(number, "has an id that is no whole number");
        line.id = json["id"].get<uint64_t>();
    }
    if (json.contains("metadata") && !json["metadata"].is_null()) {
        if (!json["metadata"].is_object()) return broken(number, "has metadata that are no object");
        line.metadata = json["metadata"].dump();
    }
    return line;
}

class Inserter {
  public:
    Inserter(Context& context, std::string collection)
        : context_(context), collection_(std::move(collection)) {}

    Result<void> add(PointLine line, uint64_t number) {
        const bool other_kind =
            batch_.ids.empty() == line.id.has_value() || batch_.dimension != line.vector.size();
        const bool full = batch_.rows >= batch_rows_max ||
                          batch_.vectors.size() * sizeof(float) + batch_.metadata.size() >= batch_bytes_max;
        if (batch_.rows > 0 && (other_kind || full)) VEXFS_TRY(flush());
        if (batch_.rows == 0) first_line_ = number;
        batch_.vectors.insert(batch_.vectors.end(), line.vector.begin(), line.vector.end());
        batch_.dimension = line.vector.size();
        if (line.id) batch_.ids.push_back(*line.id);
        batch_.metadata += line.metadata + "\n";
        ++batch_.rows;
        last_line_ = number;
        return {};
    }

    Result<void> flush() {
        if (batch_.rows == 0) return {};
        Message request;
        request.header = {{"op", "insert"}, {"collection", collection_}};
        add_array(request, "vectors", batch_.vectors, {batch_.rows, batch_.dimension});
        if (!batch_.ids.empty()) add_array(request, "ids", batch_.ids, {batch_.rows});
        add_array(request, "metadata", batch_.metadata);
        const Result<Message> reply = context_.call(std::move(request));
        if (!reply) {
            Error error = reply.error();
            error.message = fmt::format("lines {} to {} of standard input: {} ({} rows before are in)",
                                        first_line_, last_line_, error.message, inserted_);
            return tl::unexpected<Error>(std::move(error));
        }
        VEXFS_ASSIGN(const std::vector<uint64_t> ids, ids_of(*reply));
        ids_.insert(ids_.end(), ids.begin(), ids.end());
        inserted_ += batch_.rows;
        batch_ = {};
        return {};
    }

    uint64_t inserted() const { return inserted_; }
    const std::vector<uint64_t>& ids() const { return ids_; }

  private:
    Context& context_;
    std::string collection_;
    Batch batch_;
    uint64_t first_line_ = 0, last_line_ = 0, inserted_ = 0;
    std::vector<uint64_t> ids_;
};

}  // namespace

Result<ExitStatus> insert_lines(Context& context, const std::string& collection) {
    std::ios::sync_with_stdio(false);
    Inserter inserter(context, collection);
    std::string text;
    for (uint64_t number = 1; std::getline(std::cin, text); ++number) {
        if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
        Result<PointLine> line = parse_line(text, number);
        if (!line) {
            // What came before the broken line is good: it goes in, and the message says so.
            VEXFS_TRY(inserter.flush());
            line.error().message += fmt::format("; {} rows before it are in", inserter.inserted());
            return tl::unexpected<Error>(line.error());
        }
        VEXFS_TRY(inserter.add(std::move(*line), number));
    }
    VEXFS_TRY(inserter.flush());
    Table table{{{"ID", true}}, {}};
    for (const uint64_t id : inserter.ids()) table.rows.push_back({std::to_string(id)});
    VEXFS_TRY(context.out().print({{"inserted", inserter.inserted()}, {"ids", inserter.ids()}}, table));
    return succeeded;
}

}  // namespace vexfs::ctl
