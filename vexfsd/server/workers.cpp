// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/workers.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/base/thread_name.h"

namespace vexfs {

Result<std::unique_ptr<Workers>> Workers::start(unsigned running_max, unsigned in_work_max, Handler handler) {
    UniqueFd ready(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!ready) return fail_errno("eventfd", errno);
    std::unique_ptr<Workers> workers(
        new Workers(std::move(ready), running_max, in_work_max, std::move(handler)));
    const std::lock_guard lock(workers->mutex_);
    const unsigned first = std::min(running_max, in_work_max);
    try {
        for (; workers->threads_.size() < first; ++workers->coming_)
            workers->threads_.push_back(std::make_unique<Worker>(*workers));
    } catch (const std::system_error& error) {
        return fail_errno(fmt::format("start thread {} of {}", workers->threads_.size() + 1, first),
                          error.code().value());
    }
    return workers;
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        jobs_.clear();
        for (const auto& worker : threads_) worker->called_.notify_one();
    }
    // No worker starts another one now.
    threads_.clear();
}

void Workers::submit(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    call_one();
}

std::vector<Workers::Done> Workers::take_done() {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    eventfd_read(ready_.get(), &count);
    return std::exchange(done_, {});
}

Workers::Load Workers::load() {
    const std::lock_guard lock(mutex_);
    return {jobs_.size(), in_work_};
}

void Workers::set_in_work_max(unsigned in_work_max) {
    const std::lock_guard lock(mutex_);
    in_work_max_ = in_work_max;
    call_one();
}

void Workers::call_one() {
    if (stopping_ || coming_ >= jobs_.size()) return;
    if (running_ + coming_ >= running_max_ || in_work_ + coming_ >= in_work_max_) return;
    if (!idle_.empty()) {
        Worker& worker = *idle_.back();
        idle_.pop_back();
        worker.idle_ = false;
        worker.called_.notify_one();
        ++coming_;
    } else if (threads_.size() < in_work_max_) {
        try {
            threads_.push_back(std::make_unique<Worker>(*this));
            ++coming_;
        } catch (const std::system_error&) {
            // Those that there are will come to it.
        }
    }
}

void Workers::Worker::run() {
    name_thread("vexfs-request");
    Waiting::observe(this);
    std::unique_lock lock(workers_.mutex_);
    --workers_.coming_;
    while (true) {
        while (!workers_.stopping_ && !workers_.may_begin()) {
            idle_ = true;
            workers_.idle_.push_back(this);
            called_.wait(lock, [this] { return workers_.stopping_ || !idle_; });
            if (!idle_) --workers_.coming_;
        }
        if (workers_.stopping_) return;
        Job job = std::move(workers_.jobs_.front());
        workers_.jobs_.pop_front();
        ++workers_.running_;
        ++workers_.in_work_;
        workers_.call_one();
        lock.unlock();
        Message reply = answer(std::move(job.request), job.caller, workers_.handler_);
        const auto held_back = reply.held_back;
        Done done{job.connection, encode_reply(std::move(reply)), held_back};
        job = {};  // its memory counts until the reply is there
        lock.lock();
        --workers_.running_;
        --workers_.in_work_;
        workers_.done_.push_back(std::move(done));
        eventfd_write(workers_.ready_.get(), 1);
    }
}

void Workers::Worker::waits() {
    const std::lock_guard lock(workers_.mutex_);
    --workers_.running_;
    workers_.call_one();
}

// More may compute for a while than are to: what was begun is not stopped.
void Workers::Worker::goes_on() {
    const std::lock_guard lock(workers_.mutex_);
    ++workers_.running_;
}

}  // namespace vexfs
