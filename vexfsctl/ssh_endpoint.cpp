// SPDX-License-Identifier: Apache-2.0
// As systemctl(1) has it: ssh runs a command on the other machine that joins its standard input and output
// with the daemon's socket.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "vexfsctl/ssh.h"
#include "vexfsctl/transport.h"

namespace vexfs::ctl {
namespace {

class SshTransport final : public Transport {
  public:
    SshTransport(std::unique_ptr<Transport> transport, pid_t child)
        : transport_(std::move(transport)), child_(child) {}
    ~SshTransport() override {
        transport_.reset();  // which ends it
        while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
    }
    SshTransport(const SshTransport&) = delete;
    SshTransport& operator=(const SshTransport&) = delete;

    Result<void> send(Message request) override { return transport_->send(std::move(request)); }
    Result<Message> receive() override { return transport_->receive(); }
    Result<bool> ready(std::chrono::milliseconds timeout) override { return transport_->ready(timeout); }
    bool broken() const override { return transport_->broken(); }

  private:
    std::unique_ptr<Transport> transport_;
    const pid_t child_;
};

class SshEndpoint final : public Endpoint {
  public:
    SshEndpoint(std::string host, std::string socket) : host_(std::move(host)), socket_(std::move(socket)) {}

    bool embedded() const override { return false; }
    std::string name() const override { return "daemon of " + host_; }

    Result<std::unique_ptr<Transport>> connect() override {
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            return fail_errno("socketpair", errno);
        UniqueFd ours(ends[0]);
        const UniqueFd theirs(ends[1]);
        std::vector<std::string> arguments{bridge_noun};
        if (!socket_.empty()) arguments.insert(arguments.end(), {"--socket", socket_});
        std::vector<std::string> command = ssh_command(host_, arguments, false);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
        pid_t child = 0;
        const int error = posix_spawnp(&child, "ssh", &actions, nullptr, argv_of(command).data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) return tl::unexpected(no_ssh(error));
        return std::make_unique<SshTransport>(
            transport_over(std::move(ours), name(),
                           fmt::format("ssh has said why; 'ssh {} vexfsctl health' shows more", host_)),
            child);
    }

  private:
    std::string host_, socket_;
};

}  // namespace

std::unique_ptr<Endpoint> ssh_endpoint(std::string host, std::string socket) {
    return std::make_unique<SshEndpoint>(std::move(host), std::move(socket));
}

}  // namespace vexfs::ctl
