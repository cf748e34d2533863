// SPDX-License-Identifier: Apache-2.0
#include "engine/index/anonymous_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace vexfs {
namespace {

size_t rounded_up(size_t bytes, size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

size_t page_bytes() {
    static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

// What a mapping for that many takes.
size_t mapping_bytes(size_t bytes) {
    return rounded_up(std::max<size_t>(bytes, 1), page_bytes());
}

std::byte* map(size_t bytes) {
    void* address =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(address);
}

}  // namespace

AnonymousMemory::AnonymousMemory(size_t bytes, Pages pages) : bytes_(mapping_bytes(bytes)) {
    if (bytes < huge_page_bytes || pages == Pages::small) {
        data_ = map(bytes_);
        return;
    }
    // The kernel aligns a mapping to small pages only: one more huge page, and the ends are given back.
    std::byte* start = map(bytes_ + huge_page_bytes);
    const size_t head =
        rounded_up(reinterpret_cast<uintptr_t>(start), huge_page_bytes) - reinterpret_cast<uintptr_t>(start);
    data_ = start + head;
    if (head > 0) munmap(start, head);
    if (head < huge_page_bytes) munmap(data_ + bytes_, huge_page_bytes - head);
    madvise(data_, bytes_, MADV_HUGEPAGE);  // a wish: without huge pages all works, slower
}

AnonymousMemory::AnonymousMemory(std::byte* released, size_t bytes)
    : data_(released), bytes_(mapping_bytes(bytes)) {}

AnonymousMemory::~AnonymousMemory() {
    if (data_ != nullptr) munmap(data_, bytes_);
}

AnonymousMemory::AnonymousMemory(AnonymousMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

AnonymousMemory& AnonymousMemory::operator=(AnonymousMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

std::byte* AnonymousMemory::release() {
    bytes_ = 0;
    return std::exchange(data_, nullptr);
}

size_t AnonymousMemory::resident_bytes() const {
    size_t pages = 0;
    std::vector<unsigned char> resident(4096);
    for (size_t at = 0; at < bytes_; at += resident.size() * page_bytes()) {
        const size_t length = std::min(bytes_ - at, resident.size() * page_bytes());
        if (mincore(data_ + at, length, resident.data()) != 0) return bytes_;
        for (size_t i = 0; i < length / page_bytes(); ++i) pages += resident[i] & 1;
    }
    return pages * page_bytes();
}

void AnonymousMemory::give_back(size_t offset, size_t bytes) {
    const size_t first = rounded_up(offset, page_bytes());
    const size_t end = (offset + bytes) / page_bytes() * page_bytes();
    if (first < end) madvise(data_ + first, end - first, MADV_DONTNEED);
}

}  // namespace vexfs
