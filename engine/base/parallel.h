// SPDX-License-Identifier: Apache-2.0
// A loop shared by some threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "engine/base/function_ref.h"

namespace vexfs {

// Calls body(worker, index) for each index below count, in an order that is not fixed; workers are numbered
// from 0 and the caller is one of them. Returns when all calls have. `body` must not throw.
inline void parallel_for(unsigned threads, size_t count, FunctionRef<void(unsigned, size_t)> body) {
    std::atomic<size_t> next = 0;
    const auto work = [&](unsigned worker) {
        for (size_t index = next++; index < count; index = next++) body(worker, index);
    };
    std::vector<std::jthread> helpers;
    for (unsigned worker = 1; worker < threads && worker < count; ++worker)
        helpers.emplace_back([&work, worker] { work(worker); });
    work(0);
}

}  // namespace vexfs
