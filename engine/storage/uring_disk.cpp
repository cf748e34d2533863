// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/uring_disk.h"

#include <algorithm>
#include <climits>

#include "engine/storage/posix_disk.h"

namespace vexfs {
namespace {

constexpr uint64_t write_piece_bytes = uint64_t{1} << 20;
constexpr uint64_t read_piece_bytes = uint64_t{256} << 10;

// A span of iovecs cut into pieces of a number of bytes.
class Pieces {
  public:
    Pieces(std::span<const iovec> parts, uint64_t piece_bytes) {
        uint64_t room = 0;
        for (iovec part : parts) {
            while (part.iov_len > 0) {
                if (room == 0 || parts_.size() - begins_.back() == IOV_MAX) {
                    begins_.push_back(parts_.size());
                    room = piece_bytes;
                }
                const size_t taken = std::min<uint64_t>(part.iov_len, room);
                parts_.push_back({part.iov_base, taken});
                part.iov_base = static_cast<std::byte*>(part.iov_base) + taken;
                part.iov_len -= taken;
                room -= taken;
            }
        }
    }

    size_t size() const { return begins_.size(); }
    std::span<iovec> operator[](size_t piece) {
        const size_t end = piece + 1 < begins_.size() ? begins_[piece + 1] : parts_.size();
        return std::span(parts_).subspan(begins_[piece], end - begins_[piece]);
    }

  private:
    std::vector<iovec> parts_;
    std::vector<size_t> begins_;
};

// What a plain call shall do instead or go on with.
bool is_undone(int result) {
    return result >= 0 || result == -EINTR || result == -EAGAIN || result == -ECANCELED;
}

class UringFile final : public PosixFile {
  public:
    UringFile(std::string path, UniqueFd fd, UniqueFd direct_fd, RingPool& rings)
        : PosixFile(std::move(path), std::move(fd), std::move(direct_fd)), rings_(rings) {}

    Result<void> write_at(uint64_t offset, std::span<const iovec> parts) override {
        Pieces pieces(parts, write_piece_bytes);
        if (pieces.size() < 2) return PosixFile::write_at(offset, parts);
        std::vector<RingOperation> operations = plan(RingOperation::Kind::write, offset, pieces);
        for (RingOperation& operation : operations) operation.fd = fd_for(operation.offset, operation.parts);
        rings_.run(operations);
        for (size_t i = 0; i < pieces.size(); ++i)
            VEXFS_TRY(finish_write(operations[i].offset, pieces[i], operations[i]));
        return {};
    }

    Result<void> write_and_sync(uint64_t offset, std::span<const iovec> parts) override {
        Pieces pieces(parts, write_piece_bytes);
        if (pieces.size() != 1) {
            VEXFS_TRY(write_at(offset, parts));
            return sync();
        }
        RingOperation operations[2];
        operations[0] = {RingOperation::Kind::write, fd_for(offset, pieces[0]), offset, pieces[0], true};
        operations[1] = {RingOperation::Kind::sync, fd(), 0, {}};
        rings_.run(operations);
        const bool whole = operations[0].result == static_cast<int>(bytes_of(pieces[0]));
        VEXFS_TRY(finish_write(offset, pieces[0], operations[0]));
        const int synced = operations[1].result;
        if (synced == 0 && whole) return {};
        if (is_undone(synced)) return sync();
        return fail_sync(-synced);
    }

    Result<void> read_at(uint64_t offset, std::span<std::byte> into) const override {
        const iovec part{into.data(), into.size()};
        Pieces pieces({&part, 1}, read_piece_bytes);
        if (pieces.size() < 2) return PosixFile::read_at(offset, into);
        std::vector<RingOperation> operations = plan(RingOperation::Kind::read, offset, pieces);
        rings_.run(operations);
        for (size_t i = 0; i < pieces.size(); ++i) {
            const iovec& piece = pieces[i].front();
            const int result = operations[i].result;
            if (!is_undone(result)) return fail_read(operations[i].offset, -result);
            const size_t done = static_cast<size_t>(std::max(result, 0));
            VEXFS_TRY(
                PosixFile::read_at(operations[i].offset + done,
                                   {static_cast<std::byte*>(piece.iov_base) + done, piece.iov_len - done}));
        }
        return {};
    }

  private:
    std::vector<RingOperation> plan(RingOperation::Kind kind, uint64_t offset, Pieces& pieces) const {
        std::vector<RingOperation> operations;
        for (size_t i = 0; i < pieces.size(); ++i) {
            operations.push_back({kind, fd(), offset, pieces[i]});
            offset += bytes_of(pieces[i]);
        }
        return operations;
    }

    Result<void> finish_write(uint64_t offset, std::span<iovec> parts, const RingOperation& operation) {
        int result = operation.result;
        // A file system that takes no direct write after all.
        if (result == -EINVAL && operation.fd != fd()) result = 0;
        if (!is_undone(result)) return fail_write(offset, -result);
        const size_t done = static_cast<size_t>(std::max(result, 0));
        const std::span<iovec> left = take_off(parts, done);
        return left.empty() ? Result<void>() : PosixFile::write_at(offset + done, left);
    }

    RingPool& rings_;
};

class UringDisk final : public PosixDisk {
  public:
    UringDisk(std::unique_ptr<Ring> first, Ring::Submit submit)
        : rings_(std::move(first), std::move(submit)) {}

  protected:
    std::unique_ptr<File> file(const std::string& path, UniqueFd fd, UniqueFd direct_fd) override {
        return std::make_unique<UringFile>(path, std::move(fd), std::move(direct_fd), rings_);
    }

  private:
    RingPool rings_;
};

}  // namespace

Result<std::unique_ptr<Disk>> make_uring_disk(Ring::Submit submit) {
    VEXFS_ASSIGN(auto ring, Ring::create(submit));
    return std::make_unique<UringDisk>(std::move(ring), std::move(submit));
}

Result<Disk*> uring_disk() {
    static const Result<std::unique_ptr<Disk>> disk = make_uring_disk(io_uring_submit_and_wait);
    if (!disk) return tl::unexpected(disk.error());
    return disk->get();
}

}  // namespace vexfs
