// SPDX-License-Identifier: Apache-2.0
// An array that ends where the next page can't be touched: one element too far is a crash in any build.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <type_traits>

namespace vexfs::test {

template <class T>
class GuardedArray {
    static_assert(std::is_trivial_v<T>);

  public:
    explicit GuardedArray(size_t count) : count_(count) {
        const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t bytes = (count * sizeof(T) + page - 1) / page * page;
        mapped_bytes_ = bytes + page;
        base_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base_ == MAP_FAILED) throw std::bad_alloc();
        auto* end = static_cast<char*>(base_) + bytes;
        if (mprotect(end, page, PROT_NONE) != 0) throw std::bad_alloc();
        data_ = reinterpret_cast<T*>(end) - count;
    }
    ~GuardedArray() { munmap(base_, mapped_bytes_); }
    GuardedArray(const GuardedArray&) = delete;
    GuardedArray& operator=(const GuardedArray&) = delete;

    size_t size() const { return count_; }
    T* data() const { return data_; }
    T* begin() const { return data_; }
    T* end() const { return data_ + count_; }
    T& operator[](size_t i) const { return data_[i]; }

  private:
    size_t count_;
    void* base_ = nullptr;
    size_t mapped_bytes_ = 0;
    T* data_ = nullptr;
};

}  // namespace vexfs::test
