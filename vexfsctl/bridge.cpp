// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "vexfsctl/nouns.h"
#include "vexfsctl/ssh.h"

namespace vexfs::ctl {
namespace {

constexpr size_t chunk_bytes = size_t{64} << 10;

// Bytes on their way from one descriptor to another.
class Lane {
  public:
    Lane(int from, int to) : from_(from), to_(to) {}

    pollfd waits_for() const {
        if (begin_ < end_) return {to_, POLLOUT, 0};
        return {ended_ ? -1 : from_, POLLIN, 0};
    }
    // What poll() found of waits_for(). False where it breaks.
    bool go_on(short found) {
        if (found == 0) return true;
        if (begin_ < end_) {
            const ssize_t count = ::write(to_, bytes_.data() + begin_, end_ - begin_);
            if (count > 0) begin_ += static_cast<size_t>(count);
            return count >= 0 || errno == EINTR || errno == EAGAIN;
        }
        const ssize_t count = ::read(from_, bytes_.data(), bytes_.size());
        ended_ = count == 0;
        begin_ = 0;
        end_ = count > 0 ? static_cast<size_t>(count) : 0;
        return count >= 0 || errno == EINTR || errno == EAGAIN;
    }
    bool ended() const { return ended_ && begin_ == end_; }

  private:
    const int from_, to_;
    bool ended_ = false;
    size_t begin_ = 0, end_ = 0;
    std::array<char, chunk_bytes> bytes_{};
};

Result<ExitStatus> bridge(Context& context) {
    VEXFS_ASSIGN(const UniqueFd socket, connect_socket(socket_path(context.options().socket)));
    Lane there(STDIN_FILENO, socket.get()), back(socket.get(), STDOUT_FILENO);
    bool told = false;
    // The daemon closes once it has answered all.
    while (!back.ended()) {
        std::array<pollfd, 2> waiting{there.waits_for(), back.waits_for()};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            return fail_errno("poll", errno);
        if (!there.go_on(waiting[0].revents) || !back.go_on(waiting[1].revents)) return ExitStatus::failed;
        if (there.ended() && !told) {
            told = true;
            ::shutdown(socket.get(), SHUT_WR);
        }
    }
    return succeeded;
}

}  // namespace

void register_bridge(Cli& cli) {
    cli.noun_alone(bridge_noun, "Join standard input and output with the daemon's socket, for vexfsctl -H",
                   "", bridge)
        ->group("");
}

}  // namespace vexfs::ctl
