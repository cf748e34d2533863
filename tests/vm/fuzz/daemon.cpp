// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "kmod/uapi/vexfs.h"
#include "tests/vm/fuzz/fuzz.h"
#include "tests/vm/fuzz/netlink.h"

namespace fuzz {
namespace {

constexpr size_t buffer_bytes = 2 << 20;
constexpr uint64_t files = 8;  // numbers of inodes, few enough to meet again
constexpr uint64_t file_bytes_max = 1 << 20;
constexpr uint64_t backing_bytes = 2 * file_bytes_max;

std::array<std::atomic<uint64_t>, files + 2> sizes_told;  // by number

// A file of zeros that is mapped, for ever.
std::byte* backing() {
    static std::byte* const memory = [] {
        const int file = memfd_create("backing", MFD_CLOEXEC);
        void* const mapped = file >= 0 && ftruncate(file, backing_bytes) == 0
                                 ? mmap(nullptr, backing_bytes, PROT_READ, MAP_SHARED, file, 0)
                                 : MAP_FAILED;
        if (mapped == MAP_FAILED) std::abort();
        close(file);
        return static_cast<std::byte*>(mapped);
    }();
    return memory;
}

template <class T>
std::span<std::byte> bytes_of(T& value) {
    return std::as_writable_bytes(std::span(&value, 1));
}

class Server {
  public:
    Server(int device, std::atomic<uint64_t>* numbers, uint64_t seed)
        : device_(device), numbers_(numbers), chance_(seed), request_(buffer_bytes), data_(buffer_bytes) {}

    // Answers until the channel is left.
    void serve(Run& run) {
        vexfs_next_args args{};
        while (true) {
            args.buffer = reinterpret_cast<uint64_t>(request_.data());
            args.buffer_bytes = chance_.one_in(100) ? chance_.below(200) : request_.size();
            args.flags = 0;
            args.needed_bytes = 0;
            const int error = ioctl(device_, VEXFS_IOC_NEXT, &args) == 0 ? 0 : errno;
            args.reply = {};
            if (error == ESHUTDOWN || error == ENOTCONN) return;
            if (error != 0) continue;
            run.next(replies);
            vexfs_request request;
            std::memcpy(&request, request_.data(), sizeof request);
            if (chance_.one_in(20)) reply_wrongly(request);
            args.reply = reply_to(request);
            if (chance_.one_in(10)) {
                chance_.damage(bytes_of(args.reply));
                if (args.reply.data_bytes > buffer_bytes) args.reply.data_bytes = buffer_bytes;
                args.reply.id = request.id;
            }
            if (chance_.one_in(4)) numbers_[chance_.below(8)] += chance_.below(2);
        }
    }

  private:
    // To nobody, or not as a reply is; the right one comes behind it.
    void reply_wrongly(const vexfs_request& request) {
        vexfs_next_args args{};
        args.reply = reply_to(request);
        args.reply.id = chance_.one_in(2) ? chance_.number() : request.id + 1 + chance_.below(3);
        if (chance_.one_in(3)) chance_.damage(bytes_of(args));
        args.flags |= VEXFS_NEXT_ONLY_REPLY;
        // A request that it would get would never be answered.
        args.buffer_bytes = 0;
        if (args.reply.id != request.id) (void)ioctl(device_, VEXFS_IOC_NEXT, &args);
    }

    vexfs_entry entry() {
        vexfs_entry made{};
        made.number = 2 + chance_.below(files);
        made.kind = static_cast<uint32_t>(made.number);
        // The even ones are directories.
        made.mode = (made.number % 2 == 0 ? S_IFDIR : S_IFREG) | 0777u;
        made.size = chance_.below(file_bytes_max);
        made.flags = static_cast<uint32_t>(chance_.below(4));
        made.changed_s = static_cast<int64_t>(chance_.number());
        if (chance_.one_in(30)) chance_.damage(bytes_of(made));
        sizes_told[made.number % sizes_told.size()] = std::min<uint64_t>(made.size, file_bytes_max);
        return made;
    }

    // Says that a file of that size consists of pieces of a file that is mapped here.
    void back(vexfs_reply& reply, uint64_t bytes) {
        reply.opened.flags |= VEXFS_OPENED_BACKED;
        reply.count = std::min<uint64_t>(chance_.below(200), bytes);
        chance_.fill(std::span(data_).first(reply.count));
        size_t used = reply.count;
        for (uint64_t left = bytes - reply.count; left > 0 && used < 10'000; used += sizeof(vexfs_piece)) {
            vexfs_piece piece{};
            piece.bytes = chance_.one_in(2) ? left : 1 + chance_.below(left);
            piece.address =
                reinterpret_cast<uint64_t>(backing()) + chance_.below(backing_bytes - piece.bytes + 1);
            left -= piece.bytes;
            if (chance_.one_in(50)) chance_.damage(bytes_of(piece));
            std::memcpy(data_.data() + used, &piece, sizeof piece);
        }
        reply.data_bytes = static_cast<uint32_t>(used);
    }

    uint32_t list(uint64_t offset) {
        size_t used = 0;
        for (uint64_t i = 0; i < chance_.below(20); ++i) {
            vexfs_dirent head{};
            head.number = 2 + chance_.below(files);
            head.next = offset + i + 1;
            head.name_bytes = static_cast<uint16_t>(1 + chance_.below(20));
            head.directory = head.number % 2 == 0;
            if (chance_.one_in(100)) chance_.damage(bytes_of(head));
            std::memcpy(data_.data() + used, &head, sizeof head);
            std::memset(data_.data() + used + sizeof head, static_cast<int>('a' + chance_.below(8)), 20);
            used += (sizeof head + std::min<size_t>(head.name_bytes, 200) + 7) / 8 * 8;
        }
        return static_cast<uint32_t>(offset > 100 ? 0 : used);
    }

    vexfs_reply reply_to(const vexfs_request& request) {
        vexfs_reply reply{};
        reply.id = request.id;
        reply.data = reinterpret_cast<uint64_t>(data_.data());
        reply.entry = entry();
        reply.opened.handle = 1 + chance_.below(100);
        // The kinds of files: streams, those with calls, and those that never change.
        static constexpr uint32_t kinds[] = {0, VEXFS_OPENED_STREAM, VEXFS_OPENED_STREAM | VEXFS_OPENED_CALL,
                                             VEXFS_OPENED_UNCHANGING};
        reply.opened.flags = kinds[request.number % 4];
        if (reply.opened.flags == VEXFS_OPENED_UNCHANGING && request.op == VEXFS_OP_OPEN && chance_.one_in(2))
            back(reply, sizes_told[request.number % sizes_told.size()]);
        if (chance_.one_in(10)) {
            reply.error = -static_cast<int32_t>(chance_.below(600));
            return reply;
        }
        switch (request.op) {
            case VEXFS_OP_READ:
            case VEXFS_OP_CALL:
                reply.data_bytes = static_cast<uint32_t>(std::min<uint64_t>(
                    chance_.one_in(2) ? request.size : chance_.below(request.size + 2), buffer_bytes));
                reply.count = chance_.below(2);
                if (chance_.one_in(2)) {
                    reply.flags = VEXFS_REPLY_KEEP;
                    reply.slot = static_cast<uint32_t>(chance_.below(8));
                    reply.generation = numbers_[reply.slot];
                }
                break;
            case VEXFS_OP_WRITE:
                reply.count = chance_.one_in(4) ? chance_.number() : request.data_bytes;
                break;
            case VEXFS_OP_READDIR: reply.data_bytes = list(request.offset); break;
            case VEXFS_OP_STATFS: reply.data_bytes = sizeof(vexfs_space); break;
            case VEXFS_OP_GETXATTR:
            case VEXFS_OP_LISTXATTR:
                reply.data_bytes = static_cast<uint32_t>(chance_.below(request.size + 1));
                break;
            default: break;
        }
        return reply;
    }

    const int device_;
    std::atomic<uint64_t>* const numbers_;
    Chance chance_;
    std::vector<std::byte> request_, data_;
};

// What the device refuses, or takes though it makes no sense.
void misuse_device(int device, Chance& chance) {
    std::vector<std::byte> argument(512);
    chance.fill(argument);
    static constexpr unsigned long commands[] = {VEXFS_IOC_SERVE, VEXFS_IOC_NEXT, VEXFS_IOC_CALL};
    const unsigned long command = chance.one_in(4) ? chance.number() : commands[chance.below(3)];
    if (command == VEXFS_IOC_LEAVE) return;
    // One that would wait for a request, and never answer it, is left out.
    if (command == VEXFS_IOC_NEXT) {
        auto* const args = reinterpret_cast<vexfs_next_args*>(argument.data());
        args->flags |= VEXFS_NEXT_ONLY_REPLY;
        args->reply.id = chance.number() | uint64_t{1} << 62;
    }
    (void)ioctl(device, command,
                chance.one_in(8) ? reinterpret_cast<void*>(chance.number()) : argument.data());
}

// One of the names below the root, as they should be most of the time: directories of the numbers that
// replies speak of.
void tell(Netlink& netlink, int device, Chance& chance) {
    const std::string name(1 + chance.below(2), static_cast<char>('a' + chance.below(8)));
    const auto channel = static_cast<uint32_t>(device);
    vexfs_entry entry{};
    entry.number = 2 + 2 * chance.below(files / 2);
    entry.kind = static_cast<uint32_t>(entry.number);
    entry.mode = S_IFDIR | 0777u;
    entry.flags = static_cast<uint32_t>(chance.below(4));
    if (chance.one_in(20)) chance.damage(bytes_of(entry));
    const bool root = chance.one_in(20);
    if (root) entry = {.number = 1, .mode = S_IFDIR | static_cast<uint32_t>(chance.below(01000))};
    const bool gone = !root && chance.one_in(4);
    netlink.begin(gone ? VEXFS_CMD_REMOVE_NAME : VEXFS_CMD_SET_NAME, chance.one_in(2) ? NLM_F_ACK : 0);
    netlink.add(VEXFS_ATTR_CHANNEL, &channel, sizeof channel);
    if (!root) netlink.add(VEXFS_ATTR_NAME, name.c_str(), name.size() + 1);
    if (!gone) netlink.add(VEXFS_ATTR_ENTRY, &entry, sizeof entry);
    netlink.send();
}

// One daemon's life.
void live(Run& run, Chance& chance, Netlink& netlink) {
    const int device = open("/dev/" VEXFS_DEVICE, O_RDWR | O_CLOEXEC);
    if (device < 0) return;
    misuse_device(device, chance);
    for (uint64_t i = chance.below(40); i > 0; --i) tell(netlink, device, chance);
    vexfs_serve_args args{};
    args.version = VEXFS_PROTOCOL_VERSION;
    args.call_bytes_max = 1 << 20;
    std::strcpy(reinterpret_cast<char*>(args.instance), instance);
    void* const memory =
        mmap(nullptr, VEXFS_GENERATIONS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
    if (memory != MAP_FAILED && ioctl(device, VEXFS_IOC_SERVE, &args) == 0) {
        std::vector<std::thread> threads;
        for (uint64_t i = 0; i < 2; ++i) {
            threads.emplace_back([&, seed = chance.number() + i] {
                Server(device, static_cast<std::atomic<uint64_t>*>(memory), seed).serve(run);
            });
        }
        const uint64_t until = run.done[replies] + 100 + chance.below(2'000);
        while (run.done[replies] < until && run.next(misuses)) {
            misuse_device(device, chance);
            tell(netlink, device, chance);
            std::this_thread::sleep_for(std::chrono::microseconds(chance.below(500)));
        }
        (void)ioctl(device, VEXFS_IOC_LEAVE);
        for (std::thread& thread : threads) thread.join();
    }
    if (memory != MAP_FAILED) munmap(memory, VEXFS_GENERATIONS_BYTES);
    close(device);
}

}  // namespace

void be_daemon(Run& run, uint64_t seed) {
    Chance chance(seed);
    Netlink netlink;
    while (!run.over()) live(run, chance, netlink);
}

}  // namespace fuzz
