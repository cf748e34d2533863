// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/bench/verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "vexfsctl/bench/compare.h"
#include "vexfsctl/bench/report.h"
#include "vexfsctl/bench/suite.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

using nlohmann::ordered_json;

constexpr uint32_t bench_dimension_max = 4096;
constexpr uint64_t rows_max = 10'000'000;

struct RunOptions {
    std::vector<uint64_t> sizes{1'000, 10'000, 100'000};
    std::vector<std::string> algorithms{"hnsw", "lsh"};
    uint32_t dimension = 384;
    double scale = 1;
    unsigned repeats = 3;
    std::string results;
};

struct ReportOptions {
    std::vector<std::string> files;
    std::string html;
};

Result<void> write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return fail_errno("write " + path, errno);
    return {};
}

// What is nice to look at without a report: the searches.
Table table_of(const ordered_json& result) {
    Table table{{{"CASE"},
                 {"NEAREST", true},
                 {"QUERIES/s", true},
                 {"P50 MS", true},
                 {"P99 MS", true},
                 {"RECALL", true},
                 {"INSERT/s", true},
                 {"PATH"}},
                {}};
    for (const ordered_json& one : result.at("cases")) {
        double insert = 0;
        for (const ordered_json& rate : one.at("insert"))
            insert = std::max(insert, rate.at("vectors_per_second").get<double>());
        for (const ordered_json& search : one.at("search")) {
            table.rows.push_back({one.at("name"), search.at("limit").dump(),
                                  fmt::format("{:.0f}", search.at("queries_per_second").get<double>()),
                                  fmt::format("{:.3f}", search.at("p50_us").get<double>() / 1000),
                                  fmt::format("{:.3f}", search.at("p99_us").get<double>() / 1000),
                                  fmt::format("{:.4f}", search.at("recall").get<double>()),
                                  fmt::format("{:.0f}", insert), search.at("path")});
        }
    }
    return table;
}

Result<ExitStatus> run_suite(Context& context, const SuiteOptions& suite, const std::string& results) {
    note_interrupts();
    const auto measured = measure(context, suite);
    if (interrupted()) {
        context.out().note("interrupted: the collections of the benchmark are gone");
        return ExitStatus::interrupted;
    }
    if (!measured) return tl::unexpected<Error>(measured.error());
    if (!results.empty()) VEXFS_TRY(write_file(results, measured->dump(1) + "\n"));
    VEXFS_TRY(context.out().print(*measured, table_of(*measured)));
    return succeeded;
}

Result<ExitStatus> run(Context& context, const RunOptions& options) {
    SuiteOptions suite{{}, "run", options.repeats, 100};
    for (const uint64_t rows : options.sizes) {
        for (const std::string& algorithm : options.algorithms) {
            BenchCase one{fmt::format("{} {}", algorithm, rows),
                          algorithm,
                          options.dimension,
                          rows,
                          {},
                          {1, 10, 100},
                          algorithm == "hnsw"  ? "balanced"
                          : algorithm == "lsh" ? "high-recall-lsh"
                                               : "",
                          nlohmann::json::object()};
            for (const uint64_t batch_size : {1, 100, 1'000, 10'000})
                if (batch_size <= rows) one.batch_sizes.push_back(batch_size);
            suite.cases.push_back(std::move(one));
        }
    }
    return run_suite(context, suite, options.results);
}

Result<ExitStatus> scenarios(Context& context, const RunOptions& options) {
    SuiteOptions suite{{}, "scenarios", options.repeats, 100};
    suite.cases = {
        {"documents", "hnsw", 384, 100'000, {5'000}, {10}, "", {{"m", 16}, {"ef_construction", 200}}},
        {"images", "hnsw", 2'048, 50'000, {2'000}, {20}, "", {{"m", 32}, {"ef_construction", 400}}},
        {"recommendations",
         "lsh",
         128,
         1'000'000,
         {10'000},
         {50},
         "",
         {{"num_tables", 15}, {"num_functions", 25}}},
    };
    for (BenchCase& one : suite.cases)
        one.rows =
            std::max<uint64_t>(100, static_cast<uint64_t>(static_cast<double>(one.rows) * options.scale));
    return run_suite(context, suite, options.results);
}

Result<ExitStatus> report(Context& context, const ReportOptions& options) {
    VEXFS_ASSIGN(const ordered_json result, read_result(options.files.front()));
    ordered_json after;
    if (options.files.size() > 1) {
        VEXFS_ASSIGN(after, read_result(options.files[1]));
        if (compare(result, after).empty())
            return fail(ErrorCode::invalid_argument, "the two results have no case in common");
    }
    if (options.html.empty()) {
        VEXFS_TRY(context.out().print_text(to_markdown(result, after)));
    } else {
        VEXFS_TRY(write_file(options.html, to_html(result, after)));
    }
    return succeeded;
}

void common_options(Cli& cli, CLI::App* app, RunOptions& options) {
    cli.option(app, "--repeats", options.repeats, "N",
               "Measure so often, by which noise is known; 3 where not given")
        ->check(CLI::Range(1u, 100u));
    cli.option(app, "--results", options.results, "FILE", "Write the result as JSON, for bench report",
               {Completes::Kind::file, {}});
}

}  // namespace

void register_bench_run(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* app =
        cli.verb(noun, "run", "Measure inserts and searches by algorithm and size, as clients see them",
                 "vexfsctl bench run --results today.json\n"
                 "vexfsctl --embedded /tmp/bench bench run --size 1000,10000 --algorithm hnsw",
                 [options](Context& context) { return run(context, *options); });
    app->add_option("--size", options->sizes,
                    "Vectors of a collection; 1000, 10000 and 100000 where not given")
        ->option_text("N,N,...")
        ->delimiter(',')
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->check(CLI::Range(uint64_t{100}, rows_max));
    app->add_option("--algorithm", options->algorithms, "hnsw, lsh or flat; hnsw and lsh where not given")
        ->option_text("A,A,...")
        ->delimiter(',')
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->check(CLI::IsMember({"hnsw", "lsh", "flat"}));
    cli.option(app, "--dimension", options->dimension, "D", "Of the vectors; 384 where not given")
        ->check(CLI::Range(1u, bench_dimension_max));
    common_options(cli, app, *options);
}

void register_bench_scenarios(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* app =
        cli.verb(noun, "scenarios", "Measure a search of documents, of images, and recommendations",
                 "vexfsctl bench scenarios --scale 0.1 --results scenarios.json",
                 [options](Context& context) { return scenarios(context, *options); });
    cli.option(app, "--scale", options->scale, "S",
               "Take so much of the vectors, 0.001 to 1; 1 where not given")
        ->check(CLI::Range(0.001, 1.0));
    common_options(cli, app, *options);
}

void register_bench_report(Cli& cli, CLI::App* noun) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App* app = cli.verb(noun, "report", "Show a result as Markdown or HTML, or compare two",
                             "vexfsctl bench report today.json > today.md\n"
                             "vexfsctl bench report yesterday.json today.json --html change.html",
                             [options](Context& context) { return report(context, *options); });
    app->add_option("FILE", options->files, "A result, and one to compare with it")
        ->option_text(" ")
        ->required();
    app->callback([options] {
        if (options->files.size() > 2) throw CLI::ArgumentMismatch("FILE: one result, or two to compare");
    });
    cli.option(app, "--html", options->html, "FILE", "Write a page with plots, which needs nothing else",
               {Completes::Kind::file, {}});
}

}  // namespace vexfs::ctl
