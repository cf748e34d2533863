// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "vexfsctl/monitor/draw.h"
#include "vexfsctl/monitor/figures.h"
#include "vexfsctl/monitor/screen.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/show.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

using json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr uint64_t history_s = 240;  // more than the columns of a terminal
constexpr std::chrono::milliseconds interrupt_look{200};
constexpr size_t once_rows = 24;

struct MonitorOptions {
    bool once = false;
    uint64_t interval_s = 1;
};

// What the daemon tells, with rates since the time before.
class Watched {
  public:
    Watched(Context& context, uint64_t interval_s) : context_(context), interval_s_(interval_s) {}

    Result<void> look(const std::string& opened) {
        VEXFS_ASSIGN(json now, ask(""));
        // A second's rates are the daemon's own, which are exact.
        if (!reply_.is_null() && interval_s_ > 1) put_rates_since(now, counted_);
        counted_ = now;
        reply_ = std::move(now);
        return open(opened);
    }
    // With the history of the collection that is looked into.
    Result<void> open(const std::string& opened) {
        reply_.erase("opened_history");
        if (opened.empty()) return {};
        auto told = ask(opened);
        if (told) {
            reply_["opened_history"] = std::move((*told)["history"]);
        } else if (told.error().code != ErrorCode::not_found) {
            return tl::unexpected(told.error());
        }
        return {};
    }
    const json& reply() const { return reply_; }

  private:
    Result<json> ask(const std::string& collection) {
        Message request;
        request.header = {{"op", "watch"}, {"history_s", history_s}};
        if (!collection.empty()) request.header["collection"] = collection;
        VEXFS_ASSIGN(Message reply, context_.call(std::move(request)));
        return std::move(reply.header);
    }

    Context& context_;
    const uint64_t interval_s_;
    json reply_, counted_;
};

Table table_of(const json& reply) {
    Table table{{{"COLLECTION"},
                 {"POINTS", true},
                 {"QUERIES/s", true},
                 {"P50 MS", true},
                 {"P99 MS", true},
                 {"PROMISED", true},
                 {"RECALL", true},
                 {"BACKLOG", true}},
                {}};
    for (const json& row : reply.at("collections")) {
        table.rows.push_back({cell(row, "name"), cell(row, "points"),
                              fmt::format("{:.1f}", number_at(row, "/lately/queries_per_s").value_or(0)),
                              scaled(row, "/lately/p50_us", 1e-3), scaled(row, "/lately/p99_us", 1e-3),
                              cell(row, "promised_recall"), cell(row, "observed_recall"),
                              cell(row, "backlog_rows")});
    }
    return table;
}

Result<void> print(Context& context, const json& reply) {
    if (context.out().format() == OutputFormat::table) {
        return context.out().print_text(
            text_of(draw(reply, {}, {terminal_columns(STDOUT_FILENO), once_rows})));
    }
    return context.out().print(payload_of(reply), table_of(reply));
}

// For scripts: prints at each interval until it is interrupted.
Result<ExitStatus> print_on(Context& context, Watched& watched, uint64_t interval_s) {
    note_interrupts();
    for (auto next = Clock::now();;) {
        VEXFS_TRY(watched.look(""));
        VEXFS_TRY(print(context, watched.reply()));
        for (next += std::chrono::seconds(interval_s); Clock::now() < next && !interrupted();)
            std::this_thread::sleep_for(std::min<Clock::duration>(interrupt_look, next - Clock::now()));
        if (interrupted()) return ExitStatus::success;
    }
}

Result<ExitStatus> show_on(Watched& watched, uint64_t interval_s) {
    note_interrupts();
    VEXFS_TRY(watched.look(""));
    VEXFS_ASSIGN(Terminal terminal, Terminal::open());
    View view;
    auto next = Clock::now() + std::chrono::seconds(interval_s);
    while (!view.quit && !interrupted()) {
        const Size size = terminal.size();
        terminal.show(draw(watched.reply(), view, size));
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
        if (left.count() > 0) {
            const auto key = terminal.key(std::min(left, interrupt_look));
            if (!key) continue;
            const std::string opened = view.opened;
            press(view, *key, watched.reply(), rows_in_page(view, size));
            if (view.opened != opened) VEXFS_TRY(watched.open(view.opened));
            continue;
        }
        next = std::max(next + std::chrono::seconds(interval_s), Clock::now());
        if (!view.paused) VEXFS_TRY(watched.look(view.opened));
    }
    return ExitStatus::success;
}

Result<ExitStatus> monitor(Context& context, const MonitorOptions& options) {
    Watched watched(context, options.interval_s);
    if (options.once) {
        VEXFS_TRY(watched.look(""));
        VEXFS_TRY(print(context, watched.reply()));
        return ExitStatus::success;
    }
    if (context.out().format() == OutputFormat::table) return show_on(watched, options.interval_s);
    return print_on(context, watched, options.interval_s);
}

}  // namespace

void register_monitor(Cli& cli) {
    const auto options = std::make_shared<MonitorOptions>();
    CLI::App* app =
        cli.noun_alone("monitor", "Show live how the daemon is: collections, disk, machine, alerts",
                       "vexfsctl monitor\nvexfsctl monitor --once\nvexfsctl -o json monitor --interval 5",
                       [options](Context& context) { return monitor(context, *options); });
    app->add_flag("--once", options->once, "Show it once");
    cli.option(app, "--interval", options->interval_s, "SECONDS", "Look so often; 1 where not given")
        ->check(CLI::Range(1u, 3600u));
}

}  // namespace vexfs::ctl
