// SPDX-License-Identifier: Apache-2.0
// collection backup: what a directory of the caller's doesn't have yet is read through the requests, since
// the daemon may write nowhere but in its own.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <ctime>

#include "engine/storage/bulk_writer.h"
#include "vexfsctl/backup_directory.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/show.h"
#include "vexfsctl/snapshot.h"
#include "vexfsctl/terminal.h"
#include "vexfsctl/text.h"

namespace vexfs::ctl {
namespace {

constexpr uint64_t piece_bytes = uint64_t{4} << 20;
constexpr uint64_t in_flight_bytes_max = 4 * piece_bytes;  // asked for and not here yet

struct Options {
    std::string name, directory;
    bool keep_snapshot = false;
};

struct Copied {
    uint64_t files = 0, bytes = 0, reused_files = 0, reused_bytes = 0;
};

tl::unexpected<Error> interrupted_error(const std::string& directory) {
    return fail(ErrorCode::timed_out,
                fmt::format("interrupted: the backup in {} is the one before", directory),
                "the same command goes on where this one stopped");
}

class BackingUp {
  public:
    BackingUp(Context& context, const Options& options, BackupDirectory& directory)
        : context_(context), options_(options), directory_(directory) {}

    Result<Backup> run() {
        VEXFS_TRY(delete_stale());
        const std::string snapshot =
            fmt::format("backup-{:%Y-%m-%dT%H-%M-%SZ}-{}", fmt::gmtime(std::time(nullptr)), getpid());
        // Written down first: whoever comes after a kill knows what to delete.
        VEXFS_TRY(directory_.set_pending(snapshot));
        VEXFS_TRY(ask("collection.snapshot", snapshot));
        auto copied = copy(snapshot);
        if (!options_.keep_snapshot || !copied) static_cast<void>(delete_snapshot(snapshot));
        directory_.clear_pending();
        return copied;
    }
    const Copied& copied() const { return copied_; }

  private:
    Result<Message> ask(const char* operation, const std::string& snapshot) {
        Message request;
        request.header = {{"op", operation}, {"collection", options_.name}, {"snapshot", snapshot}};
        return context_.call(std::move(request));
    }

    Result<void> delete_snapshot(const std::string& snapshot) {
        Message request;
        request.header = {{"op", "collection.snapshot_delete"},
                          {"collection", options_.name},
                          {"snapshot", snapshot},
                          {"missing_ok", true}};
        VEXFS_TRY(context_.call(std::move(request)));
        return {};
    }

    // The snapshot of a backup that was killed. What stands in the file is a name of ours or it is left
    // alone.
    Result<void> delete_stale() {
        const std::string stale = directory_.pending();
        if (!stale.starts_with("backup-") || !check_collection_name(stale)) return {};
        return delete_snapshot(stale);
    }

    Result<Backup> copy(const std::string& snapshot) {
        VEXFS_ASSIGN(const Message listed, ask("snapshot.files", snapshot));
        direct_ = listed.header.value("use_direct_io", false);
        // Of its own: where copying ends early, it goes with the replies that are still to come.
        VEXFS_ASSIGN(transport_, context_.connect());
        VEXFS_ASSIGN(Backup backup, backup_of(listed.header));
        uint64_t total = 0;
        for (const StoredFile& file : backup.files) total += file.bytes;
        {
            Progress progress("backing up " + options_.name, total, 0, ProgressUnit::bytes);
            for (const StoredFile& file : backup.files) {
                if (directory_.has(file)) {
                    ++copied_.reused_files;
                    copied_.reused_bytes += file.bytes;
                } else {
                    VEXFS_TRY(copy_file(snapshot, file, progress));
                    ++copied_.files;
                }
                progress.update(copied_.bytes + copied_.reused_bytes);
            }
        }
        VEXFS_TRY(directory_.replace(backup));
        VEXFS_TRY(directory_.remove_all_but(backup));
        return backup;
    }

    static Result<Backup> backup_of(const nlohmann::json& reply) {
        Backup backup{reply.at("collection"), reply.at("snapshot"), reply.at("created_at"),
                      reply.at("points"),     reply.at("manifest"), {}};
        for (const auto& entry : reply.at("files")) {
            StoredFile file{entry.at("file"), entry.at("bytes"), 0};
            const std::string digest = entry.at("digest");
            std::from_chars(digest.data(), digest.data() + digest.size(), file.digest, 16);
            backup.files.push_back(std::move(file));
        }
        return backup;
    }

    Result<void> copy_file(const std::string& snapshot, const StoredFile& file, Progress& progress) {
        const std::string path = directory_.path_of(file);
        const std::string part = path + ".part";
        Disk& disk = posix_disk();
        if (auto removed = disk.remove(part); !removed && removed.error().code != ErrorCode::not_found)
            return removed;
        auto created = direct_ ? disk.create_bulk(part) : disk.create(part);
        if (!created) return tl::unexpected(created.error());
        BulkWriter target(std::move(*created));
        for (uint64_t asked = 0; target.bytes() < file.bytes;) {
            if (interrupted()) return interrupted_error(options_.directory);
            for (; asked < file.bytes && asked - target.bytes() < in_flight_bytes_max; asked += piece_bytes)
                VEXFS_TRY(ask_for_piece(snapshot, file, asked));
            VEXFS_ASSIGN(const Message reply, transport_->receive());
            if (reply.body.size() != std::min(piece_bytes, file.bytes - target.bytes()))
                return fail(ErrorCode::corrupt, fmt::format("{} of snapshot {} has not the {} bytes it had",
                                                            file.name, snapshot, file.bytes));
            VEXFS_TRY(target.write(reply.body.data(), reply.body.size()));
            copied_.bytes += reply.body.size();
            progress.update(copied_.bytes + copied_.reused_bytes);
        }
        VEXFS_TRY(target.finish());
        VEXFS_ASSIGN(const StoredFile written, describe_file(target.file(), part, file.name));
        if (written != file)
            return fail(ErrorCode::corrupt, fmt::format("{} is not what the snapshot has", part));
        return disk.rename(part, path);
    }

    Result<void> ask_for_piece(const std::string& snapshot, const StoredFile& file, uint64_t offset) {
        Message request;
        request.header = {{"op", "snapshot.read"}, {"collection", options_.name},
                          {"snapshot", snapshot},  {"file", file.name},
                          {"offset", offset},      {"bytes", piece_bytes}};
        return transport_->send(std::move(request));
    }

    Context& context_;
    const Options& options_;
    BackupDirectory& directory_;
    std::unique_ptr<Transport> transport_;  // by which the files are read
    bool direct_ = false;                   // past the page cache, as the collection writes its files
    Copied copied_;
};

Result<ExitStatus> run(Context& context, const Options& options) {
    note_interrupts();
    VEXFS_ASSIGN(auto directory, BackupDirectory::open(options.directory, BackupDirectory::Use::write));
    const auto before = directory.read();
    if (!before && before.error().code != ErrorCode::not_found) return tl::unexpected(before.error());
    if (before && before->collection != options.name) {
        return fail(
            ErrorCode::already_exists,
            fmt::format("{} holds a backup of the collection {}", options.directory, before->collection),
            "take a directory of its own for each collection");
    }
    BackingUp work(context, options, directory);
    const auto backup = work.run();
    if (!backup && interrupted()) {
        context.out().note("vexfsctl: " + backup.error().message);
        return ExitStatus::interrupted;
    }
    if (!backup) return tl::unexpected(backup.error());
    const Copied& copied = work.copied();
    nlohmann::json answer{{"collection", backup->collection},   {"created_at", backup->created_at},
                          {"points", backup->points},           {"copied_files", copied.files},
                          {"copied_bytes", copied.bytes},       {"reused_files", copied.reused_files},
                          {"reused_bytes", copied.reused_bytes}};
    if (options.keep_snapshot) answer["snapshot"] = backup->snapshot;
    VEXFS_TRY(print_pairs(context.out(), answer));
    return succeeded;
}

}  // namespace

void register_backup(Cli& cli, CLI::App* collection) {
    const auto options = std::make_shared<Options>();
    CLI::App* app =
        cli.verb(collection, "backup", "Copy to a directory what it doesn't have of a collection yet",
                 "vexfsctl collection backup words /srv/backup/words",
                 [options](Context& context) { return run(context, *options); });
    cli.collection_argument(app, options->name);
    cli.option(app, "DIR", options->directory, "DIR", "The directory, made where it is missing",
               {Completes::Kind::directory, {}})
        ->required();
    app->add_flag("--keep-snapshot", options->keep_snapshot, "Don't delete the snapshot that was copied");
}

}  // namespace vexfs::ctl
