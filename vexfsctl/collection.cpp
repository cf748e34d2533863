// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "engine/collection/schema.h"
#include "vexfsctl/access_parameters.h"
#include "vexfsctl/check.h"
#include "vexfsctl/indexing.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"
#include "vexfsctl/snapshot.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/values.h"

namespace vexfs::ctl {
namespace {

struct CreateOptions {
    std::string name, metric, algorithm, preset;
    uint32_t dimension = 0;
    std::vector<std::string> assignments;
    bool if_not_exists = false;
};

Result<ExitStatus> create(Context& context, const CreateOptions& options) {
    Message request = request_for("collection.create", options.name);
    request.header["dimension"] = options.dimension;
    if (!options.metric.empty()) request.header["metric"] = options.metric;
    if (!options.algorithm.empty()) request.header["algorithm"] = options.algorithm;
    if (!options.preset.empty()) request.header["preset"] = options.preset;
    if (options.if_not_exists) request.header["exist_ok"] = true;
    VEXFS_ASSIGN(request.header["parameters"], parameters_from_assignments(options.assignments));
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

Result<ExitStatus> list_collections(Context& context) {
    VEXFS_ASSIGN(const Message reply, context.call("collection.list"));
    Table table{{{"NAME"}, {"POINTS", true}, {"DIMENSION", true}, {"METRIC"}, {"ALGORITHM"}, {"PRESET"}}, {}};
    for (const auto& row : reply.header.at("collections")) {
        table.rows.push_back({cell(row, "name"), cell(row, "points"), cell(row, "dimension"),
                              cell(row, "metric"), cell(row, "algorithm"), cell(row, "preset")});
    }
    VEXFS_TRY(context.out().print(payload_of(reply.header), table));
    note_quarantined(context.out(), reply.header);
    return succeeded;
}

Result<ExitStatus> info(Context& context, const std::string& name) {
    VEXFS_ASSIGN(const Message reply, context.call(request_for("collection.info", name)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

struct DeleteOptions {
    std::string name;
    bool yes = false;
    bool if_exists = false;
};

// Asks only who can answer: a script has decided already.
Result<bool> confirmed(Context& context, const DeleteOptions& options) {
    if (options.yes || !is_terminal(STDIN_FILENO)) return true;
    const Result<Message> reply = context.call(request_for("collection.info", options.name));
    if (!reply && reply.error().code == ErrorCode::not_found) return true;
    // One that is damaged can be deleted as well.
    fmt::print(stderr, "Delete collection {} {}? [y/N] ", options.name,
               reply ? fmt::format("with {} points", cell(reply->header, "points"))
                     : fmt::format("({})", reply.error().message));
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Result<ExitStatus> remove(Context& context, const DeleteOptions& options) {
    VEXFS_ASSIGN(const bool go_on, confirmed(context, options));
    if (!go_on) {
        context.out().note("nothing was deleted");
        return ExitStatus::failed;
    }
    Message request = request_for("collection.delete", options.name);
    if (options.if_exists) request.header["missing_ok"] = true;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    if (const std::string kept = cell(reply.header, "snapshots_kept"); !kept.empty()) {
        context.out().note(
            fmt::format("{} snapshots of {} are kept: 'vexfsctl collection snapshot list {}' shows them, "
                        "'vexfsctl collection snapshot delete {} SNAPSHOT' deletes one",
                        kept, options.name, options.name, options.name));
    }
    return succeeded;
}

Result<ExitStatus> set(Context& context, const std::string& name,
                       const std::vector<std::string>& assignments) {
    Message request = request_for("collection.configure", name);
    VEXFS_ASSIGN(request.header["parameters"], parameters_from_assignments(assignments));
    VEXFS_TRY(resolve_access(request.header["parameters"]));
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

Result<ExitStatus> optimize(Context& context, const std::string& name) {
    VEXFS_ASSIGN(const ExitStatus status, optimize_and_wait(context, name));
    if (status != succeeded) return status;
    return info(context, name);
}

struct ReindexOptions {
    std::string name, algorithm, preset;
    std::vector<std::string> assignments;
};

Result<ExitStatus> reindex(Context& context, const ReindexOptions& options) {
    Message request = request_for("collection.reindex", options.name);
    if (!options.algorithm.empty()) request.header["algorithm"] = options.algorithm;
    if (!options.preset.empty()) request.header["preset"] = options.preset;
    VEXFS_ASSIGN(request.header["parameters"], parameters_from_assignments(options.assignments));
    VEXFS_ASSIGN(const ExitStatus status, reindex_and_wait(context, std::move(request)));
    if (status != succeeded) return status;
    return info(context, options.name);
}

void register_reindex(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<ReindexOptions>();
    CLI::App* app = cli.verb(noun, "reindex",
                             "Build another index, with other parameters, while the one that is there serves",
                             "vexfsctl collection reindex words --preset high-recall\n"
                             "vexfsctl collection reindex words --set m=32 --set ef_construction=400",
                             [options](Context& context) { return reindex(context, *options); });
    cli.collection_argument(app, options->name);
    cli.choice(app, "--algorithm", options->algorithm, {"hnsw", "lsh", "flat"}, "The index to build");
    cli.option(app, "--preset", options->preset, "P", "Parameters by name, see 'vexfsctl preset list'",
               {Completes::Kind::preset, {}});
    cli.list_option(app, "--set", options->assignments, "KEY=VALUE",
                    "A parameter by itself, over the preset's: m, ef_construction, layout, ...");
}

void register_create(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<CreateOptions>();
    CLI::App* app =
        cli.verb(noun, "create", "Create a collection",
                 "vexfsctl collection create words --dimension 100\n"
                 "vexfsctl collection create docs --dimension 384 --metric dot --preset high-recall\n"
                 "vexfsctl collection create logs --dimension 64 --set m=32 --set durability=async",
                 [options](Context& context) { return create(context, *options); });
    cli.option(app, "NAME", options->name, "NAME", "The collection to make: letters, digits, '.', '_', '-'")
        ->required();
    cli.option(app, "--dimension", options->dimension, "D", "Values per vector: 1 to 65,536")->required();
    cli.choice(app, "--metric", options->metric, {"cosine", "euclidean", "dot", "manhattan"},
               "How to compare vectors");
    cli.choice(app, "--algorithm", options->algorithm, {"hnsw", "lsh", "flat"}, "The index to build");
    cli.option(app, "--preset", options->preset, "P", "Parameters by name, see 'vexfsctl preset list'",
               {Completes::Kind::preset, {}});
    cli.list_option(app, "--set", options->assignments, "KEY=VALUE",
                    "A parameter by itself, over the preset's: m, ef_construction, ef_search, ...");
    app->add_flag("--if-not-exists", options->if_not_exists, "Succeed where the same collection exists");
}

}  // namespace

void register_collection(Cli& cli) {
    CLI::App* noun = cli.noun("collection", "Create, list, change and delete collections");
    register_create(cli, noun);

    cli.verb(noun, "list", "List the collections",
             "vexfsctl collection list\nvexfsctl -o plain collection list | cut -f1", list_collections);

    const auto info_name = std::make_shared<std::string>();
    CLI::App* info_app = cli.verb(noun, "info", "Show one collection", "vexfsctl collection info words",
                                  [info_name](Context& context) { return info(context, *info_name); });
    cli.collection_argument(info_app, *info_name);

    const auto doomed = std::make_shared<DeleteOptions>();
    CLI::App* delete_app =
        cli.verb(noun, "delete", "Delete a collection and all its points; asks on a terminal",
                 "vexfsctl collection delete words --yes",
                 [doomed](Context& context) { return remove(context, *doomed); });
    cli.collection_argument(delete_app, doomed->name);
    delete_app->add_flag("--yes", doomed->yes, "Don't ask");
    delete_app->add_flag("--if-exists", doomed->if_exists, "Succeed where there is no such collection");

    const auto set_name = std::make_shared<std::string>();
    const auto assignments = std::make_shared<std::vector<std::string>>();
    CLI::App* set_app =
        cli.verb(noun, "set", "Change parameters of a collection while it serves",
                 "vexfsctl collection set words ef_search=200 durability=sync\n"
                 "vexfsctl collection set words owner=alice group=staff mode=0640",
                 [set_name, assignments](Context& context) { return set(context, *set_name, *assignments); });
    cli.collection_argument(set_app, *set_name);
    set_app
        ->add_option("KEY=VALUE", *assignments,
                     "ef_search, durability, target_recall, read_ahead_kb, write_batch_size, sync_frequency, "
                     "use_direct_io, mode, owner, group")
        ->option_text(" ")
        ->required();

    const auto optimize_name = std::make_shared<std::string>();
    CLI::App* optimize_app =
        cli.verb(noun, "optimize", "Index what isn't indexed yet, and wait for it",
                 "vexfsctl collection optimize words",
                 [optimize_name](Context& context) { return optimize(context, *optimize_name); });
    cli.collection_argument(optimize_app, *optimize_name);

    register_reindex(cli, noun);

    const auto checked = std::make_shared<CheckOptions>();
    CLI::App* check_app =
        cli.verb(noun, "check",
                 "Read every byte of collections and tell what is damaged; exit status 8 where something is",
                 "vexfsctl collection check\nvexfsctl collection check words --repair",
                 [checked](Context& context) { return check(context, *checked); });
    cli.option(check_app, "NAME", checked->names, " ", "The collections; all of them where none is given",
               {Completes::Kind::collection, {}});
    check_app->add_flag("--repair", checked->repair, "Make a damaged collection again from what is whole");
    register_snapshot(cli, noun);
    register_backup(cli, noun);
    register_restore(cli, noun);
}

}  // namespace vexfs::ctl
