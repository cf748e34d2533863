// SPDX-License-Identifier: Apache-2.0
#include "engine/collection/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/base/xxh3.h"
#include "engine/collection/check_log.h"
#include "engine/collection/rebuilt_manifest.h"
#include "engine/storage/segment.h"

namespace vexfs {
namespace {

constexpr size_t piece_bytes = size_t{1} << 20;

class Checker {
  public:
    Checker(Disk& disk, const CheckSource& source, const CheckProgress& progress,
            const std::function<bool(const std::string&)>& goes_by)
        : disk_(disk), source_(source), progress_(progress), goes_by_(goes_by) {
        report_.collection = source.name;
    }

    Result<CheckReport> run() {
        const std::optional<Manifest> manifest = check_manifest();
        if (!manifest) return std::move(report_);
        count_bytes(*manifest);
        for (size_t i = 0; i < manifest->segments.size(); ++i) VEXFS_TRY(check_log(*manifest, i));
        for (const ManifestIndex& listed : manifest->index) VEXFS_TRY(check_index(listed));
        find_leftovers(*manifest);
        return std::move(report_);
    }

  private:
    std::string path_of(const std::string& file) const { return source_.directory + "/" + file; }
    std::string repair() const { return fmt::format("vexfsctl collection check {} --repair", source_.name); }

    // The manifest by which the files are checked, none where there is none.
    std::optional<Manifest> check_manifest() {
        ++report_.files;
        Finding finding{std::string(manifest_name), 0, 0, Severity::damage, Part::manifest, {}, {}, repair()};
        if (source_.serving) {
            const Manifest& held = source_.serving->manifest;
            if (!source_.stored) {
                finding.what = source_.stored.error().message;
            } else if (source_.stored->revision != held.revision) {
                finding.what = fmt::format("the file has revision {}, the collection {}",
                                           source_.stored->revision, held.revision);
            }
            finding.consequence = "the collection serves on, but could not be opened again";
            if (!finding.what.empty()) report_.add(finding);
            return held;
        }
        if (source_.stored) return *source_.stored;
        finding.what = source_.stored.error().message;
        finding.consequence = "the collection can't be opened";
        if (source_.stored.error().code == ErrorCode::unsupported) {
            finding.remedy = source_.stored.error().hint;
            report_.add(finding);
            return std::nullopt;
        }
        auto rebuilt = rebuild_manifest(disk_, source_.directory, source_.files);
        if (!rebuilt) {
            finding.consequence += ", and the manifest not be made again: " + rebuilt.error().message;
            finding.remedy = "restore the collection from a backup";
            report_.add(finding);
            return std::nullopt;
        }
        report_.add(finding);
        rebuilt_ = true;
        return std::move(rebuilt->manifest);
    }

    void count_bytes(const Manifest& manifest) {
        const auto count = [&](const std::string& file) {
            if (const auto opened = disk_.open(path_of(file))) bytes_total_ += (*opened)->size().value_or(0);
        };
        for (const ManifestSegment& segment : manifest.segments) count(Segment::file_name(segment.number));
        for (const ManifestIndex& index : manifest.index) count(index.file);
    }

    Result<void> reached(uint64_t bytes) const {
        const uint64_t done = report_.bytes + bytes;
        if (!progress_ || progress_(std::min(done, bytes_total_), bytes_total_)) return {};
        return fail(ErrorCode::timed_out, fmt::format("the check of {} was stopped", source_.name));
    }

    Result<void> check_log(const Manifest& manifest, size_t number) {
        const ManifestSegment& listed = manifest.segments[number];
        const bool last = number + 1 == manifest.segments.size();
        CheckedLog log;
        log.file = Segment::file_name(listed.number);
        log.identity = {listed.number, listed.first_sequence, manifest.salt, manifest.schema.dimension};
        log.synced_bytes = listed.bytes;
        if (!last) log.next_first_sequence = manifest.segments[number + 1].first_sequence;
        if (!last && !rebuilt_) log.end = listed.bytes;
        if (!last && !rebuilt_) log.rows = listed.rows;
        if (last && source_.serving) log.end = source_.serving->active_bytes;
        log.may_be_torn = last && !source_.serving;
        log.repair = repair();

        const auto file = disk_.open(path_of(log.file));
        if (!file) {
            if (file.error().code == ErrorCode::not_found && !goes_by_(log.file)) return {};
            report_.add({log.file, 0, 0, Severity::damage, Part::log, file.error().message,
                         listed.rows == 0 ? "all points of this log are lost"
                                          : fmt::format("{} rows of this log are lost", listed.rows),
                         repair()});
            return {};
        }
        ++report_.files;
        uint64_t bytes = 0;
        VEXFS_TRY(log.check(**file, report_, [&](uint64_t offset) {
            bytes = offset;
            return reached(offset).has_value();
        }));
        report_.bytes += bytes;
        return reached(0);
    }

    // Files of the index end in the XXH3-64 of all before it.
    Result<void> check_index(const ManifestIndex& listed) {
        Finding finding{listed.file,
                        0,
                        0,
                        Severity::warning,
                        Part::index,
                        {},
                        fmt::format("the index of rows {} to {} is built again at the next start",
                                    listed.first_row, listed.end_row),
                        repair()};
        const auto file = disk_.open(path_of(listed.file));
        if (!file) {
            if (file.error().code == ErrorCode::not_found && !goes_by_(listed.file)) return {};
            finding.what = file.error().message;
            report_.add(finding);
            return {};
        }
        ++report_.files;
        const auto size = (*file)->size();
        uint64_t checksum = 0;
        if (!size || *size < sizeof checksum) {
            finding.what = size ? "the file is shorter than its checksum" : size.error().message;
            report_.add(finding);
            return {};
        }
        const uint64_t end = *size - sizeof checksum;
        Xxh3 hash;
        std::vector<std::byte> buffer(std::min<uint64_t>(piece_bytes, end));
        for (uint64_t offset = 0; offset < end && finding.what.empty();) {
            const std::span piece(buffer.data(), std::min<uint64_t>(buffer.size(), end - offset));
            if (auto got = (*file)->read_at(offset, piece); !got) finding.what = got.error().message;
            hash.add(piece);
            offset += piece.size();
            VEXFS_TRY(reached(offset));
        }
        if (finding.what.empty()) {
            if (auto got = (*file)->read_at(end, std::as_writable_bytes(std::span(&checksum, 1))); !got) {
                finding.what = got.error().message;
            } else if (checksum != hash.digest()) {
                finding.what = "the file fails its checksum";
            }
        }
        if (!finding.what.empty()) report_.add(finding);
        report_.bytes += *size;
        return reached(0);
    }

    void find_leftovers(const Manifest& manifest) {
        for (const std::string& file : source_.files) {
            const bool listed =
                file == manifest_name ||
                std::ranges::any_of(manifest.index, [&](const auto& index) { return index.file == file; }) ||
                std::ranges::any_of(manifest.segments, [&](const ManifestSegment& segment) {
                    return Segment::file_name(segment.number) == file;
                });
            if (listed) continue;
            // The index of a collection whose manifest is lost.
            if (rebuilt_ && file.ends_with(".hnsw")) continue;
            const bool ours = file.ends_with(".tmp") || file.ends_with(".log") || file.ends_with(".hnsw");
            report_.add({file, 0, 0, Severity::note, Part::other,
                         ours ? "the manifest doesn't name this file: a crash left it"
                              : "this is no file of a collection",
                         "none",
                         ours ? "the next start of the daemon removes it" : "remove it, if nobody needs it"});
        }
    }

    Disk& disk_;
    const CheckSource& source_;
    const CheckProgress& progress_;
    const std::function<bool(const std::string&)>& goes_by_;
    CheckReport report_;
    uint64_t bytes_total_ = 0;
    bool rebuilt_ = false;
};

}  // namespace

Result<CheckSource> closed_source(Disk& disk, std::string name, std::string directory) {
    VEXFS_ASSIGN(auto files, disk.list(directory));
    auto stored = read_manifest(disk, directory);
    return CheckSource{std::move(name), std::move(directory), std::move(files), std::move(stored), {}};
}

Result<CheckReport> check_files(Disk& disk, const CheckSource& source, const CheckProgress& progress,
                                const std::function<bool(const std::string&)>& goes_by) {
    return Checker(disk, source, progress, goes_by).run();
}

}  // namespace vexfs
