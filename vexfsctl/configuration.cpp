// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vexfs::ctl {
namespace {

constexpr size_t shown_problems_max = 100;

tl::unexpected<Error> wrong(const Output& out, const std::vector<ConfigProblem>& problems) {
    if (problems.size() == 1) {
        ConfigProblem problem = problems.front();
        const std::string hint = std::exchange(problem.hint, "");
        return fail(ErrorCode::invalid_argument, problem.text(), hint);
    }
    if (out.format() != OutputFormat::json) {
        for (size_t i = 0; i < std::min(problems.size(), shown_problems_max); ++i)
            out.note(problems[i].text());
    }
    return fail(ErrorCode::invalid_argument, fmt::format("the configuration has {} mistakes, the first: {}",
                                                         problems.size(), problems.front().text()));
}

}  // namespace

Result<Configuration> right_configuration(const Output& out, const ConfigSources& sources) {
    auto configuration = load_configuration(sources);
    if (!configuration) return wrong(out, configuration.error());
    return *std::move(configuration);
}

}  // namespace vexfs::ctl
