// SPDX-License-Identifier: Apache-2.0
// Says that what runs in this thread waits, for a disk or for work that others do: who lends threads to
// requests lets another one compute meanwhile.
#pragma once

#include <utility>

namespace vexfs {

class Waiting {
  public:
    // Of one thread. Its functions are called in that thread, in turn.
    class Observer {
      public:
        virtual void waits() = 0;
        virtual void goes_on() = 0;

      protected:
        ~Observer() = default;
    };

    // Who is told of this thread's waits; null for nobody.
    static void observe(Observer* observer) { of_thread() = observer; }

    // Within another wait it changes nothing.
    Waiting() : observer_(std::exchange(of_thread(), nullptr)) {
        if (observer_ != nullptr) observer_->waits();
    }
    ~Waiting() {
        if (observer_ == nullptr) return;
        observer_->goes_on();
        of_thread() = observer_;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    static Observer*& of_thread() {
        thread_local Observer* observer = nullptr;
        return observer;
    }

    Observer* const observer_;
};

}  // namespace vexfs
