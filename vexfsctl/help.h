// SPDX-License-Identifier: Apache-2.0
// The look of --help and --help-all.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace vexfs::ctl {

// Nouns without a group are not for people.
inline bool is_shown(const CLI::App* app) {
    return !app->get_group().empty();
}

class HelpFormatter : public CLI::Formatter {
  public:
    HelpFormatter();
    // All levels below, where CLI11's own stops after one.
    std::string make_expanded(const CLI::App* app) const override;
    // Usage with the full path and the metavars.
    std::string make_usage(const CLI::App* app, std::string name) const override;
};

// Each line two columns to the right.
std::string indented(std::string_view lines);
// "Exit status:" and the table of them.
std::string exit_status_help();

}  // namespace vexfs::ctl
