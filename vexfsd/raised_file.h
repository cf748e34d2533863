// SPDX-License-Identifier: Apache-2.0
// The alerts that are raised, in a file of the data directory: so that the daemon that comes next tells that
// one is cleared. Of one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "vexfsd/watch/alerts.h"

namespace vexfs {

class RaisedFile {
  public:
    explicit RaisedFile(std::string path) : path_(std::move(path)) {}
    // What the file says. None where there is no file.
    Result<std::vector<KeptAlert>> read();
    // Writes what is raised after the event, where that changes it.
    Result<void> note(const AlertEvent& event);

  private:
    Result<void> write() const;

    const std::string path_;
    std::map<std::pair<std::string, std::string>, KeptAlert> raised_;  // by rule and collection
};

}  // namespace vexfs
