// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/memory_disk.h"

#include <sanitizer/asan_interface.h>

#include <cstdlib>
#include <cstring>

namespace vexfs::fuzz {

// All that a file may ever have, of which what lies behind its end is poisoned.
struct MemoryDisk::Content {
    Content() : bytes(static_cast<std::byte*>(std::aligned_alloc(4096, memory_file_bytes_max))) { resize(0); }
    ~Content() {
        ASAN_UNPOISON_MEMORY_REGION(bytes, memory_file_bytes_max);
        std::free(bytes);
    }
    Content(const Content&) = delete;
    Content& operator=(const Content&) = delete;

    void resize(uint64_t count) {
        ASAN_UNPOISON_MEMORY_REGION(bytes, memory_file_bytes_max);
        if (count > size) std::memset(bytes + size, 0, count - size);
        ASAN_POISON_MEMORY_REGION(bytes + count, memory_file_bytes_max - count);
        size = count;
    }

    std::byte* bytes;
    uint64_t size = 0;
};

namespace {

tl::unexpected<Error> no_file(const std::string& path) {
    return fail(ErrorCode::not_found, "there is no " + path);
}

class MemoryMapping final : public Mapping {
  public:
    explicit MemoryMapping(std::shared_ptr<MemoryDisk::Content> content) : content_(std::move(content)) {}
    const std::byte* data() const override { return content_->bytes; }

  private:
    std::shared_ptr<MemoryDisk::Content> content_;
};

class MemoryFile final : public File {
  public:
    explicit MemoryFile(std::shared_ptr<MemoryDisk::Content> content) : content_(std::move(content)) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        for (const iovec& part : parts) {
            const uint64_t end = offset + part.iov_len;
            if (end > memory_file_bytes_max) return fail(ErrorCode::no_space, "the disk in memory is full");
            if (end > content_->size) content_->resize(end);
            std::memcpy(content_->bytes + offset, part.iov_base, part.iov_len);
            offset = end;
        }
        return {};
    }
    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        if (offset > content_->size || into.size() > content_->size - offset)
            return fail(ErrorCode::io_error, "the file ends before");
        std::memcpy(into.data(), content_->bytes + offset, into.size());
        return {};
    }
    Result<uint64_t> size() const override { return content_->size; }
    Result<uint64_t> links() const override { return 1; }
    Result<void> truncate(uint64_t bytes) override {
        content_->resize(bytes);
        return {};
    }
    Result<void> sync() override { return {}; }
    Result<std::unique_ptr<Mapping>> map(uint64_t) const override {
        return std::make_unique<MemoryMapping>(content_);
    }

  private:
    std::shared_ptr<MemoryDisk::Content> content_;
};

}  // namespace

void MemoryDisk::put(const std::string& path, std::string_view content) {
    auto made = std::make_shared<Content>();
    made->resize(content.size());
    if (!content.empty()) std::memcpy(made->bytes, content.data(), content.size());
    files_[path] = std::move(made);
}

Result<std::unique_ptr<File>> MemoryDisk::create(const std::string& path) {
    if (files_.contains(path)) return fail(ErrorCode::already_exists, path + " is there");
    return std::make_unique<MemoryFile>(files_[path] = std::make_shared<Content>());
}

Result<std::unique_ptr<File>> MemoryDisk::open(const std::string& path) {
    const auto file = files_.find(path);
    if (file == files_.end()) return no_file(path);
    return std::make_unique<MemoryFile>(file->second);
}

Result<std::string> MemoryDisk::read(const std::string& path, size_t bytes_max) {
    const auto file = files_.find(path);
    if (file == files_.end()) return no_file(path);
    if (file->second->size > bytes_max) return fail(ErrorCode::too_large, path + " is too large");
    return std::string(reinterpret_cast<const char*>(file->second->bytes), file->second->size);
}

Result<void> MemoryDisk::rename(const std::string& from, const std::string& to) {
    auto file = files_.extract(from);
    if (file.empty()) return no_file(from);
    files_[to] = file.mapped();
    return {};
}

// It has no links, as some file systems.
Result<void> MemoryDisk::link(const std::string& from, const std::string& to) {
    return fail(ErrorCode::unsupported, "link " + from + " to " + to + " in memory");
}

Result<void> MemoryDisk::remove(const std::string& path) {
    if (files_.erase(path) == 0) return no_file(path);
    return {};
}

Result<void> MemoryDisk::make_directory(const std::string&) {
    return {};
}

Result<void> MemoryDisk::remove_directory(const std::string& path) {
    std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(path + "/"); });
    return {};
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_)
        if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
    return names;
}

Result<void> MemoryDisk::sync_directory(const std::string&) {
    return {};
}

}  // namespace vexfs::fuzz
