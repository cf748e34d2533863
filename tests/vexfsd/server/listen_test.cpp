// SPDX-License-Identifier: Apache-2.0
// The path of the socket: who may have it, and what becomes of it.
#include "vexfsd/server/listen.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "tests/engine/temporary_directory.h"

using namespace vexfs;
using namespace vexfs::test;

namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

bool connects(const std::string& path) {
    const UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(path);
    return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A socket bound by somebody else; closed, it stays in the file system as a dead daemon's does.
UniqueFd foreign_socket(const std::string& path) {
    UniqueFd other(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(path);
    REQUIRE(bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(other.get(), 1) == 0);
    return other;
}

Error refusal(const std::string& path, const std::string& group = "") {
    const auto listening = ListeningPath::bind(path, 0660, group);
    REQUIRE_FALSE(listening);
    return listening.error();
}

}  // namespace

TEST_CASE("clients can connect to a bound path, which has its mode and goes with its owner") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    {
        auto listening = ListeningPath::bind(path, 0640, "");
        REQUIRE(listening);
        struct stat status {};
        REQUIRE(stat(path.c_str(), &status) == 0);
        CHECK(S_ISSOCK(status.st_mode));
        CHECK((status.st_mode & 07777) == 0640);
        const UniqueFd socket = listening->take_socket();
        CHECK(connects(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(ListeningPath::bind(path, 0660, ""));
}

TEST_CASE("a dead daemon's socket is replaced") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    foreign_socket(path).reset();
    REQUIRE(std::filesystem::exists(path));
    auto listening = ListeningPath::bind(path, 0660, "");
    REQUIRE(listening);
    CHECK(connects(path));
}

TEST_CASE("a socket that another process answers is left to it, and its process is named") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    const UniqueFd other = foreign_socket(path);
    const Error error = refusal(path);
    CHECK(error.code == ErrorCode::busy);
    CHECK(error.message == "socket " + path + " is held by process " + std::to_string(getpid()));
    CHECK(connects(path));
}

TEST_CASE("of two daemons one has the path") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    const auto first = ListeningPath::bind(path, 0660, "");
    REQUIRE(first);
    CHECK(refusal(path).code == ErrorCode::busy);
    CHECK(connects(path));
}

TEST_CASE("a file in the place of the socket is left where it is") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    std::ofstream(path) << "precious";
    CHECK(refusal(path).code == ErrorCode::already_exists);
    CHECK(std::filesystem::file_size(path) == 8);
    std::filesystem::remove(path);
    std::filesystem::create_symlink(directory / "elsewhere", path);
    CHECK(refusal(path).code == ErrorCode::already_exists);
    CHECK(std::filesystem::is_symlink(path));
}

TEST_CASE("a path that can't be is refused") {
    const TemporaryDirectory directory;
    CHECK(refusal("").code == ErrorCode::invalid_argument);
    CHECK(refusal("/" + std::string(107, 's')).code == ErrorCode::invalid_argument);
    CHECK(refusal(directory / "none/vexfsd.sock").code == ErrorCode::not_found);
}

TEST_CASE("a group that there is not is refused, and no socket is left") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    const Error error = refusal(path, "no-such-group-here");
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK_THAT(error.message, Catch::Contains("no-such-group-here"));
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that was kept listening is served again, and its path kept") {
    const TemporaryDirectory directory;
    const std::string path = directory / "vexfsd.sock";
    UniqueFd kept;
    {
        auto first = ListeningPath::bind(path, 0600, "");
        REQUIRE(first);
        kept = UniqueFd(dup(first->descriptor()));
        first->leave();
    }
    CHECK(std::filesystem::is_socket(path));
    {
        auto elsewhere = ListeningPath::resume(directory / "other.sock", UniqueFd(dup(kept.get())));
        REQUIRE_FALSE(elsewhere);
        CHECK(elsewhere.error().code == ErrorCode::not_found);
        auto resumed = ListeningPath::resume(path, UniqueFd(dup(kept.get())));
        REQUIRE(resumed);
        auto second = ListeningPath::resume(path, UniqueFd(dup(kept.get())));
        REQUIRE_FALSE(second);
        CHECK(second.error().code == ErrorCode::busy);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("what is no listening socket is not served") {
    const TemporaryDirectory directory;
    auto resumed = ListeningPath::resume(directory / "vexfsd.sock", UniqueFd(open("/dev/null", O_RDWR)));
    REQUIRE_FALSE(resumed);
    CHECK(resumed.error().code == ErrorCode::invalid_argument);
}
