// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/measured_disk.h"

#include <utility>

namespace vexfs {

struct MeasuredDisk::Meters {
    IoMeter reads, writes, syncs;
    std::atomic<uint64_t> bulk_files = 0, direct_files = 0, direct_write_bytes = 0;
};

namespace {

// Calls and records; the outcome as it is.
template <class F>
auto measured(IoMeter& meter, uint64_t bytes, F&& call) {
    const auto begin = IoMeter::Clock::now();
    auto outcome = std::forward<F>(call)();
    const auto end = IoMeter::Clock::now();
    meter.record(end - begin, bytes, !outcome, end);
    return outcome;
}

class MeasuredFile final : public ForwardingFile {
  public:
    MeasuredFile(std::unique_ptr<File> below, std::shared_ptr<MeasuredDisk::Meters> meters)
        : ForwardingFile(std::move(below)), meters_(std::move(meters)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        auto done = measured(meters_->writes, bytes_of(parts),
                             [&] { return ForwardingFile::write_at(offset, parts); });
        if (done) count_direct(offset, parts);
        return done;
    }
    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
        auto done =
            measured(meters_->syncs, 0, [&] { return ForwardingFile::write_and_sync(offset, parts); });
        meters_->writes.record_untimed(bytes_of(parts), !done);
        if (done) count_direct(offset, parts);
        return done;
    }
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        return measured(meters_->reads, into.size(), [&] { return ForwardingFile::read_at(offset, into); });
    }
    Result<void> sync() override {
        return measured(meters_->syncs, 0, [&] { return ForwardingFile::sync(); });
    }

  private:
    void count_direct(uint64_t offset, std::span<const iovec> parts) {
        if (direct() && is_aligned(offset, parts)) meters_->direct_write_bytes += bytes_of(parts);
    }

    std::shared_ptr<MeasuredDisk::Meters> meters_;
};

}  // namespace

MeasuredDisk::MeasuredDisk(Disk& below) : ForwardingDisk(below), meters_(std::make_shared<Meters>()) {}

std::unique_ptr<File> MeasuredDisk::wrap(const std::string&, std::unique_ptr<File> below) {
    return std::make_unique<MeasuredFile>(std::move(below), meters_);
}

IoStats MeasuredDisk::io_stats() const {
    IoStats stats;
    stats.reads = meters_->reads.figures();
    stats.writes = meters_->writes.figures();
    stats.syncs = meters_->syncs.figures();
    stats.bulk_files = meters_->bulk_files;
    stats.direct_files = meters_->direct_files;
    stats.direct_write_bytes = meters_->direct_write_bytes;
    return stats;
}

Result<std::unique_ptr<File>> MeasuredDisk::create_bulk(const std::string& path) {
    auto file = ForwardingDisk::create_bulk(path);
    if (file) {
        ++meters_->bulk_files;
        if ((*file)->direct()) ++meters_->direct_files;
    }
    return file;
}

Result<std::string> MeasuredDisk::read(const std::string& path, size_t bytes_max) {
    const auto begin = IoMeter::Clock::now();
    auto content = ForwardingDisk::read(path, bytes_max);
    const auto end = IoMeter::Clock::now();
    meters_->reads.record(end - begin, content ? content->size() : 0, !content, end);
    return content;
}

Result<void> MeasuredDisk::sync_directory(const std::string& path) {
    return measured(meters_->syncs, 0, [&] { return ForwardingDisk::sync_directory(path); });
}

}  // namespace vexfs
