// SPDX-License-Identifier: Apache-2.0
// Zeroed memory straight from the kernel: address space that costs nothing until it is touched, on huge pages
// where it is large enough for them. A page costs about as much to be touched first whatever its size is,
// which in a virtual machine is some 10 microseconds.
#pragma once

#include <cstddef>
#include <memory>

namespace vexfs {

class AnonymousMemory {
  public:
    AnonymousMemory() = default;
    enum class Pages { huge, small };

    // Throws std::bad_alloc where the kernel refuses. Pages of 2 MiB are asked for from that size on, but not
    // for what will mostly have little in it.
    explicit AnonymousMemory(size_t bytes, Pages pages = Pages::huge);
    // Takes back what release() gave away; `bytes` as they were asked for.
    AnonymousMemory(std::byte* released, size_t bytes);
    ~AnonymousMemory();
    AnonymousMemory(AnonymousMemory&& other) noexcept;
    AnonymousMemory& operator=(AnonymousMemory&& other) noexcept;

    std::byte* data() const { return data_; }
    std::byte* release();           // data(), which is the caller's from now on
    size_t resident_bytes() const;  // what has been touched, by whole pages
    // Zeroes the whole pages within the range, which cost nothing then.
    void give_back(size_t offset, size_t bytes);

  private:
    std::byte* data_ = nullptr;
    size_t bytes_ = 0;
};

inline constexpr size_t huge_page_bytes = size_t{2} << 20;

// For containers that become large: from one huge page on, their memory is AnonymousMemory.
template <class T>
struct HugeAllocator {
    using value_type = T;
    HugeAllocator() = default;
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): as containers convert them
    HugeAllocator(const HugeAllocator<U>&) {}

    T* allocate(size_t count) {
        if (count * sizeof(T) < huge_page_bytes) return std::allocator<T>().allocate(count);
        return reinterpret_cast<T*>(AnonymousMemory(count * sizeof(T)).release());
    }
    void deallocate(T* data, size_t count) {
        if (count * sizeof(T) < huge_page_bytes) return std::allocator<T>().deallocate(data, count);
        AnonymousMemory(reinterpret_cast<std::byte*>(data), count * sizeof(T));
    }
    friend bool operator==(const HugeAllocator&, const HugeAllocator&) { return true; }
};

}  // namespace vexfs
