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

uint64_t bytes_of(std::span<const iovec> parts) {
    uint64_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    return bytes;
}

class MeasuredFile final : public File {
  public:
    MeasuredFile(std::unique_ptr<File> below, std::shared_ptr<MeasuredDisk::Meters> meters)
        : below_(std::move(below)), meters_(std::move(meters)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        const uint64_t bytes = bytes_of(parts);
        auto done = measured(meters_->writes, bytes, [&] { return below_->write_at(offset, parts); });
        if (done) count_direct(offset, parts);
        return done;
    }
    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
        auto done = measured(meters_->syncs, 0, [&] { return below_->write_and_sync(offset, parts); });
        meters_->writes.record_untimed(bytes_of(parts), !done);
        if (done) count_direct(offset, parts);
        return done;
    }
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        return measured(meters_->reads, into.size(), [&] { return below_->read_at(offset, into); });
    }
    Result<void> sync() override {
        return measured(meters_->syncs, 0, [&] { return below_->sync(); });
    }
    Result<uint64_t> size() const override { return below_->size(); }
    Result<uint64_t> links() const override { return below_->links(); }
    Result<void> truncate(uint64_t bytes) override { return below_->truncate(bytes); }
    Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const override { return below_->map(bytes); }
    bool direct() const override { return below_->direct(); }

  private:
    void count_direct(uint64_t offset, std::span<const iovec> parts) {
        if (below_->direct() && is_aligned(offset, parts)) meters_->direct_write_bytes += bytes_of(parts);
    }

    std::unique_ptr<File> below_;
    std::shared_ptr<MeasuredDisk::Meters> meters_;
};

Result<std::unique_ptr<File>> measuring(Result<std::unique_ptr<File>> file,
                                        const std::shared_ptr<MeasuredDisk::Meters>& meters) {
    if (!file) return file;
    return std::make_unique<MeasuredFile>(std::move(*file), meters);
}

}  // namespace

MeasuredDisk::MeasuredDisk(Disk& below) : below_(below), meters_(std::make_shared<Meters>()) {}

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

Result<std::unique_ptr<File>> MeasuredDisk::create(const std::string& path) {
    return measuring(below_.create(path), meters_);
}

Result<std::unique_ptr<File>> MeasuredDisk::create_bulk(const std::string& path) {
    auto file = below_.create_bulk(path);
    if (file) {
        ++meters_->bulk_files;
        if ((*file)->direct()) ++meters_->direct_files;
    }
    return measuring(std::move(file), meters_);
}

Result<std::unique_ptr<File>> MeasuredDisk::open(const std::string& path) {
    return measuring(below_.open(path), meters_);
}

Result<std::string> MeasuredDisk::read(const std::string& path, size_t bytes_max) {
    const auto begin = IoMeter::Clock::now();
    auto content = below_.read(path, bytes_max);
    const auto end = IoMeter::Clock::now();
    meters_->reads.record(end - begin, content ? content->size() : 0, !content, end);
    return content;
}

Result<void> MeasuredDisk::rename(const std::string& from, const std::string& to) {
    return below_.rename(from, to);
}

Result<void> MeasuredDisk::link(const std::string& from, const std::string& to) {
    return below_.link(from, to);
}

Result<void> MeasuredDisk::remove(const std::string& path) {
    return below_.remove(path);
}

Result<void> MeasuredDisk::make_directory(const std::string& path) {
    return below_.make_directory(path);
}

Result<void> MeasuredDisk::remove_directory(const std::string& path) {
    return below_.remove_directory(path);
}

Result<std::vector<std::string>> MeasuredDisk::list(const std::string& directory) {
    return below_.list(directory);
}

Result<void> MeasuredDisk::sync_directory(const std::string& path) {
    return measured(meters_->syncs, 0, [&] { return below_.sync_directory(path); });
}

}  // namespace vexfs
