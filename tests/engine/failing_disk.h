// SPDX-License-Identifier: Apache-2.0
// The machine's disk, of which one call that takes space or changes something fails.
#pragma once

#include <fmt/format.h>

#include <cerrno>

#include "engine/storage/disk.h"

namespace vexfs::test {

class FailingDisk final : public Disk {
  public:
    // The call with that number, counted from 1, fails with ENOSPC; none for 0.
    void fail_at(uint64_t call) {
        calls_ = 0;
        failing_ = call;
    }
    bool failed() const { return failing_ != 0 && calls_ >= failing_; }

    Result<std::unique_ptr<File>> create(const std::string& path) override {
        VEXFS_TRY(enter("create", path));
        VEXFS_ASSIGN(auto file, disk_.create(path));
        return std::make_unique<FailingFile>(*this, path, std::move(file));
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override {
        VEXFS_ASSIGN(auto file, disk_.open(path));
        return std::make_unique<FailingFile>(*this, path, std::move(file));
    }
    Result<std::string> read(const std::string& path, size_t bytes_max) override {
        return disk_.read(path, bytes_max);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        VEXFS_TRY(enter("rename", from));
        return disk_.rename(from, to);
    }
    Result<void> link(const std::string& from, const std::string& to) override {
        VEXFS_TRY(enter("link", from));
        return disk_.link(from, to);
    }
    Result<void> remove(const std::string& path) override { return disk_.remove(path); }
    Result<void> make_directory(const std::string& path) override {
        VEXFS_TRY(enter("make_directory", path));
        return disk_.make_directory(path);
    }
    Result<void> remove_directory(const std::string& path) override { return disk_.remove_directory(path); }
    Result<std::vector<std::string>> list(const std::string& directory) override {
        return disk_.list(directory);
    }
    Result<void> sync_directory(const std::string& path) override { return disk_.sync_directory(path); }

  private:
    class FailingFile final : public File {
      public:
        FailingFile(FailingDisk& disk, std::string path, std::unique_ptr<File> file)
            : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}
        Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
            VEXFS_TRY(disk_.enter("write", path_));
            return file_->write_at(offset, parts);
        }
        Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
            return file_->read_at(offset, into);
        }
        Result<uint64_t> size() const override { return file_->size(); }
        Result<uint64_t> links() const override { return file_->links(); }
        Result<void> truncate(uint64_t bytes) override { return file_->truncate(bytes); }
        Result<void> sync() override { return file_->sync(); }
        Result<std::unique_ptr<Mapping>> map(uint64_t bytes) const override { return file_->map(bytes); }

      private:
        FailingDisk& disk_;
        std::string path_;
        std::unique_ptr<File> file_;
    };

    Result<void> enter(std::string_view verb, const std::string& path) {
        if (++calls_ != failing_) return {};
        return fail_errno(fmt::format("{} {}", verb, path), ENOSPC);
    }

    Disk& disk_ = posix_disk();
    uint64_t calls_ = 0, failing_ = 0;
};

}  // namespace vexfs::test
