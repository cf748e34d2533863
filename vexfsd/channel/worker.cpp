// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/worker.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>

namespace vexfs::channel {
namespace {

// Grows to what requests need.
constexpr size_t buffer_bytes_first = size_t{64} << 10;
// Of what was needed once, that much is kept.
constexpr size_t kept_bytes_max = size_t{16} << 20;

void shrink(std::vector<std::byte>& memory) {
    if (memory.size() > kept_bytes_max) memory = std::vector<std::byte>(buffer_bytes_first);
}

}  // namespace

Worker::Worker(const Device& device) : device_(device), buffer_(buffer_bytes_first) {}

void Worker::parse() {
    const auto& header = request_.header;
    std::memcpy(&request_.header, buffer_.data(), sizeof request_.header);
    size_t at = sizeof header;
    const auto take = [&](size_t bytes) {
        const std::span<const std::byte> part(buffer_.data() + at, bytes);
        at += bytes;
        return part;
    };
    const auto text = [](std::span<const std::byte> bytes) {
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    request_.data = take(header.data_bytes);
    request_.collection = text(take(header.collection_bytes));
    request_.name = text(take(header.name_bytes));
    request_.caller = {header.uid, header.gid, std::vector<uint32_t>(header.group_count), false};
    const auto groups = take(header.group_count * sizeof(uint32_t));
    if (!groups.empty()) std::memcpy(request_.caller.groups.data(), groups.data(), groups.size());
}

const Request* Worker::fetch() {
    shrink(buffer_);
    while (true) {
        const uint64_t opened = args_.reply.id != 0 ? args_.reply.opened.handle : 0;
        args_.buffer = reinterpret_cast<uint64_t>(buffer_.data());
        args_.buffer_bytes = buffer_.size();
        args_.needed_bytes = 0;
        args_.flags = 0;
        const int error = device_.next(args_);
        args_.reply = {};
        shrink(scratch_);
        if ((args_.flags & VEXFS_NEXT_DROPPED) != 0) dropped_ = opened;
        if (error == 0) {
            parse();
            return &request_;
        }
        if (error == EMSGSIZE) {
            buffer_.resize(args_.needed_bytes);
        } else if (error == EINVAL || error == EFAULT) {
            // The client has been told that there is none.
            spdlog::error("mount: the kernel refuses a reply: {}", std::strerror(error));
        } else if (error != EINTR) {
            if (error != ESHUTDOWN) spdlog::error("mount: the channel is gone: {}", std::strerror(error));
            return nullptr;
        }
    }
}

void Worker::keep(const vexfs_reply& reply) {
    args_.reply = reply;
}

void Worker::flush() {
    if (args_.reply.id == 0) return;
    if (give(device_, args_.reply)) dropped_ = args_.reply.opened.handle;
    args_.reply = {};
}

std::span<std::byte> Worker::scratch(size_t bytes) {
    if (scratch_.size() < bytes) scratch_.resize(bytes);
    return std::span(scratch_).first(bytes);
}

bool give(const Device& device, const vexfs_reply& reply) {
    vexfs_next_args args{};
    args.reply = reply;
    args.flags = VEXFS_NEXT_ONLY_REPLY;
    const int error = device.next(args);
    if (error != 0) spdlog::error("mount: the kernel refuses a reply: {}", std::strerror(error));
    return (args.flags & VEXFS_NEXT_DROPPED) != 0;
}

}  // namespace vexfs::channel
