# SPDX-License-Identifier: Apache-2.0
"""Owners and modes: what other users than root may do, as the kernel tells who they are."""
import os
import unittest

from harness import PATIENCE_S, VEXFSCTL, VEXFSD, EndToEnd

NOBODY = 65534


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class Permission(EndToEnd):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o711)

    def descriptor(self, program):
        """For users who can't walk to where the program was built."""
        opened = os.open(program, os.O_RDONLY)
        self.addCleanup(os.close, opened)
        return opened

    def ctl_of_nobody(self, daemon):
        opened = self.descriptor(VEXFSCTL)
        vexfsctl = self.ctl(daemon)
        command, start = vexfsctl.command, vexfsctl.run
        vexfsctl.command = lambda *arguments: [f"/proc/self/fd/{opened}", *command(*arguments)[1:]]
        vexfsctl.run = lambda *arguments, **options: start(
            *arguments, pass_fds=[opened], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", **options)
        return vexfsctl

    def test_a_collection_of_mode_0600_is_its_owners_alone(self):
        daemon = self.start_daemon(config='[server]\nsocket_mode = "0666"\n')
        root, nobody = self.ctl(daemon), self.ctl_of_nobody(daemon)
        root("collection", "create", "mine", "--dimension", 2)
        root("vector", "insert", "mine", "--vector", "[1,0]", "--id", 1)
        root("collection", "set", "mine", "mode=0600")
        for arguments, may_not in ((("collection", "info", "mine"), "read"), (("stats", "mine"), "read"),
                                   (("vector", "search", "mine", "--vector", "[1,0]"), "read"),
                                   (("vector", "get", "mine", "1"), "read"),
                                   (("vector", "insert", "mine", "--vector", "[1,0]"), "write to"),
                                   (("vector", "delete", "mine", "1"), "write to")):
            self.assert_failure(nobody.failure(*arguments), 13, "permission_denied",
                                f"user {NOBODY} may not {may_not} collection mine, owned by 0:0 with mode 0600",
                                "collection set")
        for arguments in (("collection", "delete", "mine"), ("collection", "set", "mine", "mode=0666")):
            self.assert_failure(nobody.failure(*arguments), 13, "permission_denied",
                                "only its owner, user 0, and root")
        self.assertEqual(nobody.json("collection", "list")["collections"], [])
        self.assertEqual(root.json("collection", "info", "mine")["points"], 1)

    def test_a_mode_grants_reading_and_writing_one_by_one(self):
        daemon = self.start_daemon(config='[server]\nsocket_mode = "0666"\n')
        root, nobody = self.ctl(daemon), self.ctl_of_nobody(daemon)
        root("collection", "create", "shared", "--dimension", 2)
        self.assertRegex(root("collection", "set", "shared", "mode=0644"), r"schema\.mode +0644\n")
        self.assertEqual(nobody.json("collection", "info", "shared")["points"], 0)
        denied = nobody.failure("vector", "insert", "shared", "--vector", "[1,0]")
        self.assertEqual(denied.code, "permission_denied")
        root("collection", "set", "shared", "mode=0666")
        nobody("vector", "insert", "shared", "--vector", "[1,0]")
        self.assertEqual(nobody.json("collection", "info", "shared")["points"], 1)

    def test_who_creates_a_collection_owns_it(self):
        daemon = self.start_daemon(config='[server]\nsocket_mode = "0666"\n')
        nobody = self.ctl_of_nobody(daemon)
        schema = nobody.json("collection", "create", "theirs", "--dimension", 2)["schema"]
        self.assertEqual((schema["uid"], schema["gid"], schema["mode"]), (NOBODY, NOBODY, 0o660))
        self.assert_failure(nobody.failure("collection", "set", "theirs", "owner=root"), 13, "permission_denied",
                            "only root may give collection theirs away")
        self.ctl(daemon)("collection", "set", "theirs", "owner=root", "group=root")
        self.assertEqual(nobody.failure("collection", "delete", "theirs", "--yes").code, "permission_denied")

    def test_owner_group_and_mode_that_can_not_be(self):
        vexfsctl = self.ctl(self.start_daemon())
        vexfsctl("collection", "create", "docs", "--dimension", 2)
        for assignment, message in (("owner=no-such-user", "no user no-such-user"), ("mode=0999", "mode is 0999"),
                                    ("group=no-such-group", "no group no-such-group"),
                                    ("mode=1777", "mode is 1777")):
            self.assert_failure(vexfsctl.failure("collection", "set", "docs", assignment), 5, "invalid_argument",
                                message)

    def test_the_sockets_mode_says_who_may_connect(self):
        daemon = self.start_daemon(config='[server]\nsocket_mode = "0600"\n')
        self.assertEqual(daemon.socket.stat().st_mode & 0o777, 0o600)
        self.assert_failure(self.ctl_of_nobody(daemon).failure("health"), 13, "permission_denied",
                            f"connect to {daemon.socket}: Permission denied", "as root or as a member")

    def test_a_data_directory_that_is_not_writable_is_told_at_the_start(self):
        data = self.directory / "data"
        data.mkdir(mode=0o755)
        theirs = self.directory / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY, NOBODY)
        opened = self.descriptor(VEXFSD)
        daemon = self.daemon_in(theirs, data_dir=data, program=f"/proc/self/fd/{opened}", pass_fds=[opened],
                                user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
        daemon.spawn()
        self.assertEqual(daemon.process.wait(PATIENCE_S), 1, daemon.log())
        self.assertRegex(daemon.log(), f"{data}[^ ]*: Permission denied")


if __name__ == "__main__":
    unittest.main()
