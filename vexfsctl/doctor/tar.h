// SPDX-License-Identifier: Apache-2.0
// A tar archive of small text files, in POSIX's ustar format.
#pragma once

#include <string>
#include <string_view>

namespace vexfs::ctl {

class Tar {
  public:
    // `name` has 100 bytes at most.
    void add(std::string_view name, std::string_view content, int64_t modified_s);
    // The archive, ended.
    std::string finish();

  private:
    std::string bytes_;
};

}  // namespace vexfs::ctl
