// SPDX-License-Identifier: Apache-2.0
// The threads that answer requests. Requests go in and replies come out in the event loop's thread; an
// eventfd tells it of replies.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/base/unique_fd.h"
#include "vexfsd/requests/answer.h"

namespace vexfs {

class Workers {
  public:
    struct Job {
        uint64_t connection = 0;
        RawMessage request;
        Caller caller;
    };
    struct Done {
        uint64_t connection = 0;
        Encoded reply;
        std::chrono::microseconds held_back{0};
    };

    static Result<std::unique_ptr<Workers>> start(unsigned threads, Handler handler);
    // Ends after the requests that are in work; those that wait are dropped.
    ~Workers();

    // Readable when there are replies.
    int ready_fd() const { return ready_.get(); }
    void submit(Job job);
    std::vector<Done> take_done();

  private:
    Workers(UniqueFd ready, Handler handler) : ready_(std::move(ready)), handler_(std::move(handler)) {}
    void run();

    UniqueFd ready_;
    Handler handler_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool stopping_ = false;
    std::deque<Job> jobs_;
    std::vector<Done> done_;
    std::vector<std::jthread> threads_;
};

}  // namespace vexfs
