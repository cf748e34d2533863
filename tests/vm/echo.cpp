// SPDX-License-Identifier: Apache-2.0
// A daemon of the module's that answers at once, or after a while, and a program that asks it, each on a CPU
// of its own, so that what the module does between them is all that takes time.
//
// usage: echo-module INSTANCE DIRECTORY COUNT DELAY_US
//
// The instance is mounted on the directory. Ends when so many calls of statvfs(2) have failed with EIO.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "kmod/uapi/vexfs.h"

namespace {

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) give_up("sched_setaffinity");
}

// Not asleep: a timer of the kernel's may be late.
void wait_for(std::chrono::microseconds delay) {
    const auto until = std::chrono::steady_clock::now() + delay;
    while (std::chrono::steady_clock::now() < until) {
    }
}

void serve(int device, std::chrono::microseconds delay) {
    stay_on(1);
    std::vector<std::byte> buffer(1 << 16);
    vexfs_next_args args{};
    while (true) {
        args.buffer = reinterpret_cast<uint64_t>(buffer.data());
        args.buffer_bytes = buffer.size();
        args.needed_bytes = 0;
        args.flags = 0;
        if (ioctl(device, VEXFS_IOC_NEXT, &args) != 0) {
            if (errno == ESHUTDOWN) return;
            give_up("VEXFS_IOC_NEXT");
        }
        args.reply = {};
        std::memcpy(&args.reply.id, buffer.data(), sizeof args.reply.id);
        args.reply.error = -EIO;
        wait_for(delay);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const int device = open("/dev/" VEXFS_DEVICE, O_RDWR | O_CLOEXEC);
    if (device < 0) give_up(VEXFS_DEVICE);
    vexfs_serve_args args{};
    args.version = VEXFS_PROTOCOL_VERSION;
    args.call_bytes_max = 1 << 20;
    std::strncpy(reinterpret_cast<char*>(args.instance), argv[1], sizeof args.instance - 1);
    if (ioctl(device, VEXFS_IOC_SERVE, &args) != 0) give_up("VEXFS_IOC_SERVE");
    std::thread thread(serve, device, std::chrono::microseconds(std::atoi(argv[4])));
    stay_on(0);
    for (int i = 0; i < std::atoi(argv[3]); ++i) {
        struct statvfs space;
        if (statvfs(argv[2], &space) == 0 || errno != EIO) give_up("statvfs");
    }
    (void)ioctl(device, VEXFS_IOC_LEAVE);
    thread.join();
}
