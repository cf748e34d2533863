// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/indexing.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>

#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

constexpr auto poll_every = std::chrono::milliseconds(100);

struct IndexingWork {
    std::string label;
    std::function<uint64_t(const nlohmann::json& info)> left;  // rows
    const char* if_interrupted;                                // of the rows that are left
};

Result<nlohmann::json> info_of(Context& context, const std::string& collection) {
    Message request;
    request.header = {{"op", "collection.info"}, {"collection", collection}};
    VEXFS_ASSIGN(Message reply, context.call(std::move(request)));
    return std::move(reply.header);
}

Result<ExitStatus> wait_for(Context& context, Message request, const IndexingWork& work) {
    note_interrupts();
    const std::string collection = request.header.at("collection");
    VEXFS_ASSIGN(const std::unique_ptr<Transport> transport, context.connect());
    VEXFS_ASSIGN(nlohmann::json info, info_of(context, collection));
    const uint64_t total = work.left(info);
    VEXFS_TRY(transport->send(std::move(request)));

    Progress progress(work.label, total);
    bool finished = false;
    while (!finished) {
        if (interrupted()) {
            context.out().note(fmt::format("interrupted; {}", work.if_interrupted));
            // The engine in this process would end its work first; the log holds all that was acknowledged,
            // so leaving at once loses nothing.
            if (context.embedded()) _exit(static_cast<int>(ExitStatus::interrupted));
            return ExitStatus::interrupted;
        }
        VEXFS_ASSIGN(finished, transport->ready(poll_every));
        if (finished || !is_terminal(STDERR_FILENO)) continue;
        VEXFS_ASSIGN(info, info_of(context, collection));
        progress.update(total - std::min(total, work.left(info)));
    }
    VEXFS_TRY(transport->receive());
    return ExitStatus::success;
}

uint64_t backlog(const nlohmann::json& info) {
    return info.value("backlog_rows", uint64_t{0});
}

// All of them before it has begun and after it has ended.
uint64_t not_reindexed(const nlohmann::json& info) {
    const auto rows = info.value("points", uint64_t{0}) + info.value("dead_rows", uint64_t{0});
    return rows - std::min(rows, info.value("reindexed_rows", uint64_t{0}));
}

}  // namespace

Result<ExitStatus> optimize_and_wait(Context& context, const std::string& collection) {
    Message request;
    request.header = {{"op", "collection.optimize"}, {"collection", collection}, {"wait", true}};
    return wait_for(context, std::move(request),
                    {"indexing " + collection, backlog,
                     "what is not indexed yet is scanned, so that every row is searchable"});
}

Result<ExitStatus> reindex_and_wait(Context& context, Message request) {
    request.header["op"] = "collection.reindex";
    const std::string label = "reindexing " + request.header.at("collection").get<std::string>();
    const char* const if_interrupted =
        context.embedded() ? "the collection has the index that it had"
                           : "the daemon goes on, 'vexfsctl collection info' shows how far it is";
    return wait_for(context, std::move(request), {label, not_reindexed, if_interrupted});
}

}  // namespace vexfs::ctl
