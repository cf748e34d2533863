// SPDX-License-Identifier: Apache-2.0
// Rings of io_uring(7), each for one thread at a time.
#pragma once

#include <liburing.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdint>
#include <functional>
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
    // As io_uring_submit_and_wait(): entries that were taken, or a negative errno.
    using Submit = std::function<int(io_uring*, unsigned wait_for)>;

    // unsupported, with the reason, where the kernel grants none or lacks an operation. `submit` is what
    // run() submits by.
    static Result<std::unique_ptr<Ring>> create(Submit submit = io_uring_submit_and_wait);
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

    Submit submit_;
    io_uring ring_{};
    bool made_ = false;
    bool broken_ = false;
};

// Rings that threads take and give back; there are as many as were in use at once. Thread-safe.
class RingPool {
  public:
    // More of them are made as the first one was, with `submit`.
    RingPool(std::unique_ptr<Ring> first, Ring::Submit submit) : submit_(std::move(submit)) {
        free_.push_back(std::move(first));
    }

    // Runs them all, `depth` at a time; those that no ring could be had for are not begun.
    void run(std::span<RingOperation> operations);

  private:
    std::unique_ptr<Ring> take();
    void give_back(std::unique_ptr<Ring> ring);

    const Ring::Submit submit_;
    std::mutex mutex_;  // guards free_
    std::vector<std::unique_ptr<Ring>> free_;
};

}  // namespace vexfs
