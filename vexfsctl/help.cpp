// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/help.h"

#include <fmt/format.h>

#include <sstream>

#include "vexfsctl/exit_status.h"

namespace vexfs::ctl {
namespace {

constexpr size_t option_columns = 34;

std::string path_of(const CLI::App* app) {
    const std::string name = app->get_name();
    return app->get_parent() == nullptr ? name : path_of(app->get_parent()) + " " + name;
}

}  // namespace

HelpFormatter::HelpFormatter() {
    column_width(option_columns);
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string) const {
    std::string usage = "\nUsage: " + path_of(app);
    if (!app->get_subcommands({}).empty()) {
        const bool verb_needed = app->get_require_subcommand_min() > 0;
        usage += app->get_parent() == nullptr ? " [OPTION...] NOUN [VERB]"
                 : verb_needed                ? " VERB"
                                              : " [VERB]";
    }
    for (const CLI::Option* option : app->get_options()) {
        if (option->get_positional()) usage += " " + make_option_usage(option);
    }
    if (app->get_parent() != nullptr) usage += " [OPTION...]";
    return usage + "\n";
}

std::string HelpFormatter::make_expanded(const CLI::App* app) const {
    std::string text;
    if (app->get_subcommands({}).empty()) {
        text = "\n" + path_of(app) + ": " + app->get_description() + "\n";
        text += make_positionals(app) + make_groups(app, CLI::AppFormatMode::Sub);
    }
    for (const CLI::App* subcommand : app->get_subcommands(is_shown)) text += make_expanded(subcommand);
    return text;
}

std::string indented(std::string_view lines) {
    std::string text = "  ";
    for (const char c : lines) {
        text += c;
        if (c == '\n') text += "  ";
    }
    return text;
}

std::string exit_status_help() {
    std::string text = "Exit status:";
    for (const ExitStatusRow& row : exit_statuses()) {
        text += fmt::format("\n  {:>3}  {}", static_cast<int>(row.status), row.meaning);
    }
    return text;
}

}  // namespace vexfs::ctl
