// SPDX-License-Identifier: Apache-2.0
// collection restore: puts a backup back, as a collection of the name that is given.
#include <fmt/format.h>

#include "vexfsctl/backup_directory.h"
#include "vexfsctl/progress.h"
#include "vexfsctl/show.h"
#include "vexfsctl/snapshot.h"
#include "vexfsctl/terminal.h"

namespace vexfs::ctl {
namespace {

constexpr uint64_t piece_bytes = uint64_t{4} << 20;
constexpr unsigned in_flight_max = 4;  // pieces without a reply

struct RestoreOptions {
    std::string directory, name;
    bool replace = false;
};

class Restoring {
  public:
    Restoring(Context& context, const RestoreOptions& options, const BackupDirectory& directory)
        : context_(context), options_(options), directory_(directory) {}

    Result<Message> run(const Backup& backup) {
        uint64_t total = 0;
        for (const StoredFile& file : backup.files) total += file.bytes;
        VEXFS_TRY(verify(backup, total));
        Message begin;
        begin.header = {
            {"op", "restore.begin"}, {"collection", options_.name}, {"replace", options_.replace}};
        VEXFS_ASSIGN(const Message begun, context_.call(std::move(begin)));
        id_ = begun.header.at("restore");
        auto sent = send_all(backup, total);
        if (!sent) {
            static_cast<void>(context_.call(request_for("restore.abort")));
            return tl::unexpected(sent.error());
        }
        return context_.call(request_for("restore.commit"));
    }

  private:
    Message request_for(const char* operation) const {
        Message request;
        request.header = {{"op", operation}, {"restore", id_}};
        return request;
    }

    // Before anything is sent: what is damaged is told by the name that it has here.
    Result<void> verify(const Backup& backup, uint64_t total) {
        Progress progress("verifying " + options_.directory, total, 0, ProgressUnit::bytes);
        uint64_t done = 0;
        for (const StoredFile& file : backup.files) {
            VEXFS_TRY(check_interrupts());
            const std::string path = directory_.path_of(file);
            VEXFS_ASSIGN(const auto opened, directory_.open_file(file));
            VEXFS_TRY(verify_file(posix_disk(), *opened, path, file.name));
            VEXFS_ASSIGN(const StoredFile found, describe_file(*opened, path, file.name));
            if (found != file)
                return fail(ErrorCode::corrupt, fmt::format("{} at offset 0: this is another file", path));
            progress.update(done += file.bytes);
        }
        return {};
    }

    Result<void> send_all(const Backup& backup, uint64_t total) {
        Progress progress("restoring " + options_.name, total, 0, ProgressUnit::bytes);
        VEXFS_ASSIGN(transport_, context_.connect());
        Message manifest = write_request(std::string(manifest_name), 0);
        add_array(manifest, "data", backup.manifest);
        VEXFS_TRY(send(std::move(manifest)));
        uint64_t done = 0;
        for (const StoredFile& file : backup.files) {
            VEXFS_ASSIGN(const auto opened, directory_.open_file(file));
            for (uint64_t offset = 0; offset < file.bytes; offset += piece_bytes) {
                VEXFS_TRY(check_interrupts());
                Message request = write_request(file.name, offset);
                const uint64_t bytes = std::min(piece_bytes, file.bytes - offset);
                VEXFS_TRY(opened->read_at(offset, add_array_of(request, "data", bytes)));
                VEXFS_TRY(send(std::move(request)));
                progress.update(done += bytes);
            }
        }
        return take_replies(0);
    }

    Message write_request(const std::string& file, uint64_t offset) const {
        Message request = request_for("restore.write");
        request.header["file"] = file;
        request.header["offset"] = offset;
        return request;
    }

    Result<void> send(Message request) {
        VEXFS_TRY(take_replies(in_flight_max - 1));
        ++in_flight_;
        return transport_->send(std::move(request));
    }

    // Until no more than `left` requests wait for one.
    Result<void> take_replies(unsigned left) {
        for (; in_flight_ > left; --in_flight_) VEXFS_TRY(transport_->receive());
        return {};
    }

    static Result<void> check_interrupts() {
        if (!interrupted()) return {};
        return fail(ErrorCode::timed_out, "interrupted: nothing was restored");
    }

    Context& context_;
    const RestoreOptions& options_;
    const BackupDirectory& directory_;
    std::unique_ptr<Transport> transport_;  // by which the files are sent
    unsigned in_flight_ = 0;
    std::string id_;
};

Result<ExitStatus> run(Context& context, const RestoreOptions& options) {
    note_interrupts();
    VEXFS_ASSIGN(const auto directory, BackupDirectory::open(options.directory, BackupDirectory::Use::read));
    VEXFS_ASSIGN(const Backup backup, directory.read());
    const auto reply = Restoring(context, options, directory).run(backup);
    if (!reply && interrupted()) {
        context.out().note("vexfsctl: " + reply.error().message);
        return ExitStatus::interrupted;
    }
    if (!reply) return tl::unexpected(reply.error());
    VEXFS_TRY(print_pairs(context.out(), reply->header));
    return succeeded;
}

}  // namespace

void register_restore(Cli& cli, CLI::App* collection) {
    const auto options = std::make_shared<RestoreOptions>();
    CLI::App* app = cli.verb(collection, "restore", "Make a collection of a backup",
                             "vexfsctl collection restore /srv/backup/words words-then",
                             [options](Context& context) { return run(context, *options); });
    cli.option(app, "DIR", options->directory, "DIR", "The directory that was backed up to",
               {Completes::Kind::directory, {}})
        ->required();
    cli.option(app, "NAME", options->name, "NAME", "The collection to make")->required();
    app->add_flag("--replace", options->replace, "Take the place of a collection of that name");
}

}  // namespace vexfs::ctl
