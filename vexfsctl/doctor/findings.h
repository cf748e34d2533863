// SPDX-License-Identifier: Apache-2.0
// What a check of this machine finds, and the checks, a file per subject.
#pragma once

#include <string>
#include <vector>

#include "vexfsctl/cli.h"
#include "vexfsd/config/settings.h"

namespace vexfs::ctl {

enum class Verdict {
    good,
    advice,  // it works, and could be better
    wrong,   // something doesn't work, or data are at risk
};
std::string_view name_of(Verdict verdict);

struct Finding {
    std::string subject;  // "disk"
    Verdict verdict;
    std::string found;    // what is: "free space: 3 %"
    std::string meaning;  // what follows from it; empty for good ones, as is the command
    std::string command;  // what mends it
};

class Findings {
  public:
    explicit Findings(std::string subject) : subject_(std::move(subject)) {}

    void good(std::string found) { add(Verdict::good, std::move(found), {}, {}); }
    void advise(std::string found, std::string meaning, std::string command) {
        add(Verdict::advice, std::move(found), std::move(meaning), std::move(command));
    }
    void wrong(std::string found, std::string meaning, std::string command) {
        add(Verdict::wrong, std::move(found), std::move(meaning), std::move(command));
    }
    std::vector<Finding> take() { return std::move(all_); }

  private:
    void add(Verdict verdict, std::string found, std::string meaning, std::string command) {
        all_.push_back({subject_, verdict, std::move(found), std::move(meaning), std::move(command)});
    }

    std::string subject_;
    std::vector<Finding> all_;
};

// What the checks look at beside the machine itself.
struct Examined {
    Settings settings;
    std::string data_dir;  // the configured one, or that of --embedded
    bool daemon = true;    // false with --embedded
};

std::vector<Finding> check_processor();
std::vector<Finding> check_memory();
std::vector<Finding> check_kernel();
std::vector<Finding> check_disk(const Examined& examined);
std::vector<Finding> check_limits(const Examined& examined);
std::vector<Finding> check_mounting(const Examined& examined);
std::vector<Finding> check_tuning();
std::vector<Finding> check_permissions(const Examined& examined);
std::vector<Finding> check_clock();
std::vector<Finding> check_unit();
std::vector<Finding> check_daemon(Context& context);

// How the daemon is started here.
std::string start_command();

// The first line of a small file of the kernel's, "" where there is none.
std::string first_line(const std::string& path);

}  // namespace vexfs::ctl
