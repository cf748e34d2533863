// SPDX-License-Identifier: Apache-2.0
// The command line: nouns, verbs and options, and what a verb gets to work with.
//
// A noun's file registers its verbs and their options; the action of the verb that was given runs after
// parsing. Help, completion and hints are made from the same tree.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "vexfsctl/exit_status.h"
#include "vexfsctl/output.h"
#include "vexfsctl/transport.h"

namespace vexfs::ctl {

struct GlobalOptions {
    std::string output = "table";
    std::string socket;
    std::string embedded;
    std::string host;
};

// What an option or argument takes, for the completion.
struct Completes {
    enum class Kind { nothing, words, file, directory, collection, preset, profile };
    Kind kind = Kind::nothing;
    std::vector<std::string> words;
};

// What the action of a verb works with.
class Context {
  public:
    explicit Context(const GlobalOptions& options);

    Output& out() { return out_; }
    const GlobalOptions& options() const { return options_; }
    bool embedded() const { return endpoint_->embedded(); }
    // Whether the daemon is one of another machine.
    bool remote() const { return !options_.host.empty(); }
    const Endpoint& endpoint() const { return *endpoint_; }

    // One request and its reply, over a transport that stays open. Where the daemon that it was connected to
    // restarts, the request waits for it, unless it may be done already and is not to be done twice.
    Result<Message> call(Message request);
    Result<Message> call(std::string_view operation);  // without fields
    // A transport of its own.
    Result<std::unique_ptr<Transport>> connect() { return endpoint_->connect(); }

  private:
    Result<Message> call_once(const Message& request);

    GlobalOptions options_;
    Output out_;
    std::unique_ptr<Endpoint> endpoint_;
    std::unique_ptr<Transport> transport_;
    bool was_connected_ = false;
};

using Action = std::function<Result<ExitStatus>(Context&)>;

class Cli {
  public:
    Cli();
    Cli(const Cli&) = delete;
    Cli& operator=(const Cli&) = delete;

    CLI::App* noun(const std::string& name, const std::string& description);
    // A noun of its own below another, beside that one's verbs.
    CLI::App* noun_within(CLI::App* noun, const std::string& name, const std::string& description);
    // A verb of a noun, with lines of examples for its help; or the noun itself where it has no verbs.
    CLI::App* verb(CLI::App* noun, const std::string& name, const std::string& description,
                   const std::string& examples, Action action);
    CLI::App* noun_alone(const std::string& name, const std::string& description, const std::string& examples,
                         Action action);

    // Options take one value each time they are given; `metavar` stands for it in the help.
    template <class T>
    CLI::Option* option(CLI::App* app, const std::string& names, T& value, const std::string& metavar,
                        const std::string& description, Completes completes = {}) {
        CLI::Option* made = app->add_option(names, value, description)->option_text(metavar);
        completes_[made] = std::move(completes);
        return made;
    }
    CLI::Option* list_option(CLI::App* app, const std::string& names, std::vector<std::string>& values,
                             const std::string& metavar, const std::string& description,
                             Completes completes = {});
    // An option with one of these words.
    CLI::Option* choice(CLI::App* app, const std::string& names, std::string& value,
                        const std::vector<std::string>& words, const std::string& description);
    CLI::Option* collection_argument(CLI::App* app, std::string& name);

    // With --host the other machine's vexfsctl does it: it is about more than the daemon.
    void run_there(const CLI::App* app) { there_.insert(app); }

    // Parses and runs; reports errors on stderr. The process's exit status.
    int run(int argc, const char* const* argv);

    const CLI::App& tree() const { return app_; }
    const Completes& completes(const CLI::Option* option) const;

  private:
    ExitStatus report_usage(const CLI::ParseError& error) const;
    const CLI::App* deepest() const;
    bool runs_there(const CLI::App* app) const;

    CLI::App app_;
    GlobalOptions options_;
    std::map<const CLI::App*, Action> actions_;
    std::set<const CLI::App*> there_;
    std::map<const CLI::Option*, Completes> completes_;
};

inline constexpr auto succeeded = ExitStatus::success;

}  // namespace vexfs::ctl
