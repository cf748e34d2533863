// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "vexfsctl/help.h"
#include "vexfsctl/ssh.h"
#include "vexfsd/base/nearest.h"

namespace vexfs::ctl {
namespace {

OutputFormat format_from_name(const std::string& name) {
    if (name == "json") return OutputFormat::json;
    return name == "plain" ? OutputFormat::plain : OutputFormat::table;
}

// The format asked for where parsing failed before it got so far.
OutputFormat format_from_arguments(int argc, const char* const* argv) {
    OutputFormat format = OutputFormat::table;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        for (const std::string_view name : {"-o", "--output"}) {
            if (argument == name && i + 1 < argc) format = format_from_name(argv[i + 1]);
            if (argument == std::string(name) + "=json" || argument == "-ojson") format = OutputFormat::json;
        }
    }
    return format;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* subcommand : app.get_subcommands(is_shown)) names.push_back(subcommand->get_name());
    return names;
}

std::unique_ptr<Endpoint> endpoint_of(const GlobalOptions& options) {
    if (!options.host.empty()) return ssh_endpoint(options.host, options.socket);
    return options.embedded.empty() ? socket_endpoint(socket_path(options.socket))
                                    : embedded_endpoint(options.embedded);
}

// The arguments without --host and its value.
std::vector<std::string> without_host(int argc, const char* const* argv) {
    std::vector<std::string> left;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "-H" || word == "--host") {
            ++i;
        } else if (!word.starts_with("-H") && !word.starts_with("--host=")) {
            left.emplace_back(word);
        }
    }
    return left;
}

std::vector<std::string> long_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    return names;
}

}  // namespace

Context::Context(const GlobalOptions& options)
    : options_(options), out_(format_from_name(options.output)), endpoint_(endpoint_of(options)) {}

Result<Message> Context::call(Message request) {
    if (embedded()) return call_once(request);
    // From when it was found gone: the call may have taken long before that.
    std::optional<std::chrono::steady_clock::time_point> give_up;
    while (true) {
        auto reply = call_once(request);
        if (reply || reply.error().code != ErrorCode::unavailable || !was_connected_) return reply;
        const bool in_doubt = transport_ && transport_->broken();
        transport_.reset();
        const auto now = std::chrono::steady_clock::now();
        if (!give_up) give_up = now + restart_patience;
        if ((in_doubt && !is_repeatable(request)) || now > *give_up) return reply;
        std::this_thread::sleep_for(restart_poll);
    }
}

Result<Message> Context::call(std::string_view operation) {
    Message request;
    request.header["op"] = operation;
    return call(std::move(request));
}

Result<Message> Context::call_once(const Message& request) {
    if (!transport_) {
        VEXFS_ASSIGN(transport_, endpoint_->connect());
        was_connected_ = was_connected_ || !remote();
    }
    auto reply = transport_->call(request);
    // Of a daemon behind ssh that is the first sign.
    was_connected_ = was_connected_ || reply.has_value();
    return reply;
}

Cli::Cli() : app_("Administers VexFS: collections of vectors, searches, imports.", "vexfsctl") {
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_help_flag("-h,--help", "Show this help")->group("Common options");
    app_.set_help_all_flag("--help-all", "Show the help of all verbs")->group("Common options");
    app_.set_version_flag("--version", VEXFS_VERSION, "Show the version")->group("Common options");
    app_.require_subcommand(1);
    app_.fallthrough();  // so that common options may stand behind the verb, too
    app_.footer(exit_status_help());
    choice(&app_, "-o,--output", options_.output, {"table", "plain", "json"},
           "How to print: table for people, plain tab-separated for scripts, json for programs")
        ->group("Common options");
    CLI::Option* socket = option(&app_, "--socket", options_.socket, "PATH",
                                 "The daemon's socket; else $VEXFS_SOCKET, else /run/vexfs/vexfsd.sock",
                                 {Completes::Kind::file, {}})
                              ->group("Common options");
    CLI::Option* embedded =
        option(&app_, "--embedded", options_.embedded, "DIR",
               "Do without the daemon: run the engine in this process on the data directory DIR",
               {Completes::Kind::directory, {}})
            ->group("Common options")
            ->excludes(socket);
    option(&app_, "-H,--host", options_.host, "[USER@]HOST", "Ask the daemon of another machine, by ssh(1)")
        ->group("Common options")
        ->excludes(embedded);
}

CLI::App* Cli::noun(const std::string& name, const std::string& description) {
    CLI::App* app = app_.add_subcommand(name, description)->group("Nouns");
    app->require_subcommand(1);
    return app;
}

CLI::App* Cli::noun_within(CLI::App* noun, const std::string& name, const std::string& description) {
    CLI::App* app = noun->add_subcommand(name, description)->group("Verbs");
    app->require_subcommand(1);
    return app;
}

CLI::App* Cli::verb(CLI::App* noun, const std::string& name, const std::string& description,
                    const std::string& examples, Action action) {
    CLI::App* app = noun->add_subcommand(name, description)->group(noun == &app_ ? "Nouns" : "Verbs");
    app->require_subcommand(0);
    app->footer(examples.empty() ? "" : "Examples:\n" + indented(examples));
    actions_[app] = std::move(action);
    return app;
}

CLI::App* Cli::noun_alone(const std::string& name, const std::string& description,
                          const std::string& examples, Action action) {
    return verb(&app_, name, description, examples, std::move(action));
}

CLI::Option* Cli::list_option(CLI::App* app, const std::string& names, std::vector<std::string>& values,
                              const std::string& metavar, const std::string& description,
                              Completes completes) {
    CLI::Option* made = app->add_option(names, values, description)->option_text(metavar);
    // One value each time, so that what follows can be an argument.
    made->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    completes_[made] = std::move(completes);
    return made;
}

CLI::Option* Cli::choice(CLI::App* app, const std::string& names, std::string& value,
                         const std::vector<std::string>& words, const std::string& description) {
    std::string metavar;
    for (const std::string& word : words) metavar += (metavar.empty() ? "" : "|") + word;
    CLI::Option* made = option(app, names, value, metavar, description, {Completes::Kind::words, words});
    return made->check([words](const std::string& given) -> std::string {
        if (std::find(words.begin(), words.end(), given) != words.end()) return {};
        return fmt::format("'{}' is none of {}", given, fmt::join(words, ", "));
    });
}

CLI::Option* Cli::collection_argument(CLI::App* app, std::string& name) {
    return option(app, "NAME", name, "NAME", "The collection", {Completes::Kind::collection, {}})->required();
}

const Completes& Cli::completes(const CLI::Option* option) const {
    static const Completes nothing;
    const auto found = completes_.find(option);
    return found == completes_.end() ? nothing : found->second;
}

const CLI::App* Cli::deepest() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return app;
}

bool Cli::runs_there(const CLI::App* app) const {
    for (const CLI::App* level = app; level != nullptr; level = level->get_parent()) {
        if (there_.contains(level)) return true;
    }
    return false;
}

ExitStatus Cli::report_usage(const CLI::ParseError& error) const {
    const CLI::App* app = deepest();
    std::string message = error.what();
    std::string hint;
    const std::vector<std::string> extras = app_.remaining(true);
    if (!extras.empty()) {
        const std::string& word = extras.front();
        const bool option = word.starts_with("-");
        const std::string name = option ? word.substr(0, word.find('=')) : word;
        const std::vector<std::string> candidates = option ? long_options(*app) : subcommand_names(*app);
        const char* kind = option               ? "option"
                           : app == &app_       ? "noun"
                           : candidates.empty() ? "argument"
                                                : "verb";
        message = fmt::format("unknown {} '{}'", kind, name);
        if (const std::string near = nearest_name(name, candidates); !near.empty()) {
            hint = fmt::format("did you mean '{}'? ", near);
        }
    } else if (!subcommand_names(*app).empty()) {
        message = fmt::format("{} needs a {}: {}", app->get_name(), app == &app_ ? "noun" : "verb",
                              fmt::join(subcommand_names(*app), ", "));
    }
    std::string path;
    for (const CLI::App* level = app; level != nullptr; level = level->get_parent()) {
        path = level->get_name() + (path.empty() ? "" : " ") + path;
    }
    hint += fmt::format("see '{} --help'", path);
    Output(format_from_name(options_.output)).report({ErrorCode::invalid_argument, message, hint});
    return ExitStatus::usage;
}

int Cli::run(int argc, const char* const* argv) {
    try {
        app_.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return app_.exit(success);
    } catch (const CLI::ParseError& error) {
        options_.output = format_from_arguments(argc, argv) == OutputFormat::json ? "json" : "table";
        return static_cast<int>(report_usage(error));
    }
    Context context(options_);
    if (context.remote() && runs_there(deepest())) {
        const Error error = become_vexfsctl_there(options_.host, without_host(argc, argv));
        context.out().report(error);
        return static_cast<int>(exit_status_of(error.code));
    }
    const Result<ExitStatus> status = actions_.at(deepest())(context);
    if (status) return static_cast<int>(*status);
    context.out().report(status.error());
    return static_cast<int>(exit_status_of(status.error().code));
}

}  // namespace vexfs::ctl
