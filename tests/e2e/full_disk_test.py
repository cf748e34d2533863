# SPDX-License-Identifier: Apache-2.0
"""A full disk: no_space for writers, answers for readers, and writes again once there is room."""
import ctypes
import os
import subprocess
import unittest

import numpy

from harness import EndToEnd

ROWS, DIMENSION = 4_096, 256  # 4 MiB
DISK_BYTES, FREE_BYTES = 32 << 20, 2 << 20
CLONE_NEWNS = 0x20000


def have_own_mounts():
    """From here on, what this process mounts is seen by it and its children alone, and goes with them."""
    return (os.geteuid() == 0 and ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0
            and subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode == 0)


@unittest.skipUnless(have_own_mounts(), "a small disk takes root and a mount namespace")
class FullDisk(EndToEnd):
    def setUp(self):
        super().setUp()
        data = self.directory / "data"
        data.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "vexfs", data], check=True)
        self.addCleanup(subprocess.run, ["umount", data], check=True)
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "docs", "--dimension", DIMENSION)
        self.vectors = numpy.random.default_rng(3).standard_normal((ROWS, DIMENSION), numpy.float32)
        self.file = self.directory / "in.npy"
        numpy.save(self.file, self.vectors)
        self.ballast = data / "ballast"
        disk = os.statvfs(data)
        self.ballast.write_bytes(bytes(disk.f_bavail * disk.f_frsize - FREE_BYTES))

    def import_command(self):
        return "import", "docs", self.file, "--batch-size", 64

    def fill_up(self):
        """Imports until the disk is full; the number of points that are in."""
        failure = self.vexfsctl.failure(*self.import_command())
        self.assert_failure(failure, 8, "no_space", r"No space left on device.*; [0-9]+ rows of .* are in")
        points = self.vexfsctl.json("collection", "info", "docs")["points"]
        self.assertIn(f"; {points} rows of", failure.message)
        self.assertGreater(points, 0)
        return points

    def assert_finds(self, points):
        with self.daemon.client() as client:
            reply = client.call("search", {"vectors": self.vectors[:points]}, collection="docs", limit=1,
                                exact=True)
        self.assertEqual([hit["id"] for hit, in reply["results"]], list(range(points)))

    def assert_import_goes_on(self):
        self.ballast.unlink()
        self.vexfsctl(*self.import_command())
        self.vexfsctl("export", "docs", self.directory / "out.npy")
        numpy.testing.assert_array_equal(numpy.load(self.directory / "out.npy"), self.vectors)
        self.assertEqual(self.vexfsctl.json("health")["status"], "ok")

    def test_answers_go_on_and_writes_come_back_with_the_room(self):
        pid = self.daemon.pid
        points = self.fill_up()
        self.assert_finds(points)
        self.assert_import_goes_on()
        self.assertEqual(self.vexfsctl.json("health")["pid"], pid)

    def test_a_daemon_killed_on_a_full_disk_starts_on_it(self):
        points = self.fill_up()
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.vexfsctl.json("collection", "info", "docs")["points"], points)
        self.assert_finds(points)
        self.assert_import_goes_on()

    def test_a_daemon_stopped_on_a_full_disk_ends_cleanly_and_keeps_everything(self):
        points = self.fill_up()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assert_finds(points)
        self.assert_import_goes_on()


if __name__ == "__main__":
    unittest.main()
