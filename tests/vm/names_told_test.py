# SPDX-License-Identifier: Apache-2.0
"""The names below the root, which the module has been told: nobody is asked for them."""
import contextlib
import ctypes
import errno
import os
import stat
import subprocess
import unittest

import genl
from genl import attribute
from module import LIBC, MOUNT, Daemon, call, checked, device_of
from mounted import NOBODY, Mounted, request
from mute import ROOT, MuteDaemon

CLONE_NEWNET = 0x40000000
DIRECTORY = stat.S_IFDIR | 0o755
NAMES_MAX = 1 << 20


def in_a_child(function, uid=0):
    """What it says of itself, as text, as another user."""
    ends = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            if uid:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
            try:
                said = repr(function())
            except OSError as error:
                said = errno.errorcode[error.errno]
            os.write(ends[1], said.encode())
        os._exit(0)
    os.close(ends[1])
    with os.fdopen(ends[0]) as reader:
        said = reader.read()
    os.waitpid(child, 0)
    return said


def another_network():
    if LIBC.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


class Names(Mounted):
    def setUp(self):
        self.family = genl.Family()
        self.addCleanup(self.family.close)

    def requests(self):
        return self.family.mount(device_of())["requests"]

    def configured(self, path, **parameters):
        descriptor = os.open(MOUNT / ".vexfs/call", os.O_RDWR)
        try:
            checked(call(descriptor, request("collection.configure", collection=path.name, parameters=parameters)))
        finally:
            os.close(descriptor)

    def test_they_are_looked_up_and_listed_without_the_daemon(self):
        path = self.collection()
        os.stat(path / "call")  # of what is below, a look-up says once that it is there for ever
        before = self.requests()
        for _ in range(3):
            self.assertIn(path.name, os.listdir(MOUNT))
            self.assertTrue(stat.S_ISDIR(path.stat().st_mode))
            self.assert_errno(errno.ENOENT, os.stat, MOUNT / "missing")
            self.assertTrue(os.access(path, os.R_OK | os.X_OK))
            os.close(os.open(path, os.O_PATH))
            os.close(os.open(path / "call", os.O_PATH))
        self.assertEqual(self.requests(), before)

    def test_they_are_known_while_the_daemon_hangs(self):
        path = self.collection()
        os.kill(Daemon.running.pid, 19)
        try:
            self.assertEqual(sorted(os.listdir(MOUNT)), [".vexfs", path.name])
            self.assertEqual(path.stat().st_uid, 0)
        finally:
            os.kill(Daemon.running.pid, 18)

    def test_what_another_way_changes_is_seen_at_once(self):
        """By its socket, with nothing of the mount's open."""
        def ctl(*arguments):
            subprocess.run(["vexfsctl", "--socket", f"{Daemon.running.data}.sock", "collection", *arguments], check=True,
                           stdout=subprocess.DEVNULL)
        for _ in range(3):
            ctl("create", "other-way", "--dimension", "2")
            self.assertIn("other-way", os.listdir(MOUNT))
            self.assertTrue((MOUNT / "other-way/call").exists())
            ctl("set", "other-way", "mode=0600")
            self.assertEqual(stat.filemode((MOUNT / "other-way").stat().st_mode), "drwx------")
            ctl("delete", "other-way", "--yes")
            self.assertNotIn("other-way", os.listdir(MOUNT))
            self.assertFalse((MOUNT / "other-way").exists())

    def test_modes_and_owners_hold_at_once_for_all_below(self):
        path = self.collection()
        self.configured(path, mode=0o644)
        reads = lambda: (path / "config").read_text()[:0]  # noqa: E731
        self.assertEqual(in_a_child(reads, NOBODY), "''")
        writes = lambda: os.close(os.open(path / "insert", os.O_WRONLY))  # noqa: E731
        self.assertEqual(in_a_child(writes, NOBODY), "EACCES")
        self.configured(path, mode=0o646)
        self.assertEqual(in_a_child(writes, NOBODY), "None")
        self.configured(path, mode=0o600)
        self.assertEqual(in_a_child(reads, NOBODY), "EACCES")
        self.configured(path, uid=NOBODY)
        self.assertEqual(in_a_child(reads, NOBODY), "''")

    def test_who_may_not_read_a_collection_does_not_see_it(self):
        path = self.collection()
        listed = lambda: path.name in os.listdir(MOUNT)  # noqa: E731
        for mode, seen in ((0o644, True), (0o640, False), (0o602, False), (0o604, True)):
            self.configured(path, mode=mode)
            self.assertEqual((in_a_child(listed, NOBODY), listed()), (str(seen), True), oct(mode))

    def test_the_daemons_user_sees_them_all(self):
        """As in the tree: what a program may not read stays hidden, but from root and from whom the data belong to."""
        os.chmod("/dev/vexfs", 0o666)
        self.addCleanup(os.chmod, "/dev/vexfs", 0o660)
        subprocess.run(["mount", "-t", "vexfs", "mute", "/mnt"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)

        def listed():
            return os.listdir("/mnt")

        def listed_beside(uid):
            with MuteDaemon("mute", ["shown"]) as mute:
                mute.tell("hidden", 1000, mode=0o700)
                if uid:
                    return in_a_child(listed, uid)
                return listed()
        daemons = in_a_child(lambda: listed_beside(None), NOBODY)
        self.assertEqual(daemons, repr(["shown", "hidden"]))
        self.assertEqual(listed_beside(NOBODY), repr(["shown"]))
        self.assertEqual(listed_beside(None), ["shown", "hidden"])

    def test_no_more_are_told_than_there_is_room_for(self):
        """And what is known can be told anew."""
        with open("/dev/vexfs", "r+b", buffering=0) as own:
            channel = own.fileno()
            self.family.tell_many(channel, "n", NAMES_MAX, DIRECTORY)
            self.refused(errno.ENOSPC, "no room", self.family.tell, channel, "more", 5, DIRECTORY)
            self.family.tell(channel, f"n{NAMES_MAX - 1:07}", 5, DIRECTORY, genl.ENTRY_COLLECTION)
            self.family.tell(channel, None, ROOT, DIRECTORY)
            self.family.forget(channel, f"n{0:07}")
            self.family.tell(channel, "more", 5, DIRECTORY)
            self.refused(errno.ENOSPC, "no room", self.family.tell, channel, f"n{0:07}", 5, DIRECTORY)

    def test_a_mount_without_a_daemon_is_unmounted_at_once(self):
        with MuteDaemon("mute"):
            subprocess.run(["mount", "-t", "vexfs", "-o", "park_ms=600000", "mute", "/mnt"], check=True)
            mode = os.stat("/mnt").st_mode
        self.assertEqual(os.stat("/mnt").st_mode, mode)
        self.assertEqual((os.statvfs("/mnt").f_blocks, os.statvfs("/mnt").f_namemax), (0, 255))
        subprocess.run(["umount", "/mnt"], check=True, timeout=60)

    def test_many_are_listed_in_parts(self):
        names = [f"{'part' * 20}{i}" for i in range(50)]
        with MuteDaemon("mute", names) as mute:
            subprocess.run(["mount", "-t", "vexfs", "mute", "/mnt"], check=True)
            self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)
            with os.scandir("/mnt") as entries:
                first = [next(entries).name for _ in range(5)]
                # Before its end, some go and come.
                mute.forget(names[0])
                mute.forget(names[40])
                mute.tell("new", 1000)
                rest = [entry.name for entry in entries]
            self.assertEqual(first, names[:5])
            self.assertLessEqual(set(names[5:40] + names[41:]), set(rest))
            self.assertEqual(len(rest), len(set(rest)))
            self.assertEqual(os.listdir("/mnt"), names[1:40] + names[41:] + ["new"])

    def test_a_name_that_means_another_node_is_another(self):
        with MuteDaemon("mute", ["first", "second"]) as mute:
            subprocess.run(["mount", "-t", "vexfs", "mute", "/mnt"], check=True)
            self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)
            held = os.open("/mnt/first", os.O_PATH)
            self.addCleanup(os.close, held)
            self.assertEqual([os.stat(f"/mnt/{name}").st_ino for name in ("first", "second")], [2, 3])
            mute.tell("first", 7, mode=0o700, uid=NOBODY)
            told = os.stat("/mnt/first")
            self.assertEqual((told.st_ino, stat.filemode(told.st_mode), told.st_uid), (7, "drwx------", NOBODY))
            self.assert_errno(errno.ESTALE, os.fstat, held)
            mute.forget("first")
            self.assert_errno(errno.ENOENT, os.stat, "/mnt/first")
            self.assertEqual(os.stat("/mnt/second").st_ino, 3)

    def refused(self, errno_, words, function, *arguments):
        with self.assertRaises(OSError) as raised:
            function(*arguments)
        self.assertEqual(raised.exception.errno, errno_, raised.exception)
        self.assertIn(words, str(raised.exception))

    def test_nobody_tells_without_the_daemons_device(self):
        path = self.collection()
        before = os.listdir(MOUNT)
        with open("/dev/null", "rb") as other:
            self.refused(errno.EBADF, "/dev/vexfs", self.family.tell, other.fileno(), "forged", 5, DIRECTORY)
            self.refused(errno.EBADF, "/dev/vexfs", self.family.forget, other.fileno(), path.name)
        self.refused(errno.EBADF, "/dev/vexfs", self.family.tell, 12345, "forged", 5, DIRECTORY)
        # Who opens the device has a channel of its own, by which it tells nothing of this instance.
        with open("/dev/vexfs", "r+b", buffering=0) as own:
            self.family.tell(own.fileno(), "forged", 5, DIRECTORY)
            self.refused(errno.ENOENT, "no such name", self.family.forget, own.fileno(), path.name)
            self.assertEqual(os.listdir(MOUNT), before)

    def test_what_makes_no_sense_is_refused(self):
        with open("/dev/vexfs", "r+b", buffering=0) as own:
            channel = own.fileno()
            for name in ("", ".", "..", "a/b"):
                self.refused(errno.EINVAL, "such a name", self.family.do, genl.SET_NAME, attribute(
                    genl.CHANNEL, channel) + attribute(genl.NAME, name) + attribute(
                        genl.ENTRY, genl.ENTRY_BYTES.pack(5, 0, 0, 0, DIRECTORY, 0, 0, 0, 0, 0)))
            for name, number, mode, flags in (("file", 5, stat.S_IFREG | 0o644, 0), ("root", ROOT, DIRECTORY, 0),
                                              ("none", 0, DIRECTORY, 0), ("flags", 5, DIRECTORY, 64),
                                              (None, 5, DIRECTORY, 0), (None, ROOT, DIRECTORY, genl.ENTRY_COLLECTION)):
                self.refused(errno.EINVAL, "no entry", self.family.tell, channel, name, number, mode, flags)
            self.refused(errno.EINVAL, "", self.family.tell, channel, "n" * 256, 5, DIRECTORY)
            self.refused(errno.EINVAL, "", self.family.do, genl.SET_NAME, attribute(genl.CHANNEL, channel))
            self.refused(errno.EINVAL, "", self.family.do, genl.REMOVE_NAME, attribute(genl.CHANNEL, channel))
            self.refused(errno.ENOENT, "no such name", self.family.forget, channel, "missing")

    def test_another_network_namespace_tells_and_sees_nothing_else(self):
        def tell():
            another_network()
            with contextlib.closing(genl.Family()) as family, open("/dev/vexfs", "r+b", buffering=0) as own:
                family.tell(own.fileno(), "name", 5, DIRECTORY)
                family.forget(own.fileno(), "name")

        def look():
            another_network()
            with contextlib.closing(genl.Family()) as family:
                return family.dump(genl.GET_INSTANCES)

        def count():
            another_network()
            with contextlib.closing(genl.Family()) as family:
                return family.cache()

        def change():
            another_network()
            with contextlib.closing(genl.Family()) as family:
                return family.set("batch_size", 1)
        self.assertEqual([in_a_child(each) for each in (tell, look, count, change)], ["None", "EPERM", "EPERM", "EPERM"])

    def test_no_capability_is_needed(self):
        os.chmod("/dev/vexfs", 0o666)
        self.addCleanup(os.chmod, "/dev/vexfs", 0o660)

        def tell():
            with contextlib.closing(genl.Family()) as family, open("/dev/vexfs", "r+b", buffering=0) as own:
                family.tell(own.fileno(), "name", 5, DIRECTORY)
        self.assertEqual(in_a_child(tell, NOBODY), "None")


if __name__ == "__main__":
    unittest.main()
