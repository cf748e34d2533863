// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/collection.h"
#include "vexfsctl/bench/verbs.h"
#include "vexfsctl/bench_ann.h"
#include "vexfsctl/nouns.h"

namespace vexfs::ctl {

void register_bench(Cli& cli) {
    CLI::App* noun = cli.noun("bench", "Measure VexFS");
    register_bench_run(cli, noun);
    register_bench_scenarios(cli, noun);
    register_bench_report(cli, noun);
    const auto options = std::make_shared<AnnOptions>();
    CLI::App* app = cli.verb(
        noun, "ann", "Build a collection from a file, search it, and compare with the true neighbours",
        "vexfsctl bench ann --base base.npy --queries queries.npy --truth truth.npy --ef-sweep "
        "20,50,100,200\n"
        "vexfsctl -o json bench ann --base base.npy --queries queries.npy --truth truth.npy --preset "
        "high-recall",
        [options](Context& context) { return bench_ann(context, *options); });
    const Completes file{Completes::Kind::file, {}};
    cli.option(app, "--base", options->base, "X.npy", "The vectors to search in", file)->required();
    cli.option(app, "--queries", options->queries, "Q.npy", "The vectors to search for", file)->required();
    cli.option(app, "--truth", options->truth, "T.npy", "Row numbers of the true neighbours, a row per query",
               file)
        ->required();
    cli.choice(app, "--metric", options->metric, {"cosine", "euclidean", "dot", "manhattan"},
               "How to compare vectors");
    cli.option(app, "--preset", options->preset, "P", "Parameters by name", {Completes::Kind::preset, {}});
    cli.list_option(app, "--set", options->assignments, "KEY=VALUE",
                    "A parameter by itself, over the preset's");
    CLI::Option* sweep =
        app->add_option("--ef-sweep", options->ef_sweep,
                        "Search once at each of these ef_search; else as the collection does by itself")
            ->option_text("N,N,...")
            ->delimiter(',')
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->check(CLI::PositiveNumber);
    CLI::Option* targets =
        app->add_option("--target-recall", options->target_recalls,
                        "Search once at what holds each of these recalls by the engine's own measurement")
            ->option_text("R,R,...")
            ->delimiter(',')
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->check(CLI::Range(0.01, 0.999));
    sweep->excludes(targets);
    cli.option(app, "--threads", options->threads, "N", "Threads that build the index; else one per CPU")
        ->check(CLI::Range(1u, 1024u));
    cli.option(app, "--search-threads", options->search_threads, "N",
               "Threads that search, each one query at a time; 1 where not given")
        ->check(CLI::Range(1u, 1024u));
    cli.option(app, "--limit", options->limit, "K", "Neighbours to find and compare; 10 where not given")
        ->check(CLI::Range(1u, search_limit_max));
    cli.option(app, "--results", options->results, "R.npy",
               "Write the ids found at the last point, int64 [queries, K]", file);
}

}  // namespace vexfs::ctl
