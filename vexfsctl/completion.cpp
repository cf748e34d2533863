// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/completion.h"

#include <fmt/format.h>

#include "vexfsctl/completion_drivers.h"
#include "vexfsctl/help.h"
#include "vexfsctl/nouns.h"

namespace vexfs::ctl {
namespace {

struct Case {
    std::string pattern;
    std::vector<std::string> lines;  // printed; none: it is enough that the pattern is there
};

struct Tables {
    std::vector<Case> paths, option_kinds, argument_kinds, words;
};

std::string kind_text(const Completes& completes) {
    switch (completes.kind) {
        case Completes::Kind::nothing: return "nothing";
        case Completes::Kind::words: return fmt::format("words {}", fmt::join(completes.words, " "));
        case Completes::Kind::file: return "file";
        case Completes::Kind::directory: return "directory";
        case Completes::Kind::collection: return "collection";
        case Completes::Kind::preset: return "preset";
        case Completes::Kind::profile: return "profile";
    }
    return "nothing";
}

std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    return names;
}

// `inherited`: the options of the levels above, which may stand anywhere.
void collect(const Cli& cli, const CLI::App& app, const std::string& path,
             std::vector<const CLI::Option*> inherited, Tables& tables) {
    if (!path.empty()) tables.paths.push_back({path, {}});
    Case words{path, {}};
    for (const CLI::App* verb : app.get_subcommands(is_shown)) {
        words.lines.push_back(fmt::format("{}\t{}", verb->get_name(), verb->get_description()));
    }
    size_t argument = 0;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional()) {
            tables.argument_kinds.push_back(
                {fmt::format("{}:{}", path, ++argument), {kind_text(cli.completes(option))}});
        } else {
            inherited.push_back(option);
        }
    }
    for (const CLI::Option* option : inherited) {
        // Each level has a help of its own; one is enough.
        const bool of_above = option->get_name() == "--help" && app.get_option_no_throw("--help") != option;
        for (const std::string& name : names_of(*option)) {
            if (option->get_items_expected_max() > 0) {
                tables.option_kinds.push_back({path + ":" + name, {kind_text(cli.completes(option))}});
            }
            if (!of_above) words.lines.push_back(fmt::format("{}\t{}", name, option->get_description()));
        }
    }
    tables.words.push_back(std::move(words));
    for (const CLI::App* verb : app.get_subcommands(is_shown)) {
        collect(cli, *verb, path + "/" + verb->get_name(), inherited, tables);
    }
}

Tables tables_of(const Cli& cli) {
    Tables tables;
    collect(cli, cli.tree(), "", {}, tables);
    return tables;
}

// Right for bash, zsh and fish alike.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::string printing(const std::vector<std::string>& lines) {
    if (lines.empty()) return "return 0";
    std::string out = "printf '%s\\n'";
    for (const std::string& line : lines) out += " " + quoted(line);
    return out;
}

std::string posix_function(const std::string& name, const std::vector<Case>& cases) {
    std::string out = fmt::format("_vexfsctl_{}() {{\n    case \"$1\" in\n", name);
    for (const Case& entry : cases) {
        out += fmt::format("        {}) {} ;;\n", quoted(entry.pattern), printing(entry.lines));
    }
    return out + "        *) return 1 ;;\n    esac\n}\n\n";
}

std::string fish_function(const std::string& name, const std::vector<Case>& cases) {
    std::string out = fmt::format("function __vexfsctl_{}\n    switch \"$argv[1]\"\n", name);
    for (const Case& entry : cases) {
        out += fmt::format("        case {}\n            {}\n", quoted(entry.pattern), printing(entry.lines));
    }
    return out + "        case '*'\n            return 1\n    end\nend\n\n";
}

template <class MakeFunction>
std::string functions_of(const Cli& cli, MakeFunction make) {
    const Tables tables = tables_of(cli);
    return make("is_path", tables.paths) + make("option_kind", tables.option_kinds) +
           make("argument_kind", tables.argument_kinds) + make("words", tables.words);
}

}  // namespace

std::string bash_completion(const Cli& cli) {
    return "# bash completion for vexfsctl, made by 'vexfsctl completion bash'\n\n" +
           functions_of(cli, posix_function) + bash_driver;
}

std::string zsh_completion(const Cli& cli) {
    return "#compdef vexfsctl\n# made by 'vexfsctl completion zsh'\n\n" + functions_of(cli, posix_function) +
           zsh_driver;
}

std::string fish_completion(const Cli& cli) {
    return "# fish completion for vexfsctl, made by 'vexfsctl completion fish'\n\n" +
           functions_of(cli, fish_function) + fish_driver;
}

void register_completion(Cli& cli) {
    const auto shell = std::make_shared<std::string>();
    CLI::App* app = cli.noun_alone("completion", "Print a completion script for a shell",
                                   "source <(vexfsctl completion bash)\n"
                                   "vexfsctl completion fish > ~/.config/fish/completions/vexfsctl.fish",
                                   [shell, &cli](Context& context) -> Result<ExitStatus> {
                                       const std::string script = *shell == "bash"  ? bash_completion(cli)
                                                                  : *shell == "zsh" ? zsh_completion(cli)
                                                                                    : fish_completion(cli);
                                       VEXFS_TRY(context.out().print_text(script));
                                       return succeeded;
                                   });
    cli.choice(app, "SHELL", *shell, {"bash", "zsh", "fish"}, "The shell")->required();
}

}  // namespace vexfs::ctl
