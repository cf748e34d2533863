// SPDX-License-Identifier: Apache-2.0
// What the disk gives: `bench-io DIRECTORY` measures the calls that VexFS makes of it, through each backend,
// in a directory of the disk in question.
//
//   append+sync    one write and its fdatasync, as a write of durability `sync`
//   bulk write     a file in 1 MiB or 16 MiB calls and one fdatasync, through the page cache and past it
//   bulk read      a file that is not in the page cache, in 1 MiB or 16 MiB calls
//   mapped random  vectors of 1.5 KiB at random places of a mapped file that is not in the page cache
//   mapped pass    all of them in their order, with the system asked to read ahead so far
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "engine/base/histogram.h"
#include "engine/storage/io_backend.h"
#include "engine/storage/read_ahead.h"

using namespace vexfs;

namespace {

using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
    if (!result) {
        fmt::print(stderr, "bench-io: {}\n", result.error().message);
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double seconds(const std::function<void()>& work) {
    const auto begin = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::byte* aligned_buffer(size_t bytes) {
    void* const memory = std::aligned_alloc(4096, bytes);
    std::memset(memory, 0x5a, bytes);
    return static_cast<std::byte*>(memory);
}

void forget(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

constexpr size_t file_bytes = size_t{256} << 20;
constexpr size_t call_bytes_max = size_t{16} << 20;

class Bench {
  public:
    Bench(std::string_view name, Disk& disk, std::string path)
        : name_(name), disk_(disk), path_(std::move(path)), buffer_(aligned_buffer(call_bytes_max)) {}
    ~Bench() {
        std::free(buffer_);
        static_cast<void>(disk_.remove(path_));
    }

    void append_and_sync(size_t bytes, size_t calls) {
        const auto file = fresh(false);
        Histogram ns;
        const iovec part{buffer_, bytes};
        for (size_t i = 0; i < calls; ++i) {
            const auto begin = Clock::now();
            must(file->write_and_sync(i * bytes, {&part, 1}));
            ns.record(static_cast<uint64_t>((Clock::now() - begin).count()));
        }
        const HistogramCounts counts = ns.counts();
        fmt::print("{:9} append+sync    {:6} KiB             {:8.0f} us at the median, {:8.0f} us p99\n",
                   name_, bytes >> 10, static_cast<double>(counts.percentile(.5)) / 1e3,
                   static_cast<double>(counts.percentile(.99)) / 1e3);
    }

    void bulk_write(size_t bytes, bool direct) {
        const auto file = fresh(direct);
        const double took = seconds([&] {
            for (size_t at = 0; at < file_bytes; at += bytes) {
                const iovec part{buffer_, bytes};
                must(file->write_at(at, {&part, 1}));
            }
            must(file->sync());
        });
        fmt::print("{:9} bulk write     {:6} KiB {:10}  {:8.0f} MiB/s\n", name_, bytes >> 10,
                   file->direct() ? "direct" : "page cache", (file_bytes >> 20) / took);
    }

    void bulk_read(size_t bytes) {
        forget(path_);
        const auto file = must(disk_.open(path_));
        const double took = seconds([&] {
            for (size_t at = 0; at < file_bytes; at += bytes) must(file->read_at(at, {buffer_, bytes}));
        });
        fmt::print("{:9} bulk read      {:6} KiB             {:8.0f} MiB/s\n", name_, bytes >> 10,
                   (file_bytes >> 20) / took);
    }

    void mapped_random(int advice, std::string_view advised) {
        forget(path_);
        const auto file = must(disk_.open(path_));
        const auto mapping = must(file->map(file_bytes));
        madvise(const_cast<std::byte*>(mapping->data()), file_bytes, advice);
        std::mt19937_64 random(1);
        constexpr size_t touches = 5000;
        uint64_t sum = 0;
        const double took = seconds([&] {
            for (size_t i = 0; i < touches; ++i) sum += touch(mapping->data(), random() % vectors);
        });
        fmt::print("mapped random  {:18} {:8.1f} us a vector ({})\n", advised, took * 1e6 / touches, sum % 2);
    }

    void mapped_pass(int advice, std::string_view advised, uint64_t read_ahead_kb, bool cold) {
        if (cold) forget(path_);
        const auto file = must(disk_.open(path_));
        const auto mapping = must(file->map(file_bytes));
        madvise(const_cast<std::byte*>(mapping->data()), file_bytes, advice);
        // In memory and in the page table.
        if (!cold)
            for (size_t i = 0; i < vectors; ++i) touch(mapping->data(), i);
        uint64_t sum = 0;
        const double took = seconds([&] {
            ReadAhead ahead(read_ahead_kb << 10);
            for (size_t i = 0; i < vectors; ++i) {
                ahead.at(mapping->data() + i * vector_bytes);
                sum += touch(mapping->data(), i);
            }
        });
        fmt::print("mapped pass    {:18} read_ahead_kb {:5} {} {:8.0f} MiB/s ({})\n", advised, read_ahead_kb,
                   cold ? "cold" : "warm", (file_bytes >> 20) / took, sum % 2);
    }

  private:
    static constexpr size_t vector_bytes = 1536;
    static constexpr size_t vectors = file_bytes / vector_bytes;

    static uint64_t touch(const std::byte* data, size_t vector) {
        uint64_t sum = 0;
        const auto* words = reinterpret_cast<const uint64_t*>(data + vector * vector_bytes);
        for (size_t i = 0; i < vector_bytes / sizeof(uint64_t); ++i) sum += words[i];
        return sum;
    }

    std::unique_ptr<File> fresh(bool direct) {
        static_cast<void>(disk_.remove(path_));
        return must(direct ? disk_.create_bulk(path_) : disk_.create(path_));
    }

    std::string_view name_;
    Disk& disk_;
    std::string path_;
    std::byte* buffer_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: bench-io DIRECTORY\n");
        return 2;
    }
    for (const IoBackend backend : {IoBackend::posix, IoBackend::io_uring}) {
        const ChosenDisk chosen = choose_disk(backend);
        if (!chosen.why.empty()) fmt::print("{}\n", chosen.why);
        if (chosen.backend != backend) continue;
        Bench bench(name_of(backend), *chosen.disk, std::string(argv[1]) + "/bench-io.tmp");
        for (const size_t kib : {4, 64, 1024}) bench.append_and_sync(kib << 10, 200);
        for (const bool direct : {false, true})
            for (const size_t mib : {1, 16}) bench.bulk_write(mib << 20, direct);
        for (const size_t mib : {1, 16}) bench.bulk_read(mib << 20);
        if (backend != IoBackend::posix) continue;
        bench.mapped_random(MADV_NORMAL, "MADV_NORMAL");
        bench.mapped_random(MADV_RANDOM, "MADV_RANDOM");
        for (const bool cold : {true, false}) {
            bench.mapped_pass(MADV_RANDOM, "MADV_RANDOM", 0, cold);
            for (const uint64_t kib : {0, 128, 1024, 8192})
                bench.mapped_pass(MADV_NORMAL, "MADV_NORMAL", kib, cold);
        }
    }
    return 0;
}
