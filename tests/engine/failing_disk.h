// SPDX-License-Identifier: Apache-2.0
// The machine's disk, of which one call that takes space or changes something fails, or what a test says.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <functional>

#include "engine/storage/forwarding_disk.h"

namespace vexfs::test {

class FailingDisk final : public ForwardingDisk {
  public:
    FailingDisk() : ForwardingDisk(posix_disk()) {}

    // The call with that number, counted from 1, fails with ENOSPC; none for 0.
    void fail_at(uint64_t call) {
        calls_ = 0;
        failing_ = call;
    }
    bool failed() const { return failing_ != 0 && calls_ >= failing_; }
    // The errno with which a call fails, or 0: "create", "open", "read", "write", "rename", "link" or
    // "make_directory" of a path.
    std::function<int(std::string_view verb, const std::string& path)> fault;

    Result<std::unique_ptr<File>> create(const std::string& path) override {
        VEXFS_TRY(enter("create", path));
        return ForwardingDisk::create(path);
    }
    Result<std::unique_ptr<File>> create_bulk(const std::string& path) override {
        VEXFS_TRY(enter("create", path));
        return ForwardingDisk::create_bulk(path);
    }
    Result<std::unique_ptr<File>> open(const std::string& path) override {
        VEXFS_TRY(ask("open", path));
        return ForwardingDisk::open(path);
    }
    Result<std::string> read(const std::string& path, size_t bytes_max) override {
        VEXFS_TRY(ask("read", path));
        return ForwardingDisk::read(path, bytes_max);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        VEXFS_TRY(enter("rename", from));
        return ForwardingDisk::rename(from, to);
    }
    Result<void> link(const std::string& from, const std::string& to) override {
        VEXFS_TRY(enter("link", from));
        return ForwardingDisk::link(from, to);
    }
    Result<void> make_directory(const std::string& path) override {
        VEXFS_TRY(enter("make_directory", path));
        return ForwardingDisk::make_directory(path);
    }

  protected:
    std::unique_ptr<File> wrap(const std::string& path, std::unique_ptr<File> below) override {
        return std::make_unique<FailingFile>(*this, path, std::move(below));
    }

  private:
    class FailingFile final : public ForwardingFile {
      public:
        FailingFile(FailingDisk& disk, std::string path, std::unique_ptr<File> below)
            : ForwardingFile(std::move(below)), disk_(disk), path_(std::move(path)) {}
        Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
            VEXFS_TRY(disk_.enter("write", path_));
            return ForwardingFile::write_at(offset, parts);
        }
        Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
            VEXFS_TRY(disk_.enter("write", path_));
            return ForwardingFile::write_and_sync(offset, parts);
        }

      private:
        FailingDisk& disk_;
        std::string path_;
    };

    static Result<void> outcome(std::string_view verb, const std::string& path, int error_number) {
        if (error_number == 0) return {};
        return fail_errno(fmt::format("{} {}", verb, path), error_number);
    }
    Result<void> ask(std::string_view verb, const std::string& path) {
        return outcome(verb, path, fault ? fault(verb, path) : 0);
    }
    Result<void> enter(std::string_view verb, const std::string& path) {
        VEXFS_TRY(ask(verb, path));
        return outcome(verb, path, ++calls_ == failing_ ? ENOSPC : 0);
    }

    uint64_t calls_ = 0, failing_ = 0;
};

}  // namespace vexfs::test
