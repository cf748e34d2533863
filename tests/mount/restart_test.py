# SPDX-License-Identifier: Apache-2.0
"""A mount that outlives its daemon, systemd keeping the descriptors."""
import errno
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import numpy as np
from mounted import PATIENCE_S, Call, mounted_types, request, rows
from supervisor import SupervisedDaemon

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import vexfs  # noqa: E402

VEXFSCTL = os.environ["VEXFSCTL"]
ROUNDS = int(os.environ.get("VEXFS_RESTARTS", 3))  # of each kind, under load
KEPT = ["vexfs-ledger", "vexfs-mount", "vexfs-socket"]

# Writes points of its own and looks them up again until its standard input ends; says when it has begun, and how many
# were acknowledged.
LOAD = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import numpy, vexfs
first, acknowledged = int(sys.argv[3]), 0
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
docs = vexfs.Client(sys.argv[2]).get_collection("docs")
while not ended.is_set():
    ids = range(first + acknowledged, first + acknowledged + 5)
    docs.insert_batch(numpy.array([[id, 1] for id in ids], "f4"), ids=list(ids))
    acknowledged += 5
    if acknowledged == 5: print(flush=True)
    assert docs.get_vector(ids[-1]).vector[0] == ids[-1]
    assert docs.search([first, 1], limit=1)[0].id == first
print(acknowledged)
"""


class Restarts(unittest.TestCase):
    def setUp(self):
        self.daemon = SupervisedDaemon(tempfile.mkdtemp(prefix="vexfs-mount-"))
        self.addCleanup(self.daemon.clean_up)
        self.addCleanup(lambda: print(self.daemon.log(), file=sys.stderr, end=""))
        self.daemon.start()
        self.mount = self.daemon.mount
        (self.mount / "docs").mkdir()
        (self.mount / "docs/config").write_text('dimension = 2\nmetric = "euclidean"\n')
        self.docs = self.mount / "docs"

    def restart(self, end=None):
        (end or self.daemon.stop)()
        self.daemon.start()

    def each_end(self):
        for end in (self.daemon.stop, self.daemon.kill):
            with self.subTest(end.__name__):
                yield end

    def ctl(self, *arguments, status=0):
        done = subprocess.run([VEXFSCTL, "-o", "json", "--socket", self.daemon.socket, *map(str, arguments)],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def test_what_is_kept_and_what_is_told(self):
        self.assertEqual(self.daemon.names(), KEPT)
        reason = json.loads(self.ctl("mount", "status"))["note"]
        self.assertRegex(reason, "^FUSE, because ")
        for end in self.each_end():
            self.restart(end)
            self.assertEqual(self.daemon.names(), KEPT)
            self.assertIn(f"the mount on {self.mount} goes on", self.daemon.log())
            self.assertEqual(mounted_types(self.mount), ["fuse.vexfs"])
            status = json.loads(self.ctl("mount", "status"))
            self.assertEqual((status["mounted"], status["directory"]), (True, str(self.mount)))
            self.assertEqual((status["fallback"], status["note"]), (True, reason))
        self.ctl("umount")
        self.assertEqual(mounted_types(self.mount), [])
        self.restart()
        self.assertEqual(self.daemon.names(), KEPT)  # of the mount that is made anew, as is configured
        self.assertEqual(self.daemon.stop_for_good(), 0)

    def test_an_end_for_good_ends_the_connection(self):
        self.daemon.stop_for_good()
        with self.assertRaises(OSError) as raised:
            os.listdir(self.mount)
        self.assertEqual(raised.exception.errno, errno.ENOTCONN)
        self.daemon.start()
        self.assertEqual(os.listdir(self.mount), [".vexfs", "docs"])

    def test_open_files_go_on(self):
        (self.docs / "insert").write_bytes(rows(10, 2).tobytes())
        for end in self.each_end():
            os.chdir(self.docs / "points")
            self.addCleanup(os.chdir, "/")
            with Call(self.docs / "call") as call, open(self.docs / "vectors.npy", "rb") as vectors, \
                    open(self.docs / "points/0", "rb") as point, os.scandir(self.docs) as listing, \
                    open(self.docs / "stats", "rb") as stats:
                self.assertEqual(call.call("health")["status"], "ok")
                shown = np.load(self.docs / "ids.npy", mmap_mode="r")
                self.assertEqual(len(os.listdir(".")), 10)
                self.restart(end)
                self.assertEqual(call.call("health")["pid"], self.daemon.pid)
                self.assertEqual(np.load(vectors).shape, (10, 2))
                self.assertEqual(shown.tolist(), list(range(10)))
                self.assertEqual(len(point.read()), 8)
                self.assertEqual(len(list(listing)), 11)
                self.assertEqual(json.load(stats)["points"], 10)
                self.assertEqual(len(os.listdir(".")), 10)
                self.assertEqual(os.stat("3").st_size, 8)

    def test_points_that_have_changed_are_stale(self):
        (self.docs / "insert").write_bytes(rows(1000, 2).tobytes())
        with open(self.docs / "vectors.npy", "rb", buffering=0) as vectors:
            (self.docs / "insert").write_bytes(rows(1, 2).tobytes())
            self.restart()
            with self.assertRaises(OSError) as raised:
                os.pread(vectors.fileno(), 100, 0)
            self.assertEqual(raised.exception.errno, errno.ESTALE)
        self.assertEqual(np.load(self.docs / "vectors.npy").shape, (1001, 2))

    def test_what_was_written_and_not_answered_is_lost_with_a_daemon_that_is_killed_and_told(self):
        with Call(self.docs / "call") as call:
            os.write(call.descriptor, request("insert", {"vectors": rows(1, 2)}))
            self.restart(self.daemon.kill)
            with self.assertRaises(OSError) as raised:
                os.read(call.descriptor, 100)
            self.assertEqual(raised.exception.errno, errno.ECONNRESET)
            self.assertEqual(call.call("collection.info", collection="docs")["points"], 0)
        descriptor = os.open(self.docs / "insert", os.O_WRONLY)
        os.write(descriptor, rows(1, 2).tobytes())
        self.restart(self.daemon.kill)
        with self.assertRaises(OSError) as raised:
            os.close(descriptor)
        self.assertEqual(raised.exception.errno, errno.ECONNRESET)
        descriptor = os.open(self.docs / "points/7", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"half")
        self.restart(self.daemon.kill)
        for _ in range(2):  # what comes now would leave a hole
            with self.assertRaises(OSError) as raised:
                os.write(descriptor, b"half")
            self.assertEqual(raised.exception.errno, errno.ECONNRESET)
        with self.assertRaises(OSError):
            os.close(descriptor)
        with open(self.docs / "import/x.npy", "wb", buffering=0) as copied:
            copied.write(b"half")
            self.restart(self.daemon.kill)
            with self.assertRaises(OSError) as raised:
                copied.write(b"half")
            self.assertEqual(raised.exception.errno, errno.ESTALE)
            with self.assertRaises(OSError):
                os.close(os.dup(copied.fileno()))
            with self.assertRaises(OSError):
                copied.close()
        self.assertEqual(os.listdir(self.docs / "points"), [])

    def test_a_stop_waits_for_what_was_begun(self):
        with Call(self.docs / "call") as call:
            whole = request("insert", {"vectors": rows(1, 2)})
            os.write(call.descriptor, whole[:20])
            ended = threading.Thread(target=self.daemon.stop)
            ended.start()
            self.daemon.wait_for_log("stopping")
            os.write(call.descriptor, whole[20:])
            self.assertEqual(call.receive()["arrays"]["ids"].tolist(), [0])
            answered = threading.Thread(target=lambda: self.assertEqual(call.call("health")["pid"], self.daemon.pid))
            answered.start()  # begun too late: it is the next one's
            ended.join()
            self.daemon.start()
            answered.join(PATIENCE_S)
            self.assertFalse(answered.is_alive())

    def load(self, rounds, ends):
        with Call(self.docs / "call") as call:
            call.call("insert", {"vectors": np.array([[0, 1]], "<f4"), "ids": np.array([0], "<u8")})
        clients = [subprocess.Popen([sys.executable, "-c", LOAD, str(Path(vexfs.__file__).parents[1]), str(self.mount),
                                     str(million)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                   for million in (1_000_000, 2_000_000)]
        for client in clients:
            self.assertEqual(client.stdout.readline(), "\n")
        self.ctl_failures, self.ctl_calls, ended = [], 0, threading.Event()
        commands = threading.Thread(target=self.call_by_ctl, args=[ended])
        commands.start()
        for _ in range(rounds):
            for end in ends:
                time.sleep(0.3)
                self.restart(end)
        time.sleep(0.3)
        ended.set()
        commands.join()
        points = 1
        for client in clients:
            out, _ = client.communicate(timeout=PATIENCE_S)
            self.assertEqual(client.returncode, 0)
            self.assertGreater(int(out), 0)
            points += int(out)
        self.assertEqual(self.ctl_failures, [])
        self.assertGreater(self.ctl_calls, 0)
        with Call(self.docs / "call") as call:
            self.assertEqual(call.call("collection.info", collection="docs")["points"], points)
        self.assertEqual(len(os.listdir(self.docs / "points")), points)
        self.assertEqual(self.daemon.names(), KEPT)
        self.ctl("umount")
        self.assertEqual(mounted_types(self.mount), [])
        self.assertEqual(self.daemon.stop_for_good(), 0)

    def call_by_ctl(self, ended):
        while not ended.is_set():
            done = subprocess.run([VEXFSCTL, "--socket", self.daemon.socket, "vector", "search", "docs", "--vector",
                                   "[0,1]", "--limit", "1"], capture_output=True, text=True, timeout=PATIENCE_S)
            self.ctl_calls += 1
            if done.returncode != 0:
                self.ctl_failures.append(done.stderr)

    def test_stops_under_load_fail_nobody(self):
        self.load(ROUNDS, [self.daemon.stop])

    def test_kills_under_load_fail_nobody(self):
        self.load(ROUNDS, [self.daemon.kill])

    def test_a_kernel_that_gives_nothing_again_ends_the_connection_after_a_kill(self):
        ledger = os.open(self.daemon.order("path_of", "vexfs-ledger"), os.O_RDWR)
        self.addCleanup(os.close, ledger)
        # FUSE_HAS_RESEND of flags2 in the first request, which the ledger has.
        head = os.pread(ledger, 8192, 0)
        begin = head.index((26).to_bytes(4, "little")) - 4
        flags = begin + 40 + 16
        os.pwrite(ledger, (int.from_bytes(head[flags:flags + 4], "little") & ~(1 << 7)).to_bytes(4, "little"), flags)
        with Call(self.docs / "call") as call:
            self.restart(self.daemon.stop)  # needs none of it
            self.assertEqual(call.call("health")["pid"], self.daemon.pid)
            self.restart(self.daemon.kill)
            self.assertIn("this kernel doesn't give again what it had in work", self.daemon.log())
            with self.assertRaises(OSError) as raised:
                os.write(call.descriptor, b"{")
            self.assertIn(raised.exception.errno, (errno.ENOTCONN, errno.ECONNABORTED))
        self.assertEqual(mounted_types(self.mount), ["fuse.vexfs"])
        self.assertEqual(os.listdir(self.docs / "points"), [])


if __name__ == "__main__":
    unittest.main()
