// SPDX-License-Identifier: Apache-2.0
// Checks and repairs under way, one of a collection at a time, and how far each has come.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace vexfs {

struct CheckState {
    uint64_t bytes_done = 0;
    uint64_t bytes_total = 0;
};

// Thread-safe.
class Checks {
  public:
    // Ends the entry with itself.
    class Running {
      public:
        Running(Checks& checks, std::string name) : checks_(&checks), name_(std::move(name)) {}
        Running(Running&& other) noexcept : checks_(other.checks_), name_(std::move(other.name_)) {
            other.checks_ = nullptr;
        }
        Running& operator=(Running&&) = delete;
        ~Running();
        void reached(uint64_t bytes_done, uint64_t bytes_total);

      private:
        Checks* checks_;
        std::string name_;
    };

    // busy where the collection is checked already.
    Result<Running> begin(const std::string& name);
    // None where no check of it runs.
    std::optional<CheckState> state(const std::string& name) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, CheckState> running_;
};

}  // namespace vexfs
