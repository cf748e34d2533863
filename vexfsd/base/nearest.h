// SPDX-License-Identifier: Apache-2.0
// The known name that a mistyped one was probably meant to be, for the hints of errors.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace vexfs {

inline constexpr size_t nearest_name_bytes_max = 128;

// Levenshtein's distance.
inline size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

// The nearest of `known`, or "" where none is close: at most a third of the name's letters differ, and never
// more than three. `known` is a range of things that make a std::string_view.
template <class Names>
std::string nearest_name(std::string_view name, const Names& known) {
    if (name.size() > nearest_name_bytes_max) return {};
    std::string nearest;
    size_t least = std::min<size_t>(3, std::max<size_t>(1, name.size() / 3)) + 1;
    for (const auto& candidate : known) {
        const size_t distance = edit_distance(name, std::string_view(candidate));
        if (distance < least) {
            least = distance;
            nearest = std::string_view(candidate);
        }
    }
    return nearest;
}

// "did you mean \"NAME\"?", or "".
template <class Names>
std::string did_you_mean(std::string_view name, const Names& known) {
    const std::string nearest = nearest_name(name, known);
    return nearest.empty() ? nearest : "did you mean \"" + nearest + "\"?";
}

}  // namespace vexfs
