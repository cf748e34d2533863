// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/uring.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace vexfs {
namespace {

tl::unexpected<Error> unsupported(std::string_view what, int error_number) {
    return fail(
        ErrorCode::unsupported, fmt::format("{}: {}", what, std::strerror(error_number)),
        error_number == EPERM ? "kernel.io_uring_disabled or a filter of system calls forbids it" : "");
}

void prepare(io_uring_sqe* entry, const RingOperation& operation) {
    const auto count = static_cast<unsigned>(operation.parts.size());
    switch (operation.kind) {
        case RingOperation::Kind::write:
            io_uring_prep_writev(entry, operation.fd, operation.parts.data(), count, operation.offset);
            break;
        case RingOperation::Kind::read:
            io_uring_prep_readv(entry, operation.fd, operation.parts.data(), count, operation.offset);
            break;
        case RingOperation::Kind::sync:
            io_uring_prep_fsync(entry, operation.fd, IORING_FSYNC_DATASYNC);
            break;
    }
    if (operation.linked) io_uring_sqe_set_flags(entry, IOSQE_IO_LINK);
}

}  // namespace

Result<std::unique_ptr<Ring>> Ring::create(Submit submit) {
    std::unique_ptr<Ring> made(new Ring);
    made->submit_ = std::move(submit);
    if (const int error = io_uring_queue_init(depth, &made->ring_, 0); error < 0)
        return unsupported("io_uring_setup", -error);
    made->made_ = true;
    const std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(
        io_uring_get_probe_ring(&made->ring_), io_uring_free_probe);
    for (const int operation : {IORING_OP_WRITEV, IORING_OP_READV, IORING_OP_FSYNC}) {
        if (!probe || !io_uring_opcode_supported(probe.get(), operation))
            return unsupported("io_uring_register", EOPNOTSUPP);
    }
    // A filter may let rings be made and nothing be run on them.
    io_uring_prep_nop(io_uring_get_sqe(&made->ring_));
    io_uring_cqe* completion = nullptr;
    int ran = io_uring_submit_and_wait(&made->ring_, 1);
    if (ran >= 0) ran = io_uring_wait_cqe(&made->ring_, &completion);
    if (ran < 0) return unsupported("io_uring_enter", -ran);
    io_uring_cqe_seen(&made->ring_, completion);
    return made;
}

Ring::~Ring() {
    if (made_) io_uring_queue_exit(&ring_);
}

unsigned Ring::reap(std::span<RingOperation> operations) {
    unsigned reaped = 0;
    io_uring_cqe* completion = nullptr;
    while (io_uring_peek_cqe(&ring_, &completion) == 0) {
        operations[io_uring_cqe_get_data64(completion)].result = completion->res;
        io_uring_cqe_seen(&ring_, completion);
        ++reaped;
    }
    return reaped;
}

void Ring::run(std::span<RingOperation> operations) {
    const auto count = static_cast<unsigned>(operations.size());
    for (unsigned i = 0; i < count; ++i) {
        io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
        prepare(entry, operations[i]);
        io_uring_sqe_set_data64(entry, i);
    }
    unsigned submitted = 0, ended = 0;
    while (submitted < count) {
        const int taken = submit_(&ring_, count - submitted);
        ended += reap(operations);
        if (taken == -EINTR) continue;
        // It has no memory for more just now, and may have when what it has is done; if it has nothing, this
        // will not change by waiting.
        if (taken <= 0 && ended == submitted) {
            broken_ = true;
            return;
        }
        if (taken > 0) submitted += static_cast<unsigned>(taken);
    }
    while (ended < submitted) {
        io_uring_cqe* completion = nullptr;
        const int error = io_uring_wait_cqe(&ring_, &completion);
        // The kernel works on memory that the caller frees when this returns.
        if (error != 0 && error != -EINTR && error != -EAGAIN) std::abort();
        ended += reap(operations);
    }
}

void RingPool::run(std::span<RingOperation> operations) {
    std::unique_ptr<Ring> ring = take();
    while (ring && !operations.empty()) {
        const size_t now = std::min<size_t>(operations.size(), Ring::depth);
        ring->run(operations.first(now));
        if (ring->broken()) return;
        operations = operations.subspan(now);
    }
    if (ring) give_back(std::move(ring));
}

std::unique_ptr<Ring> RingPool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            std::unique_ptr<Ring> ring = std::move(free_.back());
            free_.pop_back();
            return ring;
        }
    }
    auto made = Ring::create(submit_);
    return made ? std::move(*made) : nullptr;
}

void RingPool::give_back(std::unique_ptr<Ring> ring) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(ring));
}

}  // namespace vexfs
