// SPDX-License-Identifier: Apache-2.0
// What calls cost by the kernel module and by FUSE, in one machine, side by side.
//
// usage: side-by-side MODULE_MOUNT MODULE_PID FUSE_MOUNT FUSE_PID FILE
//
// Both mounts have a collection `docs` of 2 dimensions with 1,000 points, and `rows` of 100 dimensions, which
// is filled here. The PIDs are of their daemons, whose own time is told beside: what they do with a request
// is the same by both ways. FILE is made on the disk that holds the collections, with as many bytes as the
// array `rows/vectors.npy`: what the other is where that is read, once of large batches alone, then of all.
// Ends with 1 where a ratio is not held.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kmod/uapi/vexfs.h"

namespace {

constexpr int rounds = 9;  // of which the median counts
constexpr uint32_t dimension = 100;

struct Batch {
    uint32_t rows;
    int of_a_round;
};
constexpr Batch batches[] = {{10, 50}, {100, 10}, {2'000, 2}};
constexpr int first_batches = 25;  // of 2,000

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

using Work = std::function<void()>;

double seconds(const Work& work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of[of.size() / 2];
}

// In user mode, of all threads of a vexfsd.
double own_seconds(const std::string& pid) {
    constexpr int utime = 14;  // among the fields of proc(5)
    std::ifstream file("/proc/" + pid + "/stat");
    std::string field;
    for (int i = 0; i < utime; ++i) file >> field;
    if (!file) give_up(pid.c_str());
    return std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// One of two ways to do something, by a daemon.
struct Side {
    std::string pid;
    std::vector<double> took, own;  // each round, of each time

    void run(int count, const Work& work) {
        const double own_before = own_seconds(pid);
        took.push_back(seconds([&] {
                           for (int i = 0; i < count; ++i) work();
                       }) /
                       count);
        own.push_back((own_seconds(pid) - own_before) / count);
    }
    std::string told() const {
        double sum = 0;
        for (const double each : own) sum += each;
        char text[80];
        std::snprintf(text, sizeof text, "%9.1f us (daemon's own %8.1f)", median(took) * 1e6,
                      sum / static_cast<double>(own.size()) * 1e6);
        return text;
    }
};

class Comparison {
  public:
    Comparison(std::string module_pid, std::string other_pid)
        : module_pid_(std::move(module_pid)), other_pid_(std::move(other_pid)) {}

    // Both in turns, so that what else the machine does meets both. Whether the first takes at most so many
    // times as long as the other, by the median of the rounds.
    void compare(const std::string& name, int count, const Work& by_module, const Work& by_other,
                 double ratio_max) {
        Side module{module_pid_, {}, {}}, other{other_pid_, {}, {}};
        std::vector<double> ratios;
        for (int round = 0; round < rounds; ++round) {
            module.run(count, by_module);
            other.run(count, by_other);
            ratios.push_back(module.took.back() / other.took.back());
        }
        const bool held = median(ratios) <= ratio_max;
        std::printf("%-15s module %s, other %s, ratio %.3f, at most %.3f: %s\n", name.c_str(),
                    module.told().c_str(), other.told().c_str(), median(ratios), ratio_max,
                    held ? "held" : "NOT HELD");
        held_ = held_ && held;
    }
    bool held() const { return held_; }

  private:
    const std::string module_pid_, other_pid_;
    bool held_ = true;
};

class Call {
  public:
    explicit Call(const std::string& path) : file_(open(path.c_str(), O_RDWR)), reply_(1 << 20) {
        if (file_ < 0) give_up(path.c_str());
    }
    ~Call() { close(file_); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void by_ioctl(const std::string& request, uint32_t flags) {
        vexfs_call_args args{};
        args.request = reinterpret_cast<uint64_t>(request.data());
        args.request_bytes = request.size();
        args.reply = reinterpret_cast<uint64_t>(reply_.data());
        args.reply_bytes = reply_.size();
        args.flags = flags;
        if (ioctl(file_, VEXFS_IOC_CALL, &args) != 0 || args.reply_bytes == 0) give_up("VEXFS_IOC_CALL");
    }
    void by_write_and_read(const std::string& request) {
        if (write(file_, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
            give_up("write");
        if (read(file_, reply_.data(), reply_.size()) <= 0) give_up("read");
    }

  private:
    const int file_;
    std::vector<char> reply_;
};

// Its header is padded, as vexfs-protocol(7) advises.
std::string frame(std::string header, const std::string& body) {
    header.resize((header.size() + 3) / 4 * 4, ' ');
    std::string bytes("VXF2");
    const auto header_bytes = static_cast<uint32_t>(header.size());
    const uint64_t body_bytes = body.size();
    bytes.append(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
    bytes.append(reinterpret_cast<const char*>(&body_bytes), sizeof body_bytes);
    return bytes + header + body;
}

std::string batch(uint32_t batch_rows) {
    std::minstd_rand random(1);
    std::string body;
    for (uint32_t i = 0; i < batch_rows * dimension; ++i) {
        const float value = static_cast<float>(random()) / static_cast<float>(std::minstd_rand::max());
        body.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return frame(R"({"op":"insert","collection":"rows","arrays":[{"name":"vectors","dtype":"f32","shape":[)" +
                     std::to_string(batch_rows) + "," + std::to_string(dimension) + "]}]}",
                 body);
}

void write_zeros(const std::string& path, uintmax_t bytes) {
    std::ofstream file(path, std::ios::binary);
    const std::vector<char> some(1 << 20);
    for (uintmax_t left = bytes; left > 0; left -= std::min<uintmax_t>(left, some.size()))
        file.write(some.data(), static_cast<std::streamsize>(std::min<uintmax_t>(left, some.size())));
    if (!file.flush()) give_up(path.c_str());
}

// A file that is open, read from its beginning to its end.
class Whole {
  public:
    explicit Whole(const std::string& path) : bytes_(1 << 17) {
        const double took = seconds([&] { file_ = open(path.c_str(), O_RDONLY); });
        if (file_ < 0) give_up(path.c_str());
        std::printf("%s is opened in %.1f us\n", path.c_str(), took * 1e6);
    }
    ~Whole() { close(file_); }
    Whole(const Whole&) = delete;
    Whole& operator=(const Whole&) = delete;

    void read_all() {
        if (lseek(file_, 0, SEEK_SET) != 0) give_up("lseek");
        ssize_t got = 0;
        while ((got = read(file_, bytes_.data(), bytes_.size())) > 0) {
        }
        if (got < 0) give_up("read");
    }

  private:
    int file_ = -1;
    std::vector<char> bytes_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    const std::string module = argv[1], fuse = argv[3], plain = argv[5];
    Comparison sides(argv[2], argv[4]);
    const std::string nothing = frame("{}", "");  // says no operation: the reply tells so, and that is all
    const std::string search =
        frame(R"({"op":"search","collection":"docs","vector":[0.5,0.5],"limit":10})", "");
    Call by_module(module + "/.vexfs/call"), by_fuse(fuse + "/.vexfs/call");
    sides.compare(
        "call", 200, [&] { by_module.by_ioctl(nothing, 0); }, [&] { by_fuse.by_write_and_read(nothing); },
        0.5);
    sides.compare(
        "cached search", 200, [&] { by_module.by_ioctl(search, VEXFS_CALL_REPEATABLE); },
        [&] { by_fuse.by_write_and_read(search); }, 0.2);
    const std::string many = batch(2'000);
    for (int i = 0; i < first_batches; ++i) {
        by_module.by_ioctl(many, 0);
        by_fuse.by_write_and_read(many);
    }
    const std::string array = module + "/rows/vectors.npy";
    const auto read_beside = [&](const std::string& name) {
        write_zeros(plain, std::filesystem::file_size(array));
        Whole whole(array), of_the_disk(plain);
        sides.compare(
            name, 2, [&] { whole.read_all(); }, [&] { of_the_disk.read_all(); }, 1.1);
    };
    read_beside("vectors.npy");
    for (const Batch& each : batches) {
        const std::string insert = batch(each.rows);
        sides.compare(
            "insert of " + std::to_string(each.rows), each.of_a_round, [&] { by_module.by_ioctl(insert, 0); },
            [&] { by_fuse.by_write_and_read(insert); }, 1 / 1.5);
    }
    read_beside("... of all");
    return sides.held() ? 0 : 1;
}
