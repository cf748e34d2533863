// SPDX-License-Identifier: Apache-2.0
// What is mounted where, as the kernel says, without a question to whoever serves it.
#pragma once

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace vexfs {

struct Mounted {
    std::string type, source;
};

// As the kernel writes it in mountinfo: blanks and backslashes are octal.
inline std::string unescape_mount(const std::string& text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// The file system that was mounted last on a directory, which is absolute and without links.
inline std::optional<Mounted> mounted_on(const std::string& directory) {
    std::ifstream table("/proc/self/mountinfo");
    std::string line;
    std::optional<Mounted> last;
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string skipped, place, field, type, source;
        fields >> skipped >> skipped >> skipped >> skipped >> place;
        while (fields >> field && field != "-") continue;
        if (unescape_mount(place) == directory && fields >> type >> source)
            last = Mounted{type, unescape_mount(source)};
    }
    return last;
}

}  // namespace vexfs
