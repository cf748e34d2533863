// SPDX-License-Identifier: Apache-2.0
#include "vexfsctl/ssh.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vexfs::ctl {
namespace {

// The shell there splits and expands what ssh gives it.
std::string quoted(const std::string& text) {
    std::string safe = "'";
    for (const char character : text) safe += character == '\'' ? "'\\''" : std::string(1, character);
    return safe + "'";
}

}  // namespace

std::vector<std::string> ssh_command(const std::string& host, const std::vector<std::string>& arguments,
                                     bool terminal) {
    std::string there = "vexfsctl";
    for (const std::string& argument : arguments) there += " " + quoted(argument);
    return {"ssh", terminal ? "-xt" : "-xT", "--", host, there};
}

std::vector<char*> argv_of(std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return argv;
}

Error no_ssh(int error_number) {
    if (error_number == ENOENT)
        return {ErrorCode::unsupported, "ssh is not installed", "apt-get install openssh-client"};
    return {ErrorCode::io_error, std::string("start ssh: ") + std::strerror(error_number), {}};
}

Error become_vexfsctl_there(const std::string& host, const std::vector<std::string>& arguments) {
    const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    std::vector<std::string> command = ssh_command(host, arguments, terminal);
    execvp("ssh", argv_of(command).data());
    return no_ssh(errno);
}

}  // namespace vexfs::ctl
