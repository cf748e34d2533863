// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/backup_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/collection/snapshot.h"
#include "engine/storage/checked_text.h"

namespace vexfs::ctl {
namespace {

using nlohmann::json;

constexpr TextFormat backup_format{"vexfs-backup", 1};
constexpr size_t digest_digits = 16;
constexpr std::string_view part_suffix = ".part";

// A plain file that is only read: of a backup that may lie where nothing can be written.
class ReadFile final : public File {
  public:
    ReadFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        while (!into.empty()) {
            const ssize_t got = pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail_errno(fmt::format("read {} at {}", path_, offset), errno);
            if (got == 0)
                return fail(ErrorCode::corrupt,
                            fmt::format("{} at offset {}: the file ends here", path_, offset));
            into = into.subspan(static_cast<size_t>(got));
            offset += static_cast<uint64_t>(got);
        }
        return {};
    }
    Result<uint64_t> size() const override {
        VEXFS_ASSIGN(const auto status, stat());
        return static_cast<uint64_t>(status.st_size);
    }
    Result<uint64_t> links() const override {
        VEXFS_ASSIGN(const auto status, stat());
        return static_cast<uint64_t>(status.st_nlink);
    }
    Result<void> write_at(uint64_t, std::span<const iovec>) override { return refused(); }
    Result<void> truncate(uint64_t) override { return refused(); }
    Result<void> sync() override { return refused(); }
    Result<std::unique_ptr<Mapping>> map(uint64_t) const override {
        return tl::unexpected(refused().error());
    }

    Result<struct stat> stat() const {
        struct stat status {};
        if (fstat(fd_.get(), &status) != 0) return fail_errno(fmt::format("stat {}", path_), errno);
        return status;
    }

  private:
    Result<void> refused() const {
        return fail(ErrorCode::unsupported, fmt::format("{} is only read", path_));
    }

    std::string path_;
    UniqueFd fd_;
};

// "00000001.log" and its digest to "00000001.0123456789abcdef.log".
std::string stored_name(const StoredFile& file) {
    const size_t dot = file.name.find('.');
    return fmt::format("{}.{:016x}{}", file.name.substr(0, dot), file.digest, file.name.substr(dot));
}

bool is_stored_name(std::string_view name) {
    const size_t dot = name.find('.');
    if (dot == std::string_view::npos || name.size() < dot + 1 + digest_digits) return false;
    const std::string_view digest = name.substr(dot + 1, digest_digits);
    const std::string plain = fmt::format("{}{}", name.substr(0, dot), name.substr(dot + 1 + digest_digits));
    return digest.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
           (is_log_name(plain) || is_index_name(plain));
}

Result<uint64_t> digest_from(const std::string& text) {
    uint64_t digest = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), digest, 16);
    if (text.size() != digest_digits || status != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::corrupt, "a digest is not 16 hexadecimal digits");
    return digest;
}

json to_json(const Backup& backup) {
    json files = json::array();
    for (const StoredFile& file : backup.files) {
        files.push_back(
            {{"file", file.name}, {"bytes", file.bytes}, {"digest", fmt::format("{:016x}", file.digest)}});
    }
    return {{"collection", backup.collection}, {"snapshot", backup.snapshot},
            {"created_at", backup.created_at}, {"points", backup.points},
            {"manifest", backup.manifest},     {"files", std::move(files)}};
}

Result<Backup> from_json(const json& value, const std::string& path) {
    const auto refused = [&](std::string_view why) {
        return fail(ErrorCode::corrupt, fmt::format("{}: {}", path, why));
    };
    try {
        Backup backup{value.at("collection"), value.at("snapshot"), value.at("created_at"),
                      value.at("points"),     value.at("manifest"), {}};
        std::set<std::string> names;
        for (const json& entry : value.at("files")) {
            StoredFile file{entry.at("file"), entry.at("bytes"), 0};
            // Names become paths.
            if ((!is_log_name(file.name) && !is_index_name(file.name)) || !names.insert(file.name).second)
                return refused(fmt::format("it names the file '{}'", file.name.substr(0, 200)));
            const auto digest = digest_from(entry.at("digest"));
            if (!digest) return refused(digest.error().message);
            file.digest = *digest;
            backup.files.push_back(std::move(file));
        }
        return backup;
    } catch (const json::exception& error) {
        return refused(error.what());
    }
}

// A plain file, not followed to another place.
Result<std::unique_ptr<ReadFile>> open_plain(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd && errno == ELOOP) return fail(ErrorCode::corrupt, fmt::format("{} is a symbolic link", path));
    if (!fd) return fail_errno(fmt::format("open {}", path), errno);
    auto file = std::make_unique<ReadFile>(path, std::move(fd));
    VEXFS_ASSIGN(const auto status, file->stat());
    if (!S_ISREG(status.st_mode)) return fail(ErrorCode::corrupt, fmt::format("{} is no plain file", path));
    return file;
}

Result<std::string> text_of(const std::string& path) {
    VEXFS_ASSIGN(const auto file, open_plain(path));
    VEXFS_ASSIGN(const uint64_t bytes, file->size());
    if (bytes > checked_text_bytes_max)
        return fail(ErrorCode::corrupt, fmt::format("{} has {} bytes, {} at most were expected", path, bytes,
                                                    checked_text_bytes_max));
    std::string text(bytes, '\0');
    VEXFS_TRY(file->read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
}

}  // namespace

Result<BackupDirectory> BackupDirectory::open(const std::string& path, Use use) {
    if (use == Use::write && mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno(fmt::format("make directory {}", path), errno);
    UniqueFd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return fail_errno(fmt::format("open {}", path), errno);
    if (flock(lock.get(), (use == Use::write ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail_errno(fmt::format("lock {}", path), errno);
        return fail(ErrorCode::busy, fmt::format("another backup or restore uses {}", path),
                    "wait for its end");
    }
    return BackupDirectory(path, std::move(lock));
}

Result<Backup> BackupDirectory::read() const {
    const std::string path = fmt::format("{}/{}", path_, manifest_name);
    auto text = text_of(path);
    if (!text && text.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, fmt::format("there is no backup in {}", path_),
                    "'vexfsctl collection backup NAME DIR' makes one");
    if (!text) return tl::unexpected(text.error());
    VEXFS_ASSIGN(const json value, from_checked_text(backup_format, path, *text));
    return from_json(value, path);
}

std::string BackupDirectory::path_of(const StoredFile& file) const {
    return fmt::format("{}/{}", path_, stored_name(file));
}

Result<std::unique_ptr<File>> BackupDirectory::open_file(const StoredFile& file) const {
    const std::string path = path_of(file);
    VEXFS_ASSIGN(auto opened, open_plain(path));
    VEXFS_ASSIGN(const uint64_t bytes, opened->size());
    if (bytes != file.bytes) {
        return fail(ErrorCode::corrupt, fmt::format("{} at offset {}: the file ends here, it had {} bytes",
                                                    path, bytes, file.bytes));
    }
    return opened;
}

Result<void> BackupDirectory::replace(const Backup& backup) {
    // The files' names first.
    VEXFS_TRY(posix_disk().sync_directory(path_));
    return replace_file(posix_disk(), fmt::format("{}/{}", path_, manifest_name),
                        to_checked_text(backup_format, to_json(backup)));
}

Result<void> BackupDirectory::remove_all_but(const Backup& backup) {
    std::set<std::string> kept;
    for (const StoredFile& file : backup.files) kept.insert(stored_name(file));
    VEXFS_ASSIGN(const auto names, posix_disk().list(path_));
    for (const std::string& name : names) {
        std::string_view whole = name;
        if (whole.ends_with(part_suffix)) whole.remove_suffix(part_suffix.size());
        if (!is_stored_name(whole) || kept.contains(name)) continue;
        VEXFS_TRY(posix_disk().remove(fmt::format("{}/{}", path_, name)));
    }
    return {};
}

std::string BackupDirectory::pending() const {
    return text_of(path_ + "/PENDING").value_or("");
}

Result<void> BackupDirectory::set_pending(const std::string& snapshot) {
    return replace_file(posix_disk(), path_ + "/PENDING", snapshot);
}

void BackupDirectory::clear_pending() {
    static_cast<void>(posix_disk().remove(path_ + "/PENDING"));
}

}  // namespace vexfs::ctl
