// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/doctor/redactor.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace vexfs::ctl {
namespace {

// What names of collections, hosts and users consist of; a dot parts them as well.
bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string replaced(std::string text, std::string_view word, std::string_view placeholder) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        const size_t end = at + word.size();
        if ((at > 0 && in_word(text[at - 1])) || (end < text.size() && in_word(text[end]))) {
            at = end;
            continue;
        }
        text.replace(at, word.size(), placeholder);
        at += placeholder.size();
    }
    return text;
}

struct Pattern {
    std::regex expression;
    const char* placeholder;
};

const std::vector<Pattern>& patterns() {
    static const std::vector<Pattern> all{
        {std::regex(R"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)"), "ADDRESS"},
        {std::regex(R"(\b([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b)"), "MAC"},
        {std::regex(R"(\b([0-9]{1,3}\.){3}[0-9]{1,3}\b)"), "IP"},
        {std::regex(R"(\b([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b)"), "IP"},
        {std::regex(R"(\b([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,6}\b)"), "IP"},
        {std::regex(R"(/home/[^/\s"':]+)"), "/home/USER"},
    };
    return all;
}

// The expressions recurse over what they match, which has no spaces in it.
constexpr size_t word_max = 1'024;

std::string without_addresses(std::string_view line) {
    std::string all;
    while (!line.empty()) {
        const size_t spaces = std::min(line.find_first_not_of(" \t"), line.size());
        all += line.substr(0, spaces);
        line.remove_prefix(spaces);
        const size_t end = std::min(line.find_first_of(" \t"), line.size());
        if (end > word_max) {
            all += fmt::format("({} bytes)", end);
        } else {
            std::string word(line.substr(0, end));
            for (const Pattern& pattern : patterns())
                word = std::regex_replace(word, pattern.expression, pattern.placeholder);
            all += word;
        }
        line.remove_prefix(end);
    }
    return all;
}

}  // namespace

void Redactor::hide(const std::string& kind, const std::string& word) {
    if (word.empty() || placeholders_.contains(word)) return;
    placeholders_[word] = fmt::format("{}-{}", kind, ++counts_[kind]);
}

std::string Redactor::redact(std::string_view text) const {
    std::string all;
    while (!text.empty()) {
        const size_t newline = text.find('\n');
        std::string line(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        // From the last to the first: of "docs" and "docs.old" the longer one goes first.
        for (auto word = placeholders_.rbegin(); word != placeholders_.rend(); ++word)
            line = replaced(std::move(line), word->first, word->second);
        all += without_addresses(line);
        if (newline != std::string_view::npos) all += '\n';
    }
    return all;
}

}  // namespace vexfs::ctl
