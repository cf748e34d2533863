// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/tree/stream_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "vexfsd/requests/answer.h"

namespace vexfs {
namespace {

// Is set as long as this is there.
class Flag {
  public:
    explicit Flag(std::atomic<bool>& flag) : flag_(flag) { flag_ = true; }
    ~Flag() { flag_ = false; }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;

  private:
    std::atomic<bool>& flag_;
};

}  // namespace

StreamFile::StreamFile(MemoryBudget& budget, bool readable)
    : readable_(readable), share_(budget, [this] { give_up(); }) {}

// Called by the budget, whoever asks for room; the file that is in use is no file that stalled.
void StreamFile::give_up() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;
    drop_held();
    reply_ = {};
    read_bytes_ = 0;
    given_up_ = true;
    (void)share_.resize(0);
}

Outcome<void> StreamFile::account() {
    return share_.resize(held_bytes() + reply_.size() - read_bytes_);
}

Outcome<void> StreamFile::check_complete() {
    if (!std::exchange(given_up_, false)) return {};
    return refuse(ETIMEDOUT, "the rest of what was written did not come in time");
}

Outcome<size_t> StreamFile::write(uint64_t, std::span<const std::byte> bytes) {
    if (in_work_) return refuse(EBUSY, "a request is in work on this descriptor");
    const std::lock_guard lock(mutex_);
    VEXFS_TREE_TRY(check_complete());
    return take_all(bytes);
}

Outcome<size_t> StreamFile::write_request(std::span<const std::byte> bytes) {
    if (in_work_) return refuse(EBUSY, "a request is in work on this descriptor");
    const std::lock_guard lock(mutex_);
    VEXFS_TREE_TRY(check_complete());
    const bool answered = reply_.empty() && [&] {
        const Flag in_work(in_work_);
        return answer_whole(bytes);
    }();
    if (!answered) return take_all(bytes);
    (void)account();
    return bytes.size();
}

Outcome<size_t> StreamFile::take_all(std::span<const std::byte> bytes) {
    VEXFS_TREE_TRY(share_.resize(held_bytes() + bytes.size() + reply_.size() - read_bytes_));
    auto taken = take(bytes);
    (void)account();
    VEXFS_TREE_TRY(taken);
    return bytes.size();
}

Outcome<size_t> StreamFile::read(uint64_t, std::span<std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(given_up_, false)) return refuse(ETIMEDOUT, "the reply was not read in time");
    while (read_bytes_ == reply_.size()) {
        reply_.clear();
        read_bytes_ = 0;
        auto worked = [this] {
            const Flag in_work(in_work_);
            return work();
        }();
        // What is there already is held, whether there is room for it or not.
        (void)account();
        VEXFS_TREE_TRY(worked);
        if (!*worked) return 0;
    }
    const size_t count = std::min(bytes.size(), reply_.size() - read_bytes_);
    std::memcpy(bytes.data(), reply_.data() + read_bytes_, count);
    read_bytes_ += count;
    if (read_bytes_ == reply_.size()) {
        reply_ = {};
        read_bytes_ = 0;
    }
    (void)account();
    return count;
}

Outcome<void> StreamFile::flush() {
    const std::lock_guard lock(mutex_);
    VEXFS_TREE_TRY(check_complete());
    auto finished = finish();
    (void)account();
    return finished;
}

bool StreamFile::midway() {
    const std::lock_guard lock(mutex_);
    return held_bytes() + reply_.size() - read_bytes_ != 0;
}

void StreamFile::put_reply(Message reply) {
    hold_back(reply);
    hold_ = reply.hold;
    Encoded encoded = encode_reply(std::move(reply));
    reply_.insert(reply_.end(), encoded.head.begin(), encoded.head.end());
    reply_.insert(reply_.end(), encoded.body.begin(), encoded.body.end());
}

void StreamFile::put_reply(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    reply_.insert(reply_.end(), bytes.begin(), bytes.end());
}

void StreamFile::hold_back(const Message& reply) {
    if (reply.held_back.count() > 0) held_back_until_ = std::chrono::steady_clock::now() + reply.held_back;
}

std::optional<ReplyHold> StreamFile::take_hold() {
    const std::lock_guard lock(mutex_);
    return std::exchange(hold_, std::nullopt);
}

std::chrono::microseconds StreamFile::take_held_back() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return std::chrono::microseconds(0);  // of a request that is in work
    const auto until = std::exchange(held_back_until_, {});
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(until - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::microseconds(0));
}

}  // namespace vexfs
