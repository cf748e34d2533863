// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "vexfsctl/hits.h"
#include "vexfsctl/insert_lines.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/search_profile.h"
#include "vexfsctl/show.h"
#include "vexfsctl/values.h"

namespace vexfs::ctl {
namespace {

Message request_for(const char* operation, const std::string& collection) {
    Message request;
    request.header = {{"op", operation}, {"collection", collection}};
    return request;
}

struct InsertOptions {
    std::string name, vector, metadata;
    uint64_t id = 0;
    bool has_id = false;
    bool jsonl = false;
};

Result<ExitStatus> insert(Context& context, const InsertOptions& options) {
    if (options.jsonl) return insert_lines(context, options.name);
    VEXFS_ASSIGN(const std::vector<float> vector, vector_from_argument(options.vector));
    Message request = request_for("insert", options.name);
    if (options.has_id) request.header["ids"] = {options.id};
    if (!options.metadata.empty()) {
        VEXFS_ASSIGN(auto metadata, object_from_text("--metadata", options.metadata));
        request.header["metadata"] = nlohmann::json::array({std::move(metadata)});
    }
    add_array(request, "vectors", vector, {1, vector.size()});
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_ASSIGN(const std::vector<uint64_t> ids, ids_of(reply));
    Table table{{{"ID", true}}, {}};
    for (const uint64_t id : ids) table.rows.push_back({std::to_string(id)});
    nlohmann::ordered_json payload = payload_of(reply.header);
    payload["ids"] = ids;
    VEXFS_TRY(context.out().print(payload, table));
    return succeeded;
}

struct SearchOptions {
    std::string name, vector, like, filter, metric;
    uint32_t limit = 10;
    uint32_t ef_search = 0;
    uint64_t timeout_ms = 0;
    bool exact = false;
    bool explain = false;
    bool profile = false;
    bool with_vector = false;
};

Result<ExitStatus> search(Context& context, const SearchOptions& options) {
    Message request = request_for("search", options.name);
    request.header["limit"] = options.limit;
    request.header["with_metadata"] = true;
    if (options.ef_search > 0) request.header["ef_search"] = options.ef_search;
    if (options.timeout_ms > 0) request.header["timeout_ms"] = options.timeout_ms;
    if (options.exact) request.header["exact"] = true;
    if (!options.metric.empty()) request.header["metric"] = options.metric;
    if (options.explain) request.header["explain"] = true;
    if (options.with_vector) request.header["with_vector"] = true;
    if (!options.filter.empty()) {
        VEXFS_ASSIGN(request.header["filter"], object_from_text("--filter", options.filter));
    }
    if (!options.like.empty()) {
        VEXFS_ASSIGN(request.header["like"], like_from_text(options.like));
    } else {
        VEXFS_ASSIGN(const std::vector<float> vector, vector_from_argument(options.vector));
        add_array(request, "vectors", vector, {1, vector.size()});
    }
    if (options.profile) return profile_search(context, request);
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_hits(context.out(), reply));
    if (options.explain) explain_search(context.out(), reply);
    return succeeded;
}

struct GetOptions {
    std::string name;
    std::vector<uint64_t> ids;
    bool with_vector = false;
};

Result<ExitStatus> get(Context& context, const GetOptions& options) {
    Message request = request_for("get", options.name);
    request.header["ids"] = options.ids;
    if (options.with_vector) request.header["with_vector"] = true;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_points(context.out(), reply));
    const nlohmann::json& missing = reply.header.at("missing");
    if (missing.empty()) return succeeded;
    return fail(ErrorCode::not_found, fmt::format("collection {} has no point {}", options.name,
                                                  fmt::join(missing.get<std::vector<uint64_t>>(), ", ")));
}

Result<ExitStatus> remove(Context& context, const GetOptions& options) {
    Message request = request_for("delete", options.name);
    request.header["ids"] = options.ids;
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

struct UpdateOptions {
    std::string name, metadata;
    uint64_t id = 0;
    bool replace = false;
};

Result<ExitStatus> update(Context& context, const UpdateOptions& options) {
    Message request = request_for("update_metadata", options.name);
    request.header["id"] = options.id;
    if (options.replace) request.header["replace"] = true;
    VEXFS_ASSIGN(request.header["metadata"], object_from_text("--metadata", options.metadata));
    VEXFS_ASSIGN(const Message reply, context.call(std::move(request)));
    VEXFS_TRY(print_pairs(context.out(), reply.header));
    return succeeded;
}

void register_insert(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<InsertOptions>();
    CLI::App* app = cli.verb(
        noun, "insert", "Insert a vector, or many as JSON lines",
        "vexfsctl vector insert words --vector '[0.1,0.2,0.3]' --id 7 --metadata '{\"word\":\"king\"}'\n"
        "vexfsctl vector insert words --jsonl < points.jsonl",
        [options](Context& context) { return insert(context, *options); });
    cli.collection_argument(app, options->name);
    CLI::Option* vector = cli.option(app, "--vector", options->vector, "JSON|@FILE|-",
                                     "The vector: a JSON array, a file with one, or JSON on standard input",
                                     {Completes::Kind::file, {}});
    cli.option(app, "--id", options->id, "N", "Its id; else one is assigned")
        ->needs(vector)
        ->each([options](const std::string&) { options->has_id = true; });
    cli.option(app, "--metadata", options->metadata, "JSON", "Its metadata, an object")->needs(vector);
    CLI::Option* jsonl = app->add_flag("--jsonl", options->jsonl,
                                       "Read lines {\"vector\":[...],\"id\":7,\"metadata\":{...}} from "
                                       "standard input; id and metadata are optional");
    vector->excludes(jsonl);
    app->callback([vector, jsonl] {
        if (vector->count() + jsonl->count() == 0) throw CLI::RequiredError("--vector or --jsonl");
    });
}

void register_search(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<SearchOptions>();
    CLI::App* app = cli.verb(
        noun, "search", "Find the nearest vectors",
        "vexfsctl vector search words --vector '[0.1,0.2,0.3]' --limit 5\n"
        "vexfsctl vector search words --like word=king --limit 10\n"
        "vexfsctl vector search words --vector @query.npy --limit 10 --filter '{\"lang\":\"en\"}'\n"
        "vexfsctl vector search words --like word=king --filter '{\"word\":{\"$gt\":\"m\"}}' --explain",
        [options](Context& context) { return search(context, *options); });
    cli.collection_argument(app, options->name);
    CLI::Option* vector =
        cli.option(app, "--vector", options->vector, "JSON|@FILE|-",
                   "The query: a JSON array, a .npy or .json file with one, or JSON on standard input",
                   {Completes::Kind::file, {}});
    CLI::Option* like = cli.option(app, "--like", options->like, "ID|FIELD=VALUE",
                                   "Search with the vector of the point with that id, or with that metadata");
    vector->excludes(like);
    cli.option(app, "--limit", options->limit, "K", "How many to find: 1 to 10,000; 10 where not given");
    cli.option(app, "--filter", options->filter, "JSON",
               "Only points whose metadata match, as in '{\"year\":{\"$gte\":2020}}'");
    cli.option(app, "--ef-search", options->ef_search, "N",
               "Breadth of the search, instead of the collection's")
        ->check(CLI::PositiveNumber);
    cli.option(app, "--timeout-ms", options->timeout_ms, "MS", "Give up after so many milliseconds")
        ->check(CLI::Range(1, 86'400'000));
    app->add_flag("--exact", options->exact, "Compare with every vector");
    cli.choice(app, "--metric", options->metric, {"cosine", "euclidean", "dot", "manhattan"},
               "Another metric than the collection's; every vector is compared with");
    CLI::Option* explain = app->add_flag("--explain", options->explain,
                                         "Show how the search was answered, and what took how long");
    app->add_flag("--profile", options->profile,
                  "Search 20 times, and show where the time goes instead of hits")
        ->excludes(explain);
    app->add_flag("--with-vector", options->with_vector, "Show the vectors, too");
    app->callback([vector, like] {
        if (vector->count() + like->count() == 0) throw CLI::RequiredError("--vector or --like");
    });
}

void register_ids(Cli& cli, CLI::App* app, GetOptions& options) {
    cli.collection_argument(app, options.name);
    app->add_option("ID", options.ids, "The points")->option_text(" ")->required();
}

}  // namespace

void register_vector(Cli& cli) {
    CLI::App* noun = cli.noun("vector", "Insert, search, get, update and delete vectors");
    register_insert(cli, noun);
    register_search(cli, noun);

    const auto wanted = std::make_shared<GetOptions>();
    CLI::App* get_app = cli.verb(noun, "get", "Show points by their ids", "vexfsctl vector get words 7 8 9",
                                 [wanted](Context& context) { return get(context, *wanted); });
    register_ids(cli, get_app, *wanted);
    get_app->add_flag("--with-vector", wanted->with_vector, "Show the vectors, too");

    const auto doomed = std::make_shared<GetOptions>();
    CLI::App* delete_app = cli.verb(noun, "delete", "Delete points; ids that there are not are no error",
                                    "vexfsctl vector delete words 7 8 9",
                                    [doomed](Context& context) { return remove(context, *doomed); });
    register_ids(cli, delete_app, *doomed);

    const auto changed = std::make_shared<UpdateOptions>();
    CLI::App* update_app =
        cli.verb(noun, "update", "Change a point's metadata: keys given are set, null takes one away",
                 "vexfsctl vector update words 7 --metadata '{\"lang\":\"en\"}'",
                 [changed](Context& context) { return update(context, *changed); });
    cli.collection_argument(update_app, changed->name);
    cli.option(update_app, "ID", changed->id, "ID", "The point")->required();
    cli.option(update_app, "--metadata", changed->metadata, "JSON", "The keys to set, an object")->required();
    update_app->add_flag("--replace", changed->replace, "Put it in the place of all metadata there is");
}

}  // namespace vexfs::ctl
