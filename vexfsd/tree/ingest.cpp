// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/ingest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>

#include "engine/formats/vector_file.h"
#include "vexfsd/tree/asking.h"

namespace vexfs {
namespace {

constexpr uint64_t batch_rows_max = 10'000;

struct Source {
    std::unique_ptr<VectorReader> reader;
    uint64_t key = 0;
    uint64_t rows_done = 0;
    VectorBlock next;  // none: it is all in
};

uint64_t batch_rows(uint32_t dimension) {
    return std::clamp<uint64_t>(batch_bytes / (sizeof(float) * dimension), 1, batch_rows_max);
}

std::string key_text(uint64_t key) {
    return fmt::format("{:016x}", key);
}

// Where to go on: at the beginning of a file never seen, or seen to its end.
Result<Source> find_start(Service& service, const Caller& caller, const std::string& collection,
                          const std::string& path) {
    Source source;
    VEXFS_ASSIGN(source.key, hash_file(path));
    while (true) {
        VEXFS_ASSIGN(
            const auto status,
            ask(service, {{"op", "import.status"}, {"collection", collection}, {"key", key_text(source.key)}},
                caller));
        source.rows_done = status.at("rows_done").get<uint64_t>();
        VEXFS_ASSIGN(source.reader, VectorReader::open(path));
        VEXFS_TRY(source.reader->skip(source.rows_done));
        VEXFS_ASSIGN(source.next, source.reader->read(batch_rows(source.reader->dimension())));
        if (source.next.rows != 0 || source.rows_done == 0) return source;
        // Its rows are in: the next time that it is copied in has a key of its own.
        source.key = source.key == UINT64_MAX ? 1 : source.key + 1;
    }
}

Message request_for(const std::string& collection, const Source& source, uint64_t rows_done) {
    const VectorBlock& block = source.next;
    Message message;
    message.header = {{"op", "insert"},
                      {"collection", collection},
                      {"import", {{"key", key_text(source.key)}, {"rows_done", rows_done}}}};
    add_array(message, "vectors", block.vectors, {block.rows, block.vectors.size() / block.rows});
    if (!block.ids.empty()) add_array(message, "ids", block.ids, {block.rows});
    if (!block.metadata.empty())
        add_array(message, "metadata", fmt::format("{}\n", fmt::join(block.metadata, "\n")));
    return message;
}

// Errors name the file as its writer does.
Error renamed(Error error, const std::string& path, const std::string& name) {
    for (size_t at = error.message.find(path); at != std::string::npos; at = error.message.find(path, at))
        error.message.replace(at, path.size(), name);
    return error;
}

}  // namespace

Outcome<void> ingest(Service& service, const Caller& caller, const std::string& collection,
                     const std::string& path, const std::string& shown_name) {
    const auto failed = [&](Error error, uint64_t rows_done) {
        error = renamed(std::move(error), path, shown_name);
        if (rows_done != 0) {
            error.message += fmt::format("; {} rows of {} are in", rows_done, shown_name);
            error.hint = "copy it in again to go on from there";
        }
        return tl::unexpected<Failure>(std::move(error));
    };
    auto source = find_start(service, caller, collection, path);
    if (!source) return failed(source.error(), 0);
    while (source->next.rows != 0) {
        const uint64_t rows_done = source->rows_done + source->next.rows;
        const auto inserted = ask(service, request_for(collection, *source, rows_done), caller);
        if (!inserted) return failed(inserted.error(), source->rows_done);
        std::this_thread::sleep_for(inserted->held_back);
        source->rows_done = rows_done;
        auto next = source->reader->read(batch_rows(source->reader->dimension()));
        if (!next) return failed(next.error(), rows_done);
        source->next = std::move(*next);
    }
    return {};
}

}  // namespace vexfs
