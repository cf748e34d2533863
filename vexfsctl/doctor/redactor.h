// SPDX-License-Identifier: Apache-2.0
// Takes names out of text that leaves the machine.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vexfs::ctl {

class Redactor {
  public:
    // Words of that kind become "KIND-1", "KIND-2" and so on, the same one always the same.
    void hide(const std::string& kind, const std::string& word);

    // Without those words, addresses of the network (IP, MAC, e-mail) and names of home directories.
    std::string redact(std::string_view text) const;

  private:
    std::map<std::string, size_t> counts_;             // by kind
    std::map<std::string, std::string> placeholders_;  // by word
};

}  // namespace vexfs::ctl
