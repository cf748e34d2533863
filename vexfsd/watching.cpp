// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/watching.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

#include "engine/base/thread_name.h"
#include "vexfsd/tuner/tuning.h"

namespace vexfs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds tuning_interval{5};

TuningFigures look_at_tuning() {
    TuningFigures figures;
    const tuner::KernelValues kernel;
    const auto report = tuner::Tuning(kernel).status();
    if (!report) return figures;
    figures.state = name_of(report->state);
    figures.profile = report->profile;
    figures.drifted = static_cast<uint64_t>(
        std::ranges::count(report->values, tuner::ValueState::drifted, &tuner::ValueReport::state));
    return figures;
}

}  // namespace

Watching::Watching(Service& service)
    : thread_([this, &service](const std::stop_token& stop) { watch(service, stop); }) {}

void Watching::watch(Service& service, const std::stop_token& stop) {
    name_thread("vexfs-watch");
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    for (auto next = Clock::now(); !stop.stop_requested();) {
        try {
            service.sample();
        } catch (const std::exception& error) {
            spdlog::warn("no figures of this second: {}", error.what());
        }
        last_ = Clock::now();
        // After a long one the seconds that were missed are not made up for.
        next = std::max(next + interval, Clock::now());
        stopped.wait_until(lock, stop, next, [] { return false; });
    }
}

std::function<TuningFigures()> tuning_watch() {
    struct Looked {
        Clock::time_point next{};
        TuningFigures figures;
    };
    return [looked = std::make_shared<Looked>()] {
        if (Clock::now() >= looked->next) {
            looked->figures = look_at_tuning();
            looked->next = Clock::now() + tuning_interval;
        }
        return looked->figures;
    };
}

}  // namespace vexfs
