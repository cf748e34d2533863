// SPDX-License-Identifier: Apache-2.0
// Rings of io_uring(7), each for one thread at a time.
#pragma once

#include <liburing.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/base/result.h"

namespace vexfs {

struct RingOperation {
    enum class Kind { write, read, sync } kind = Kind::write;
    int fd = -1;
    uint64_t offset = 0;
    std::span<const iovec> parts;  // IOV_MAX at most
    bool linked = false;           // the next operation begins when this one has done all it was asked for
    int result = -ECANCELED;       // bytes, or a negative errno; -ECANCELED where it was not begun
};

class Ring {
  public:
    static constexpr unsigned depth = 16;  // operations at once

    // unsupported, with the reason, where the kernel grants none or lacks an operation.
    static Result<std::unique_ptr<Ring>> create();
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    // Runs up to `depth` operations at once and returns when all have ended, with their results.
    void run(std::span<RingOperation> operations);
    // The kernel refused operations: it is not to be used again.
    bool broken() const { return broken_; }

  private:
    Ring() = default;
    unsigned reap(std::span<RingOperation> operations);

    io_uring ring_{};
    bool made_ = false;
    bool broken_ = false;
};

// Rings that threads take and give back; there are as many as were in use at once. Thread-safe.
class RingPool {
  public:
    explicit RingPool(std::unique_ptr<Ring> first) { free_.push_back(std::move(first)); }

    // Runs them all, `depth` at a time; those that no ring could be had for are not begun.
    void run(std::span<RingOperation> operations);

  private:
    std::unique_ptr<Ring> take();
    void give_back(std::unique_ptr<Ring> ring);

    std::mutex mutex_;
    std::vector<std::unique_ptr<Ring>> free_;
};

}  // namespace vexfs
