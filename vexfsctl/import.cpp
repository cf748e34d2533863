// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "engine/base/random.h"
#include "vexfsctl/import_source.h"
#include "vexfsctl/indexing.h"
#include "vexfsctl/nouns.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr uint64_t batch_bytes_wanted = uint64_t{4} << 20;
constexpr uint64_t batch_rows_default_max = 10'000;
constexpr size_t requests_in_flight_max = 2;

struct ImportOptions {
    std::string collection, durability;
    ImportFiles files;
    uint64_t batch_rows = 0;
    bool upsert = false, restart = false, no_wait = false;
};

class Import {
  public:
    Import(Context& context, const ImportOptions& options) : context_(context), options_(options) {}

    Result<ExitStatus> run() {
        VEXFS_ASSIGN(ImportSource source, ImportSource::open(options_.files));
        VEXFS_TRY(check_dimension(source));
        VEXFS_TRY(find_start());
        if (rows_done_ > 0) {
            context_.out().note(
                source.rows() && *source.rows() <= rows_done_
                    ? fmt::format("all {} rows of {} are in already; --restart imports them again",
                                  rows_done_, options_.files.vectors)
                    : fmt::format("resuming at row {}", rows_done_));
        }
        const uint64_t rows_before = rows_done_;
        note_interrupts();
        double seconds = 0;
        {
            Progress progress("importing " + options_.collection, source.rows(), rows_done_);
            const Result<void> sent = send_to_the_end(source, progress);
            seconds = progress.seconds();
            if (!sent) return failed_after(sent.error());
        }
        if (interrupted()) {
            context_.out().note(
                fmt::format("interrupted: rows 0 to {} are in; {}", rows_done_, how_to_go_on()));
            return ExitStatus::interrupted;
        }
        return finish(rows_before, seconds);
    }

  private:
    Message request(const char* operation) const {
        Message message;
        message.header = {{"op", operation}, {"collection", options_.collection}};
        return message;
    }

    std::string key_text() const { return fmt::format("{:016x}", key_); }

    std::string how_to_go_on() const {
        return options_.restart ? "--restart will import all of them again"
                                : "run the same command again to go on from there";
    }

    Result<void> check_dimension(const ImportSource& source) {
        VEXFS_ASSIGN(const Message info, context_.call(request("collection.info")));
        const auto dimension = info.header.at("schema").at("dimension").get<uint32_t>();
        if (source.dimension() == dimension) return {};
        return fail(ErrorCode::dimension_mismatch,
                    fmt::format("{} has vectors of dimension {}, collection {} has dimension {}",
                                options_.files.vectors, source.dimension(), options_.collection, dimension));
    }

    Result<void> find_start() {
        VEXFS_ASSIGN(key_, import_key(options_.files));
        if (options_.restart) {
            key_ ^= random_number();
            if (key_ == 0) key_ = 1;
            return {};
        }
        return ask_how_far();
    }

    Result<void> ask_how_far() {
        Message message = request("import.status");
        message.header["key"] = key_text();
        VEXFS_ASSIGN(const Message reply, context_.call(std::move(message)));
        rows_done_ = reply.header.at("rows_done").get<uint64_t>();
        return {};
    }

    // Where the daemon restarts meanwhile, from where it had got to.
    Result<void> send_to_the_end(ImportSource& source, Progress& progress) {
        while (true) {
            VEXFS_TRY(source.skip(rows_done_));
            VEXFS_ASSIGN(transport_, context_.connect());
            Result<void> sent = send_all(source, progress);
            (void)drain(0, progress);
            if (refusal_) sent = tl::unexpected<Error>(*refusal_);
            if (sent || sent.error().code != ErrorCode::unavailable || context_.embedded()) return sent;
            refusal_.reset();
            in_flight_.clear();
            if (!ask_how_far()) return sent;
            context_.out().note(fmt::format("the daemon has restarted: going on at row {}", rows_done_));
            VEXFS_ASSIGN(source, ImportSource::open(options_.files));
        }
    }

    Result<void> send_all(ImportSource& source, Progress& progress) {
        const uint64_t batch_rows =
            options_.batch_rows > 0
                ? options_.batch_rows
                : std::clamp<uint64_t>(batch_bytes_wanted / (sizeof(float) * source.dimension()), 1,
                                       batch_rows_default_max);
        while (!interrupted()) {
            VEXFS_ASSIGN(const VectorBlock block, source.read(batch_rows));
            if (block.rows == 0) return {};
            VEXFS_TRY(drain(requests_in_flight_max - 1, progress));
            VEXFS_TRY(transport_->send(request_for(block, source.position())));
            in_flight_.push_back(source.position());
        }
        return {};
    }

    Message request_for(const VectorBlock& block, uint64_t rows_done) const {
        Message message = request(options_.upsert ? "upsert" : "insert");
        message.header["import"] = {{"key", key_text()}, {"rows_done", rows_done}};
        if (!options_.durability.empty()) message.header["durability"] = options_.durability;
        add_array(message, "vectors", block.vectors, {block.rows, block.vectors.size() / block.rows});
        if (!block.ids.empty()) add_array(message, "ids", block.ids, {block.rows});
        if (!block.metadata.empty())
            add_array(message, "metadata", fmt::format("{}\n", fmt::join(block.metadata, "\n")));
        return message;
    }

    // Takes replies until no more than `in_flight` requests wait for one.
    Result<void> drain(size_t in_flight, Progress& progress) {
        while (in_flight_.size() > in_flight) {
            const Result<Message> received = transport_->receive();
            if (!received) {
                if (!refusal_) refusal_ = received.error();
                return tl::unexpected<Error>(received.error());
            }
            const Message& reply = *received;
            replaced_ += reply.header.value("replaced", uint64_t{0});
            rows_done_ = in_flight_.front();
            in_flight_.pop_front();
            progress.update(rows_done_);
        }
        return {};
    }

    Result<ExitStatus> failed_after(Error error) const {
        error.message += fmt::format("; {} rows of {} are in", rows_done_, options_.files.vectors);
        if (error.code == ErrorCode::unavailable) {
            error.hint = "once the daemon is back: " + how_to_go_on();
        }
        return tl::unexpected<Error>(std::move(error));
    }

    Result<ExitStatus> finish(uint64_t rows_before, double seconds) {
        if (context_.embedded() && !options_.no_wait) {
            VEXFS_ASSIGN(const ExitStatus status, optimize_and_wait(context_, options_.collection));
            if (status != succeeded) return status;
        }
        const uint64_t rows = rows_done_ - rows_before;
        const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
        context_.out().note(fmt::format("imported {} rows into {} in {:.1f} s ({} rows/s)", rows,
                                        options_.collection, seconds,
                                        human_count(static_cast<uint64_t>(rate))));
        if (context_.out().format() == OutputFormat::table) return succeeded;
        Table table{{{"IMPORTED"}, {"REPLACED"}, {"ROWS_DONE"}},
                    {{std::to_string(rows), std::to_string(replaced_), std::to_string(rows_done_)}}};
        VEXFS_TRY(context_.out().print(
            {{"imported", rows}, {"replaced", replaced_}, {"rows_done", rows_done_}, {"seconds", seconds}},
            table));
        return succeeded;
    }

    Context& context_;
    const ImportOptions& options_;
    std::unique_ptr<Transport> transport_;
    std::deque<uint64_t> in_flight_;  // rows_done of the requests that have no reply yet
    // The first one: that the batch behind a refused one doesn't fit is its consequence.
    std::optional<Error> refusal_;
    uint64_t key_ = 0;
    uint64_t rows_done_ = 0;  // acknowledged
    uint64_t replaced_ = 0;
};

}  // namespace

void register_import(Cli& cli) {
    const auto options = std::make_shared<ImportOptions>();
    CLI::App* app =
        cli.noun_alone("import", "Import a file of vectors; a stopped import goes on where it was",
                       "vexfsctl import words vectors.npy --metadata words.jsonl\n"
                       "vexfsctl import docs base.fvecs --batch-size 1000 --durability async\n"
                       "vexfsctl --embedded ./data import words vectors.npy",
                       [options](Context& context) { return Import(context, *options).run(); });
    cli.collection_argument(app, options->collection);
    cli.option(app, "FILE", options->files.vectors, "FILE", "A .npy, .fvecs, .fbin or .jsonl file",
               {Completes::Kind::file, {}})
        ->required();
    cli.option(app, "--metadata", options->files.metadata, "F.jsonl",
               "Metadata, a JSON object per line and row", {Completes::Kind::file, {}});
    cli.option(app, "--ids", options->files.ids, "F.npy", "Ids, one per row; else they are assigned",
               {Completes::Kind::file, {}});
    cli.option(app, "--batch-size", options->batch_rows, "N",
               "Rows per request; else about 4 MiB of them, 10,000 at most")
        ->check(CLI::PositiveNumber);
    cli.choice(app, "--durability", options->durability, {"sync", "group", "async"},
               "When a batch counts as stored, instead of the collection's setting");
    app->add_flag("--upsert", options->upsert, "Replace points that have one of the ids");
    app->add_flag("--restart", options->restart, "Import all rows, whatever is in already");
    app->add_flag("--no-wait", options->no_wait, "With --embedded: don't wait for the index");
}

}  // namespace vexfs::ctl
