// SPDX-License-Identifier: Apache-2.0
// Who asks: user, group and supplementary groups as the kernel knows them.
#include "vexfsd/server/peer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/vexfsd/server/test_client.h"
#include "tests/vexfsd/server/test_server.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

Message who(const Message&, const Caller& caller) {
    Message reply;
    reply.header = {{"ok", true},
                    {"uid", caller.uid},
                    {"gid", caller.gid},
                    {"groups", caller.groups},
                    {"all_powerful", caller.all_powerful}};
    return reply;
}

std::vector<gid_t> own_groups() {
    std::vector<gid_t> groups(static_cast<size_t>(getgroups(0, nullptr)));
    REQUIRE(getgroups(static_cast<int>(groups.size()), groups.data()) == static_cast<int>(groups.size()));
    return groups;
}

}  // namespace

TEST_CASE("a request comes with its client's user and groups") {
    TestServer server(who);
    TestClient client(server.socket_path());
    const json reply = client.ask(frame_bytes({{"op", "who"}}));
    CHECK(reply["uid"] == geteuid());
    CHECK(reply["gid"] == getegid());
    CHECK(reply["groups"].get<std::vector<gid_t>>() == own_groups());
    // What a socket can't tell.
    CHECK(reply["all_powerful"] == false);
}

TEST_CASE("clients of other users are known as these") {
    if (geteuid() != 0) {
        WARN("only root can be another user");
        return;
    }
    TestServer server(who);
    REQUIRE(chmod(server.directory().c_str(), 0755) == 0);
    json reply;
    // The system calls themselves change the thread alone; those of the C library change the process.
    std::thread other([&] {
        const std::vector<gid_t> groups{70'300, 70'400, 70'500};
        if (syscall(SYS_setgroups, groups.size(), groups.data()) != 0) return;
        if (syscall(SYS_setresgid, 70'200, 70'200, 70'200) != 0) return;
        if (syscall(SYS_setresuid, 70'100, 70'100, 70'100) != 0) return;
        TestClient client(server.socket_path());
        if (!client.send(frame_bytes({{"op", "who"}}))) return;
        if (const auto answered = client.next()) reply = answered->header;
    });
    other.join();
    CHECK(reply["uid"] == 70'100);
    CHECK(reply["gid"] == 70'200);
    CHECK(reply["groups"] == json{70'300, 70'400, 70'500});
    CHECK(geteuid() == 0);
}

TEST_CASE("only a socket has a peer") {
    const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(caller_of(file.get()));
}
