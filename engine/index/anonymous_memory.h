// SPDX-License-Identifier: Apache-2.0
// Zeroed memory straight from the kernel: address space that costs nothing until it is touched, on huge pages
// where it is large enough for them.
#pragma once

#include <cstddef>

namespace vexfs {

class AnonymousMemory {
  public:
    AnonymousMemory() = default;
    // Throws std::bad_alloc where the kernel refuses. Pages of 2 MiB are asked for from that size on.
    explicit AnonymousMemory(size_t bytes);
    // Takes back what release() gave away; `bytes` as they were asked for.
    AnonymousMemory(std::byte* released, size_t bytes);
    ~AnonymousMemory();
    AnonymousMemory(AnonymousMemory&& other) noexcept;
    AnonymousMemory& operator=(AnonymousMemory&& other) noexcept;

    std::byte* data() const { return data_; }
    std::byte* release();  // data(), which is the caller's from now on
    size_t resident_bytes() const;  // what has been touched, by whole pages
    // Zeroes the whole pages within the range, which cost nothing then.
    void give_back(size_t offset, size_t bytes);

  private:
    std::byte* data_ = nullptr;
    size_t bytes_ = 0;
};

}  // namespace vexfs
