// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/channel/device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vexfs::channel {
namespace {

constexpr const char* device_path = "/dev/" VEXFS_DEVICE;

}  // namespace

Result<Device> Device::open() {
    UniqueFd descriptor(::open(device_path, O_RDWR | O_CLOEXEC));
    if (!descriptor && (errno == ENOENT || errno == ENODEV || errno == ENXIO)) {
        return fail(ErrorCode::unsupported, "the kernel module vexfs_v2 is not there",
                    "the backend fuse needs none");
    }
    if (!descriptor) return fail_errno(fmt::format("open {}", device_path), errno);
    return adopt(std::move(descriptor));
}

Result<Device> Device::adopt(UniqueFd descriptor) {
    VEXFS_ASSIGN(auto numbers, SharedNumbers::map(descriptor.get()));
    return Device(std::move(descriptor), std::move(numbers));
}

Result<void> Device::serve(const std::string& instance, uint64_t call_bytes_max) {
    vexfs_serve_args args{};
    if (instance.empty() || instance.size() >= sizeof args.instance)
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no name of an instance", instance));
    args.version = VEXFS_PROTOCOL_VERSION;
    args.call_bytes_max = static_cast<uint32_t>(std::min<uint64_t>(call_bytes_max, VEXFS_CALL_BYTES_MAX));
    std::memcpy(args.instance, instance.data(), instance.size());
    if (ioctl(descriptor_.get(), VEXFS_IOC_SERVE, &args) != 0) {
        if (errno == EBUSY)
            return fail(ErrorCode::busy, fmt::format("another daemon serves the instance {}", instance));
        if (errno == EPROTONOSUPPORT) {
            return fail(ErrorCode::unsupported, "the kernel module vexfs_v2 is of another version",
                        "install the module that came with this daemon");
        }
        return fail_errno(fmt::format("serve the instance {}", instance), errno);
    }
    worker_threads_ = args.worker_threads;
    return {};
}

int Device::next(vexfs_next_args& args) const {
    return ioctl(descriptor_.get(), VEXFS_IOC_NEXT, &args) == 0 ? 0 : errno;
}

void Device::leave() const {
    ioctl(descriptor_.get(), VEXFS_IOC_LEAVE);
}

}  // namespace vexfs::channel
