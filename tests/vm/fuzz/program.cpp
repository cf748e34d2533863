// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "kmod/uapi/vexfs.h"
#include "tests/vm/fuzz/fuzz.h"

namespace fuzz {
namespace {

class Program {
  public:
    explicit Program(uint64_t seed) : chance_(seed), memory_(1 << 20) {}

    void step() {
        const std::string path = some_path();
        switch (chance_.below(12)) {
            case 0: list(path); break;
            case 1: mkdir(path.c_str(), 0777); break;
            case 2: rmdir(path.c_str()); break;
            case 3: unlink(path.c_str()); break;
            case 4: attributes(path); break;
            default: use(path); break;
        }
    }

  private:
    std::string some_path() {
        std::string path = mount_point;
        for (uint64_t i = 0; i <= chance_.below(3); ++i)
            path += '/' + std::string(1 + chance_.below(2), static_cast<char>('a' + chance_.below(8)));
        return path;
    }

    void list(const std::string& path) {
        DIR* const directory = opendir(path.c_str());
        if (directory == nullptr) return;
        for (int i = 0; i < 100 && readdir(directory) != nullptr; ++i) {
        }
        closedir(directory);
    }

    void attributes(const std::string& path) {
        struct stat status;
        struct statvfs space;
        stat(path.c_str(), &status);
        statvfs(path.c_str(), &space);
        getxattr(path.c_str(), "user.vexfs.x", memory_.data(), chance_.below(5000));
        listxattr(path.c_str(), reinterpret_cast<char*>(memory_.data()), chance_.below(5000));
        setxattr(path.c_str(), "user.vexfs.x", memory_.data(), chance_.below(5000), 0);
        removexattr(path.c_str(), "user.vexfs.x");
        chmod(path.c_str(), 0700);
        (void)truncate(path.c_str(), static_cast<off_t>(chance_.below(1 << 20)));
    }

    void map(int file) {
        const size_t bytes = 1 + chance_.below(1 << 18);
        void* const mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) return;
        // Touched by the kernel, which says EFAULT where a program would get SIGBUS.
        const int nowhere = open("/dev/null", O_WRONLY);
        (void)write(nowhere, mapped, bytes);
        char byte[2];
        int ends[2];
        if (pipe(ends) == 0) {
            if (write(ends[1], mapped, 1) == 1) (void)read(ends[0], byte, 1);
            close(ends[0]);
            close(ends[1]);
        }
        close(nowhere);
        munmap(mapped, bytes);
    }

    void call(int file) {
        vexfs_call_args args{};
        args.request = reinterpret_cast<uint64_t>(memory_.data());
        args.request_bytes = chance_.below(chance_.one_in(4) ? 1 << 18 : 64);
        args.reply = reinterpret_cast<uint64_t>(memory_.data());
        args.reply_bytes = chance_.below(memory_.size());
        args.flags = static_cast<uint32_t>(chance_.below(2));
        if (chance_.one_in(8)) chance_.damage(std::as_writable_bytes(std::span(&args, 1)));
        ioctl(file, chance_.one_in(20) ? chance_.number() : VEXFS_IOC_CALL, &args);
    }

    void use(const std::string& path) {
        static constexpr int ways[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_NONBLOCK};
        const int file = open(path.c_str(), ways[chance_.below(5)] | O_CLOEXEC, 0777);
        if (file < 0) return;
        for (uint64_t i = 0; i < chance_.below(8); ++i) {
            const size_t bytes = chance_.below(chance_.one_in(4) ? memory_.size() : 100);
            const auto offset = static_cast<off_t>(chance_.below(1 << 20));
            switch (chance_.below(8)) {
                case 0: (void)read(file, memory_.data(), bytes); break;
                case 1: (void)write(file, memory_.data(), bytes); break;
                case 2: (void)pread(file, memory_.data(), bytes, offset); break;
                case 3: (void)pwrite(file, memory_.data(), bytes, offset); break;
                case 4: fsync(file); break;
                case 5: map(file); break;
                default: call(file); break;
            }
        }
        close(file);
    }

    Chance chance_;
    std::vector<std::byte> memory_;
};

}  // namespace

void be_program(Run& run, uint64_t seed) {
    Program program(seed);
    while (run.next(uses)) program.step();
}

}  // namespace fuzz
