// SPDX-License-Identifier: Apache-2.0
// The threads that answer requests, in the order in which they come. Requests go in and replies come out in
// the event loop's thread; an eventfd tells it of replies.
//
// As many requests compute at once as `running_max` says. One that waits (engine/base/waiting.h) lets the
// next one begin, up to `in_work_max` of them, so that the disk and long work hold nobody up.
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
#include "engine/base/waiting.h"
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

    static Result<std::unique_ptr<Workers>> start(unsigned running_max, unsigned in_work_max,
                                                  Handler handler);
    // Ends after the requests that are in work; those that wait for their turn are dropped.
    ~Workers();

    // Readable when there are replies.
    int ready_fd() const { return ready_.get(); }
    void submit(Job job);
    std::vector<Done> take_done();
    // Holds for requests that are not begun yet.
    void set_in_work_max(unsigned in_work_max);
    // Requests that wait for a thread, and those that have one. Thread-safe.
    struct Load {
        uint64_t waiting = 0, in_work = 0;
    };
    Load load();

  private:
    // One thread.
    class Worker final : Waiting::Observer {
      public:
        explicit Worker(Workers& workers) : workers_(workers), thread_([this] { run(); }) {}

      private:
        friend class Workers;
        void run();
        void waits() override;
        void goes_on() override;

        Workers& workers_;
        std::condition_variable called_;
        bool idle_ = false;
        std::jthread thread_;
    };

    Workers(UniqueFd ready, unsigned running_max, unsigned in_work_max, Handler handler)
        : ready_(std::move(ready)),
          handler_(std::move(handler)),
          running_max_(running_max),
          in_work_max_(in_work_max) {}
    // Under mutex_.
    bool may_begin() const { return !jobs_.empty() && running_ < running_max_ && in_work_ < in_work_max_; }
    // Calls a worker where a request may begin and nobody comes for it yet.
    void call_one();

    UniqueFd ready_;
    Handler handler_;
    const unsigned running_max_;
    std::mutex mutex_;  // guards what follows
    unsigned in_work_max_;
    bool stopping_ = false;
    std::deque<Job> jobs_;
    std::vector<Done> done_;
    unsigned running_ = 0;  // requests that compute
    unsigned in_work_ = 0;  // and those that wait
    unsigned coming_ = 0;   // workers that were called, or started
    // The last one to become idle is the first that is called: its memory is warm.
    std::vector<Worker*> idle_;
    std::vector<std::unique_ptr<Worker>> threads_;
};

}  // namespace vexfs
