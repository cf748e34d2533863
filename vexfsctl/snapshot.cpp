// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/snapshot.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "vexfsctl/show.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

struct SnapshotOptions {
    std::string name, snapshot, as;
    bool replace = false, yes = false, if_exists = false, if_not_exists = false;
};

Message request_for(const char* operation, const SnapshotOptions& options) {
    Message request;
    request.header = {{"op", operation}, {"collection", options.name}};
    if (!options.snapshot.empty()) request.header["snapshot"] = options.snapshot;
    return request;
}

Result<ExitStatus> create(Context& context, const SnapshotOptions& options) {
    Message request = request_for("collection.snapshot", options);
    if (options.if_not_exists) request.header["exist_ok"] = true;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

Result<ExitStatus> list_snapshots(Context& context, const SnapshotOptions& options) {
    Message request;
    request.header = {{"op", "collection.snapshots"}};
    if (!options.name.empty()) request.header["collection"] = options.name;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    const bool for_people = context.out().format() == OutputFormat::table;
    const auto bytes = [&](const nlohmann::json& row, const char* key) {
        return for_people ? human_bytes(row.at(key).get<uint64_t>()) : cell(row, key);
    };
    Table table{
        {{"COLLECTION"}, {"SNAPSHOT"}, {"CREATED"}, {"POINTS", true}, {"OWN", true}, {"SHARED", true}}, {}};
    for (const auto& row : reply.header.at("snapshots")) {
        table.rows.push_back({cell(row, "collection"), cell(row, "snapshot"), cell(row, "created_at"),
                              cell(row, "points"), bytes(row, "own_bytes"), bytes(row, "shared_bytes")});
    }
    VEXFS_TRY(context.out().print(payload_of(reply.header), table));
    for (const auto& row : reply.header.at("snapshots")) {
        if (!row.contains("error")) continue;
        context.out().note(fmt::format("vexfsctl: snapshot {} of {} can't be read: {}", cell(row, "snapshot"),
                                       cell(row, "collection"), cell(row["error"], "message")));
    }
    return succeeded;
}

Result<ExitStatus> restore(Context& context, const SnapshotOptions& options) {
    Message request = request_for("collection.restore", options);
    if (!options.as.empty()) request.header["as"] = options.as;
    if (options.replace) request.header["replace"] = true;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

// Asks only who can answer: a script has decided already.
bool confirmed(const SnapshotOptions& options) {
    if (options.yes || !is_terminal(STDIN_FILENO)) return true;
    fmt::print(stderr, "Delete snapshot {} of collection {}? [y/N] ", options.snapshot, options.name);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Result<ExitStatus> remove(Context& context, const SnapshotOptions& options) {
    if (!confirmed(options)) {
        context.out().note("nothing was deleted");
        return ExitStatus::failed;
    }
    Message request = request_for("collection.snapshot_delete", options);
    if (options.if_exists) request.header["missing_ok"] = true;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

using Verb = Result<ExitStatus> (*)(Context&, const SnapshotOptions&);

struct Registered {
    CLI::App* app;
    std::shared_ptr<SnapshotOptions> options;
};

Registered add(Cli& cli, CLI::App* noun, const char* name, const char* description, const char* example,
               Verb verb) {
    const auto options = std::make_shared<SnapshotOptions>();
    CLI::App* app = cli.verb(noun, name, description, example,
                             [options, verb](Context& context) { return verb(context, *options); });
    return {app, options};
}

}  // namespace

void register_snapshot(Cli& cli, CLI::App* collection) {
    CLI::App* noun = cli.noun_within(collection, "snapshot", "Make, list, restore and delete snapshots");

    const auto [create_app, created] =
        add(cli, noun, "create", "Keep a collection as it is now, at once and whatever its size",
            "vexfsctl collection snapshot create words before-upgrade", create);
    cli.collection_argument(create_app, created->name);
    cli.option(create_app, "SNAPSHOT", created->snapshot, "SNAPSHOT",
               "Its name; without one, the time in UTC");
    create_app->add_flag("--if-not-exists", created->if_not_exists,
                         "Succeed where there is one of that name, and leave it as it is");

    const auto [list_app, listed] = add(cli, noun, "list", "List snapshots, of one collection or of all",
                                        "vexfsctl collection snapshot list words", list_snapshots);
    cli.option(list_app, "NAME", listed->name, "NAME", "The collection", {Completes::Kind::collection, {}});

    const auto [restore_app, restored] =
        add(cli, noun, "restore", "Make a collection of a snapshot, which stays",
            "vexfsctl collection snapshot restore words before-upgrade --as words-then\n"
            "vexfsctl collection snapshot restore words before-upgrade --replace",
            restore);
    cli.collection_argument(restore_app, restored->name);
    cli.option(restore_app, "SNAPSHOT", restored->snapshot, "SNAPSHOT", "The snapshot")->required();
    cli.option(restore_app, "--as", restored->as, "NEW", "The collection's name; else the one it had");
    restore_app->add_flag("--replace", restored->replace, "Take the place of a collection of that name");

    const auto [delete_app, deleted] =
        add(cli, noun, "delete", "Delete a snapshot; asks on a terminal",
            "vexfsctl collection snapshot delete words before-upgrade --yes", remove);
    cli.collection_argument(delete_app, deleted->name);
    cli.option(delete_app, "SNAPSHOT", deleted->snapshot, "SNAPSHOT", "The snapshot")->required();
    delete_app->add_flag("--yes", deleted->yes, "Don't ask");
    delete_app->add_flag("--if-exists", deleted->if_exists, "Succeed where there is no such snapshot");
}

}  // namespace vexfs::ctl
