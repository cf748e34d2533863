// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "engine/formats/vector_file.h"
#include "vexfsctl/hits.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/values.h"

namespace vexfs::ctl {
namespace {

constexpr uint32_t page_bytes_wanted = 4u << 20;
constexpr uint32_t page_rows_max = 10'000;

struct ExportOptions {
    std::string collection, file, ids, metadata, filter;
};

// Lines of metadata beside the vectors: FILE.part, renamed at the end.
class MetadataFile {
  public:
    explicit MetadataFile(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}
    ~MetadataFile() {
        if (!finished_ && stream_.is_open()) ::unlink(part_.c_str());
    }
    MetadataFile(const MetadataFile&) = delete;
    MetadataFile& operator=(const MetadataFile&) = delete;

    Result<void> open() {
        stream_.open(part_, std::ios::binary | std::ios::trunc);
        if (!stream_) return fail_errno("create " + part_, errno);
        return {};
    }
    Result<void> write(const std::string& line) {
        stream_ << line << '\n';
        if (!stream_) return fail_errno("write " + part_, errno);
        return {};
    }
    Result<void> finish() {
        stream_.close();
        if (!stream_) return fail_errno("write " + part_, errno);
        if (std::rename(part_.c_str(), path_.c_str()) != 0) return fail_errno("rename " + part_, errno);
        finished_ = true;
        return {};
    }

  private:
    std::string path_, part_;
    std::ofstream stream_;
    bool finished_ = false;
};

Result<VectorBlock> block_of(const Message& reply) {
    VEXFS_ASSIGN(const auto vectors, vectors_of(reply));
    const nlohmann::json& points = reply.header.at("points");
    if (vectors.size() != points.size()) {
        return fail(ErrorCode::malformed,
                    fmt::format("the reply has {} points and {} vectors", points.size(), vectors.size()));
    }
    VectorBlock block;
    block.rows = points.size();
    for (size_t i = 0; i < points.size(); ++i) {
        block.vectors.insert(block.vectors.end(), vectors[i].begin(), vectors[i].end());
        block.ids.push_back(points[i].at("id").get<uint64_t>());
        const auto metadata = points[i].find("metadata");
        const bool none = metadata == points[i].end() || metadata->is_null();
        block.metadata.push_back(none ? "" : metadata->dump());
    }
    return block;
}

Result<ExitStatus> run(Context& context, const ExportOptions& options) {
    Message request;
    request.header = {{"op", "collection.info"}, {"collection", options.collection}};
    VEXFS_ASSIGN(const Message info, context.call(request));
    const auto dimension = info.header.at("schema").at("dimension").get<uint32_t>();
    request.header["op"] = "scroll";
    request.header["with_vector"] = true;
    request.header["limit"] = std::max<uint64_t>(
        1, std::min<uint64_t>(page_rows_max, page_bytes_wanted / (sizeof(float) * dimension)));
    if (!options.filter.empty()) {
        VEXFS_ASSIGN(request.header["filter"], object_from_text("--filter", options.filter));
    }
    VEXFS_ASSIGN(const std::unique_ptr<VectorWriter> writer, VectorWriter::create(options.file, dimension));
    std::optional<MetadataFile> metadata;
    if (!options.metadata.empty()) VEXFS_TRY(metadata.emplace(options.metadata).open());
    IntegerArray ids;

    note_interrupts();
    uint64_t rows = 0;
    {
        Progress progress(
            "exporting " + options.collection,
            options.filter.empty() ? std::optional(info.header.at("points").get<uint64_t>()) : std::nullopt);
        while (!interrupted()) {
            VEXFS_ASSIGN(const Message reply, context.call(request));
            VEXFS_ASSIGN(const VectorBlock block, block_of(reply));
            VEXFS_TRY(writer->write(block));
            for (const std::string& line : block.metadata) {
                if (metadata) VEXFS_TRY(metadata->write(line));
            }
            if (!options.ids.empty()) ids.values.insert(ids.values.end(), block.ids.begin(), block.ids.end());
            progress.update(rows += block.rows);
            if (!reply.header.contains("cursor") || reply.header["cursor"].is_null()) break;
            request.header["cursor"] = reply.header["cursor"];
        }
    }
    if (interrupted()) {
        context.out().note("interrupted: nothing was written");
        return ExitStatus::interrupted;
    }
    VEXFS_TRY(writer->finish());
    if (metadata) VEXFS_TRY(metadata->finish());
    if (!options.ids.empty()) {
        ids.shape = {ids.values.size()};
        VEXFS_TRY(write_npy_integers(options.ids, ids));
    }
    context.out().note(fmt::format("exported {} rows of {} to {}", rows, options.collection, options.file));
    if (context.out().format() == OutputFormat::table) return succeeded;
    const Table table{{{"EXPORTED"}}, {{std::to_string(rows)}}};
    VEXFS_TRY(context.out().print({{"exported", rows}, {"file", options.file}}, table));
    return succeeded;
}

}  // namespace

void register_export(Cli& cli) {
    const auto options = std::make_shared<ExportOptions>();
    CLI::App* app = cli.noun_alone("export", "Write a collection's vectors to a file",
                                   "vexfsctl export words vectors.npy --ids ids.npy --metadata words.jsonl\n"
                                   "vexfsctl export docs english.jsonl --filter '{\"lang\":\"en\"}'",
                                   [options](Context& context) { return run(context, *options); });
    cli.collection_argument(app, options->collection);
    const Completes file{Completes::Kind::file, {}};
    cli.option(app, "FILE", options->file, "FILE", "A .npy, .fvecs, .fbin or .jsonl file", file)->required();
    cli.option(app, "--ids", options->ids, "F.npy", "Write the ids, too, in the order of the rows", file);
    cli.option(app, "--metadata", options->metadata, "F.jsonl", "Write the metadata, too, a line per row",
               file);
    cli.option(app, "--filter", options->filter, "JSON", "Only points whose metadata match");
}

}  // namespace vexfs::ctl
