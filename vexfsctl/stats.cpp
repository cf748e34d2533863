// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"

namespace vexfs::ctl {
namespace {

Result<ExitStatus> stats(Context& context, const std::string& collection) {
    Message request;
    request.header = {{"op", "stats"}};
    if (!collection.empty()) request.header["collection"] = collection;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

}  // namespace

void register_stats(Cli& cli) {
    const auto collection = std::make_shared<std::string>();
    CLI::App* app = cli.noun_alone("stats", "Show counters since the start, of all collections or of one",
                                   "vexfsctl stats\nvexfsctl -o json stats words",
                                   [collection](Context& context) { return stats(context, *collection); });
    cli.collection_argument(app, *collection)->required(false);
}

}  // namespace vexfs::ctl
