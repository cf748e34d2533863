// SPDX-License-Identifier: Apache-2.0
#include "vexfsd/server/workers.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <new>
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
        Done done = answer(job);
        job = {};  // its memory counts until the reply is there
        lock.lock();
        done_.push_back(std::move(done));
        eventfd_write(ready_.get(), 1);
    }
}

Workers::Done Workers::answer(Job& job) const {
    Message reply;
    try {
        auto header = decode_header(job.request.header);
        if (header) {
            Message request;
            request.header = std::move(*header);
            request.body = std::move(job.request.body);
            request.text = job.request.text;
            reply = handler_(request, job.caller);
        } else {
            reply = error_message(header.error());
        }
        reply.text = job.request.text;
        const auto held_back = reply.held_back;
        return {job.connection, encode_parts(std::move(reply)), held_back};
    } catch (const std::bad_alloc&) {
        reply = error_message(
            {ErrorCode::too_large, "there is not enough memory for this request", "ask for less at a time"});
        reply.text = job.request.text;
        const auto held_back = reply.held_back;
        return {job.connection, encode_parts(std::move(reply)), held_back};
    }
}

}  // namespace vexfs
