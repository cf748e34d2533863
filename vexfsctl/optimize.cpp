// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/optimize.h"

#include <fmt/format.h>
#include <unistd.h>

#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

constexpr auto poll_every = std::chrono::milliseconds(100);

Message request_for(const char* operation, const std::string& collection) {
    Message request;
    request.header = {{"op", operation}, {"collection", collection}};
    return request;
}

}  // namespace

Result<ExitStatus> optimize_and_wait(Context& context, const std::string& collection) {
    note_interrupts();
    VEXFS_ASSIGN(const std::unique_ptr<Transport> work, context.connect());
    VEXFS_ASSIGN(Message info, context.call(request_for("collection.info", collection)));
    const auto backlog = [&info] { return info.header.value("backlog_rows", uint64_t{0}); };
    const auto total = backlog();
    Message request = request_for("collection.optimize", collection);
    request.header["wait"] = true;
    VEXFS_TRY(work->send(std::move(request)));

    Progress progress("indexing " + collection, total);
    bool finished = false;
    while (!finished) {
        if (interrupted()) {
            context.out().note(
                fmt::format("interrupted with {} rows of {} not indexed yet; every row is searchable",
                            backlog(), collection));
            // The engine in this process would end its work first; the log holds all that was acknowledged,
            // so leaving at once loses nothing.
            if (context.embedded()) _exit(static_cast<int>(ExitStatus::interrupted));
            return ExitStatus::interrupted;
        }
        VEXFS_ASSIGN(finished, work->ready(poll_every));
        if (finished || !is_terminal(STDERR_FILENO)) continue;
        VEXFS_ASSIGN(info, context.call(request_for("collection.info", collection)));
        progress.update(total - std::min(total, backlog()));
    }
    VEXFS_TRY(work->receive());
    return ExitStatus::success;
}

}  // namespace vexfs::ctl
