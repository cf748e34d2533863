// SPDX-License-Identifier: Apache-2.0
#include "engine/storage/io_backend.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>

#include "engine/storage/uring.h"
#include "engine/storage/uring_disk.h"

using namespace vexfs;

namespace {

// From here on the process may not make that system call, as under a service's SystemCallFilter=.
void forbid(uint32_t system_call) {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, system_call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(filter), filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(100);
}

}  // namespace

TEST_CASE("backends go by their names") {
    for (const IoBackend backend : {IoBackend::automatic, IoBackend::io_uring, IoBackend::posix})
        CHECK(io_backend_from_name(name_of(backend)).value() == backend);
    const auto unknown = io_backend_from_name("aio");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == ErrorCode::invalid_argument);
    CHECK(unknown.error().hint == "use one of: auto, io_uring, posix");
}

TEST_CASE("posix is taken where it is asked for, and by itself") {
    for (const IoBackend wanted : {IoBackend::automatic, IoBackend::posix}) {
        const ChosenDisk chosen = choose_disk(wanted);
        CHECK(chosen.disk == &posix_disk());
        CHECK(chosen.backend == IoBackend::posix);
        CHECK(chosen.why.empty());
    }
}

TEST_CASE("io_uring is taken where it is asked for and there is one, else posix, with the reason") {
    const ChosenDisk chosen = choose_disk(IoBackend::io_uring);
    if (const auto disk = uring_disk()) {
        CHECK(chosen.disk == *disk);
        CHECK(chosen.backend == IoBackend::io_uring);
        CHECK(chosen.why.empty());
    } else {
        CHECK(chosen.disk == &posix_disk());
        CHECK(chosen.backend == IoBackend::posix);
        CHECK(chosen.why.find(disk.error().message) != std::string::npos);
    }
}

TEST_CASE("a filter of system calls is found out before a ring is used") {
    const uint32_t forbidden = GENERATE(SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register);
    const pid_t child = fork();
    if (child == 0) {
        forbid(forbidden);
        const auto ring = Ring::create();
        if (ring) _exit(1);
        _exit(ring.error().code == ErrorCode::unsupported && !ring.error().message.empty() ? 0 : 2);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
