// SPDX-License-Identifier: Apache-2.0
// A fuzzer of the kernel module: an evil daemon, evil programs and evil administrators, each by a seed. It
// looks for nothing itself: what goes wrong, the kernel says.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace fuzz {

inline constexpr const char* instance = "fuzz";
inline constexpr const char* mount_point = "/mnt";

// Of one thread.
class Chance {
  public:
    explicit Chance(uint64_t seed) : engine_(seed) {}
    uint64_t below(uint64_t limit) { return engine_() % limit; }
    bool one_in(uint64_t n) { return below(n) == 0; }
    // Often small, or near a limit, or with all bits set: where mistakes are.
    uint64_t number();
    void fill(std::span<std::byte> bytes);
    // Changes some of the bytes.
    void damage(std::span<std::byte> bytes);

  private:
    std::mt19937_64 engine_;
};

// What there is a share of the cases for, as none of them takes as long as another.
enum Kind { misuses, replies, uses, messages, kinds_of_cases };

// All go on until all have done their share.
struct Run {
    uint64_t share;
    std::array<std::atomic<uint64_t>, kinds_of_cases> done{};

    // One more of a kind; false where it is over.
    bool next(Kind kind) {
        if (over()) return false;
        ++done[kind];
        return true;
    }
    bool over() const {
        return std::ranges::all_of(done, [this](const auto& count) { return count >= share; });
    }
};

// Serves the instance until the run is over, with replies that are more or less right.
void be_daemon(Run& run, uint64_t seed);
// Opens, reads, writes, lists, maps and calls what the daemon claims to have.
void be_program(Run& run, uint64_t seed);
// Sends messages to the netlink family.
void be_administrator(Run& run, uint64_t seed);

}  // namespace fuzz
