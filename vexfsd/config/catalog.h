// SPDX-License-Identifier: Apache-2.0
// What presets and profiles have in common: things with a name that each have a file.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "vexfsd/base/nearest.h"
#include "vexfsd/config/settings.h"

namespace vexfs {

// The one with that name; invalid_argument where its file is wrong, else not_found, naming what there is.
// `kind` is "preset" and the like.
template <class Thing>
Result<const Thing*> find_named(std::string_view kind, const std::string& name,
                                const std::vector<Thing>& things, const std::vector<ConfigProblem>& problems,
                                const std::vector<std::string>& directories) {
    std::vector<std::string> known;
    for (const Thing& thing : things) {
        if (thing.name == name) return &thing;
        known.push_back(thing.name);
    }
    for (const ConfigProblem& problem : problems) {
        if (std::filesystem::path(problem.file).stem() == name) {
            return fail(
                ErrorCode::invalid_argument, fmt::format("{} {} is wrong: {}", kind, name, problem.text()),
                fmt::format("'vexfsctl {} list' shows all that is", kind == "profile" ? "tuning" : kind));
        }
    }
    std::string hint = did_you_mean(name, known);
    if (hint.empty()) {
        hint = known.empty() ? fmt::format("there are none in {}", fmt::join(directories, ", "))
                             : fmt::format("there are {}", fmt::join(known, ", "));
    }
    return fail(ErrorCode::not_found, fmt::format("there is no {} {}", kind, name), std::move(hint));
}

}  // namespace vexfs
