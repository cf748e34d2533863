# SPDX-License-Identifier: Apache-2.0
"""The daemon is killed, and started again, while its mount is in use."""
import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import numpy as np
from module import LIBC, MOUNT, REPEATABLE, Daemon, call, checked
from mounted import Call, Mounted, request, rows
from mute import MKDIR, MuteDaemon

PYTHON = Path(os.environ["VEXFS_SOURCE_DIR"]) / "python"
KILLS = int(os.environ.get("VEXFS_KILLS", 20))
INSTANCE = "vexfs"
HANGING_S = 60  # a call that takes longer hangs: a daemon is back in less

# A client that writes points of its own and looks them up again until its standard input ends; tells when it has begun,
# how many were acknowledged, and how long the longest call took.
WRITER = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
import numpy, vexfs
first, acknowledged, longest = int(sys.argv[3]), 0, 0
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
docs = vexfs.Client(sys.argv[2]).get_collection("docs")
while not ended.is_set():
    ids, begun = range(first + acknowledged, first + acknowledged + 5), time.monotonic()
    docs.insert_batch(numpy.array([[id, 1] for id in ids], "f4"), ids=list(ids))
    if not acknowledged:
        print("begun", flush=True)
    acknowledged += 5
    assert docs.get_vector(ids[-1]).vector[0] == ids[-1]
    longest = max(longest, time.monotonic() - begun)
print(acknowledged, longest)
"""


class Restarts(Mounted):
    def setUp(self):
        # The suite's own, which the others go on with.
        self.daemon = Daemon.running
        self.docs = self.collection(name="docs", metric="euclidean", algorithm="flat")
        self.insert(self.docs, [[0, 1]], ids=[0])

    def restart(self, end):
        end()
        self.daemon.start()

    def search_until(self, ended, longest):
        """Searches by the system call: each has an answer, whatever happens to daemons."""
        descriptor = os.open(self.docs / "call", os.O_RDWR)
        asked = request("search", {"vectors": np.array([[0, 1]], "<f4")}, limit=1)
        while not ended.is_set():
            begun = time.monotonic()
            found = checked(call(descriptor, asked, flags=REPEATABLE))
            longest.append(time.monotonic() - begun)
            assert found["results"][0][0]["id"] == 0, found
        os.close(descriptor)

    def look_until(self, ended, longest):
        while not ended.is_set():
            begun = time.monotonic()
            assert "docs" in os.listdir(MOUNT)
            assert len((self.docs / "points/0").read_bytes()) == 8
            os.stat(self.docs / "stats")
            longest.append(time.monotonic() - begun)

    def watched(self, function, failures, *arguments):
        def run():
            try:
                function(*arguments)
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(repr(error))
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def test_kills_under_load_lose_nothing_and_fail_nobody(self):
        writers = [subprocess.Popen([sys.executable, "-B", "-c", WRITER, PYTHON, MOUNT, str(million)],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                   for million in (1_000_000, 2_000_000)]
        for writer in writers:
            self.assertEqual(writer.stdout.readline(), "begun\n")
        ended, failures, longest = threading.Event(), [], []
        threads = [self.watched(function, failures, ended, longest)
                   for function in (self.search_until, self.search_until, self.look_until)]
        pause = 0.3
        for _ in range(KILLS):
            time.sleep(pause)
            begun = time.monotonic()
            self.restart(self.daemon.kill)
            # A daemon is not killed before it has answered any, where all takes longer.
            pause = max(0.3, (time.monotonic() - begun) / 3)
        time.sleep(pause)
        ended.set()
        for thread in threads:
            thread.join(HANGING_S)
            self.assertFalse(thread.is_alive(), "a call hangs")
        points = 1
        for writer in writers:
            out, _ = writer.communicate(timeout=HANGING_S)
            self.assertEqual(writer.returncode, 0)
            acknowledged, took = out.split()
            self.assertGreater(int(acknowledged), KILLS)
            longest.append(float(took))
            points += int(acknowledged)
        self.assertEqual(failures, [])
        print(f"{KILLS} kills, {len(longest)} calls and {points - 1} points, the longest call {max(longest):.1f} s")
        self.assertGreater(len(longest), KILLS)
        self.assertLess(max(longest), HANGING_S)
        with Call(self.docs / "call") as asked:
            self.assertEqual(asked.call("collection.info", collection="docs")["points"], points)
        self.assertEqual(len(os.listdir(self.docs / "points")), points)

    def test_what_waits_for_a_daemon_is_answered_by_the_next_one(self):
        self.daemon.kill()
        descriptor_free, failures = [], []
        asking = [self.watched(lambda: descriptor_free.append(os.listdir(MOUNT)), failures) for _ in range(4)]
        time.sleep(0.5)
        self.assertEqual(descriptor_free, [])
        self.daemon.start()
        for thread in asking:
            thread.join(HANGING_S)
        self.assertEqual((failures, len(descriptor_free)), ([], 4))

    def test_a_call_that_waits_for_no_daemon_can_be_killed(self):
        self.daemon.kill()
        waiting = subprocess.Popen(["ls", MOUNT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        self.assertIsNone(waiting.poll())
        waiting.kill()
        self.assertEqual(waiting.wait(HANGING_S), -9)
        self.daemon.start()

    def test_no_daemon_within_the_mounts_limit_is_an_error(self):
        subprocess.run(["mount", "-t", "vexfs", "-o", "park_ms=300", "nobody", "/mnt"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)
        self.assertIn("park_ms=300", next(line for line in Path("/proc/self/mounts").read_text().splitlines()
                                          if line.startswith("nobody ")))
        begun = time.monotonic()
        self.assert_errno(errno.ENOTCONN, os.listdir, "/mnt")
        self.assertGreater(time.monotonic() - begun, 0.29)

    def mount_again(self, options):
        """The same instance once more, which is there in vain when the daemon hangs. Where it is mounted."""
        directory = tempfile.mkdtemp()
        # mount(8) would take the name for that of a directory that is there.
        self.assertEqual(LIBC.mount(INSTANCE.encode(), directory.encode(), b"vexfs", 0, options.encode()), 0)
        self.addCleanup(subprocess.run, ["umount", directory], check=True)
        return directory

    def stop_for_now(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.daemon.pid, signal.SIGCONT)

    def test_a_daemon_that_hangs_counts_as_none_after_the_mounts_limit(self):
        again = self.mount_again("hang_ms=500")
        self.assertIn("hang_ms=500", next(line for line in Path("/proc/self/mounts").read_text().splitlines()
                                          if f" {again} " in line))
        asked = os.open(f"{again}/docs/call", os.O_RDWR)
        self.addCleanup(os.close, asked)
        self.assertEqual(checked(call(asked, request("health")))["status"], "ok")
        self.stop_for_now()
        # What it has told is known without it.
        self.assertEqual(os.listdir(again), [".vexfs", "docs"])
        self.assertTrue(os.path.isdir(f"{again}/docs"))
        for function, *arguments in ((os.listdir, f"{again}/docs"), (call, asked, request("health"))):
            begun = time.monotonic()
            self.assert_errno(errno.ENOTCONN, function, *arguments)
            took = time.monotonic() - begun
            self.assertGreater(took, 0.4)
            self.assertLess(took, HANGING_S)
        # Who waits longer is answered as soon as it goes on.
        listed, failures = [], []
        waiting = self.watched(lambda: listed.append(os.listdir(self.docs / "points")), failures)
        time.sleep(1)
        self.assertEqual(listed, [])
        os.kill(self.daemon.pid, signal.SIGCONT)
        waiting.join(HANGING_S)
        self.assertEqual((listed, failures), ([["0"]], []))
        self.assertEqual(os.listdir(f"{again}/docs/points"), ["0"])
        self.assertEqual(checked(call(asked, request("health")))["status"], "ok")

    def test_a_request_may_take_longer_than_that(self):
        again = self.mount_again("hang_ms=50")
        begun = time.monotonic()
        with Call(f"{again}/docs/call") as asked:
            ids = asked.call("insert", {"vectors": rows(200_000, 2)})["arrays"]["ids"]
            self.assertEqual(len(ids), 200_000)
            self.assertGreater(time.monotonic() - begun, 0.1)

    def test_what_a_daemon_has_that_hangs_may_be_done(self):
        """A daemon that gets a request, and is heard of no more."""
        subprocess.run(["mount", "-t", "vexfs", "-o", "hang_ms=500", "mute", "/mnt"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)
        with MuteDaemon("mute") as mute:
            self.assert_errno(errno.ECONNRESET, os.mkdir, "/mnt/new")
            self.assertEqual(mute.asked_last(), MKDIR)
            self.assert_errno(errno.ENOTCONN, os.statvfs, "/mnt")

    def test_a_daemon_at_work_does_not_hang(self):
        """All of its threads, with none that waits for requests: as long as they get on."""
        subprocess.run(["mount", "-t", "vexfs", "-o", "hang_ms=1000", "mute", "/mnt"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)

        def work(_):
            until = time.monotonic() + 4
            while time.monotonic() < until:
                pass
            return errno.EDQUOT
        with MuteDaemon("mute", answer=work):
            self.assert_errno(errno.EDQUOT, os.mkdir, "/mnt/new")

        def sleep(_):
            time.sleep(4)
            return errno.EDQUOT
        with MuteDaemon("mute", answer=sleep):
            self.assert_errno(errno.ECONNRESET, os.mkdir, "/mnt/new")

    def test_what_was_written_and_had_no_effect_is_lost_once_and_told(self):
        with Call(self.docs / "call") as half:
            os.write(half.descriptor, request("insert", {"vectors": rows(1, 2)})[:20])
            self.restart(self.daemon.kill)
            self.assert_errno(errno.ECONNRESET, os.read, half.descriptor, 100)
            self.assertEqual(half.call("collection.info", collection="docs")["points"], 1)

    def test_open_files_go_on(self):
        listed = os.open(self.docs / "points", os.O_RDONLY)
        self.addCleanup(os.close, listed)
        with open(self.docs / "vectors.npy", "rb") as vectors, Call(self.docs / "call") as asked:
            shown = np.load(self.docs / "ids.npy", mmap_mode="r")
            for end in (self.daemon.stop, self.daemon.kill):
                self.restart(end)
                vectors.seek(0)
                self.assertEqual(np.load(vectors).shape, (1, 2))
                self.assertEqual(shown.tolist(), [0])
                self.assertEqual(asked.call("health")["pid"], self.daemon.pid)
                self.assertEqual(os.listdir(listed), ["0"])


if __name__ == "__main__":
    unittest.main()
