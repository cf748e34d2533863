// SPDX-License-Identifier: Apache-2.0
// A disk and its files that pass every call on to others: the ground of those that do something besides.
#pragma once

#include <memory>
#include <utility>

#include "engine/storage/disk.h"

namespace vexfs {

class ForwardingFile : public File {
  public:
    explicit ForwardingFile(std::unique_ptr<File> below) : below_(std::move(below)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        return below_->write_at(offset, parts);
    }
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        return below_->read_at(offset, into);
    }
    Result<uint64_t> size() const override { return below_->size(); }
    Result<uint64_t> links() const override { return below_->links(); }
    Result<void> truncate(uint64_t bytes) override { return below_->truncate(bytes); }
    Result<void> sync() override { return below_->sync(); }
    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
        return below_->write_and_sync(offset, parts);
    }
    bool direct() const override { return below_->direct(); }
    Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const override { return below_->map(bytes); }

  private:
    std::unique_ptr<File> below_;
};

class ForwardingDisk : public Disk {
  public:
    // `below` outlives it.
    explicit ForwardingDisk(Disk& below) : below_(below) {}

    Result<std::unique_ptr<File>> create(const std::string& path) override {
        return file(path, below_.create(path));
    }
    Result<std::unique_ptr<File>> create_bulk(const std::string& path) override {
        return file(path, below_.create_bulk(path));
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override {
        return file(path, below_.open(path));
    }
    Result<std::string> read(const std::string& path, size_t bytes_max) override {
        return below_.read(path, bytes_max);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return below_.rename(from, to);
    }
    Result<void> link(const std::string& from, const std::string& to) override {
        return below_.link(from, to);
    }
    Result<void> remove(const std::string& path) override { return below_.remove(path); }
    Result<void> make_directory(const std::string& path) override { return below_.make_directory(path); }
    Result<void> remove_directory(const std::string& path) override { return below_.remove_directory(path); }
    Result<std::vector<std::string>> list(const std::string& directory) override {
        return below_.list(directory);
    }
    Result<void> sync_directory(const std::string& path) override { return below_.sync_directory(path); }

  protected:
    // What is handed out for a file of the disk below.
    virtual std::unique_ptr<File> wrap(const std::string& path, std::unique_ptr<File> below) = 0;

  private:
    Result<std::unique_ptr<File>> file(const std::string& path, Result<std::unique_ptr<File>> below) {
        if (!below) return below;
        return wrap(path, std::move(*below));
    }

    Disk& below_;
};

}  // namespace vexfs
