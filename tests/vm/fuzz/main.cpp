// SPDX-License-Identifier: Apache-2.0
// usage: fuzz-module CASES SEED
//
// The instance `fuzz` is mounted on /mnt meanwhile, with a park_ms that is short.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/vm/fuzz/fuzz.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    signal(SIGPIPE, SIG_IGN);
    fuzz::Run run{std::strtoull(argv[1], nullptr, 10) / fuzz::kinds_of_cases};
    uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    std::vector<std::thread> threads;
    threads.emplace_back(fuzz::be_daemon, std::ref(run), ++seed);
    threads.emplace_back(fuzz::be_program, std::ref(run), ++seed);
    threads.emplace_back(fuzz::be_program, std::ref(run), ++seed);
    threads.emplace_back(fuzz::be_administrator, std::ref(run), ++seed);
    for (std::thread& thread : threads) thread.join();
    std::printf("%s cases, seed %s: %ju of the device, %ju replies, %ju uses of files, %ju messages\n",
                argv[1], argv[2], uintmax_t{run.done[fuzz::misuses]}, uintmax_t{run.done[fuzz::replies]},
                uintmax_t{run.done[fuzz::uses]}, uintmax_t{run.done[fuzz::messages]});
}
