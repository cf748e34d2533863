// SPDX-License-Identifier: Apache-2.0
// What of a file is in the page cache.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>

#include "engine/base/unique_fd.h"

namespace vexfs::test {

class PageCache {
  public:
    explicit PageCache(const std::string& path)
        : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), bytes_(lseek(fd_.get(), 0, SEEK_END)) {
        address_ = mmap(nullptr, static_cast<size_t>(bytes_), PROT_READ, MAP_SHARED, fd_.get(), 0);
    }
    ~PageCache() { munmap(address_, static_cast<size_t>(bytes_)); }
    PageCache(const PageCache&) = delete;
    PageCache& operator=(const PageCache&) = delete;

    // Whether the page at that offset is there.
    bool holds(uint64_t offset) const {
        unsigned char resident = 0;
        char* const page = static_cast<char*>(address_) + offset / page_bytes * page_bytes;
        return mincore(page, page_bytes, &resident) == 0 && (resident & 1) != 0;
    }
    uint64_t pages() const {
        uint64_t held = 0;
        for (uint64_t at = 0; at < static_cast<uint64_t>(bytes_); at += page_bytes) held += holds(at) ? 1 : 0;
        return held;
    }
    // Takes the synced file out of it, also where this process maps it. A file system in memory keeps it.
    void forget() const {
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);) {
            uintptr_t begin = 0, end = 0;
            if (!line.ends_with(path_) ||
                std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &begin, &end) != 2)
                continue;
            madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
        }
        posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED);
    }

  private:
    static constexpr size_t page_bytes = 4096;

    std::string path_;
    UniqueFd fd_;
    off_t bytes_;
    void* address_;
};

}  // namespace vexfs::test
