// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/workers.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace vexfs {

Result<std::unique_ptr<Workers>> Workers::start(unsigned threads, Handler handler) {
    UniqueFd ready(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!ready) return fail_errno("eventfd", errno);
    std::unique_ptr<Workers> workers(new Workers(std::move(ready), std::move(handler)));
    try {
        for (unsigned i = 0; i < threads; ++i)
            workers->threads_.emplace_back([w = workers.get()] { w->run(); });
    } catch (const std::system_error& error) {
        return fail_errno(fmt::format("start thread {} of {}", workers->threads_.size() + 1, threads),
                          error.code().value());
    }
    return workers;
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        jobs_.clear();
        changed_.notify_all();
    }
    threads_.clear();
}

void Workers::submit(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_one();
}

std::vector<Workers::Done> Workers::take_done() {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    eventfd_read(ready_.get(), &count);
    return std::exchange(done_, {});
}

void Workers::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        Message reply = answer(std::move(job.request), job.caller, handler_);
        const auto held_back = reply.held_back;
        Done done{job.connection, encode_reply(std::move(reply)), held_back};
        job = {};  // its memory counts until the reply is there
        lock.lock();
        done_.push_back(std::move(done));
        eventfd_write(ready_.get(), 1);
    }
}

}  // namespace vexfs
