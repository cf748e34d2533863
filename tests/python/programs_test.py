# SPDX-License-Identifier: Apache-2.0
"""Programs of the performance reference run as they are, on a mount on /mnt/vexfs.

That directory is made in a mount namespace of its own, where nobody else sees it: the test runs itself again in one, and
is skipped where there can't be one. Where VEXFS_MOUNT names a mount, it is that one, on /mnt/vexfs.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from served import PATIENCE_S, MountingDaemon, mounted_types

PROGRAMS = Path(__file__).resolve().parent / "programs"
PACKAGES = Path(__file__).resolve().parents[2] / "python"
INSIDE = "VEXFS_IN_NAMESPACE"
UNSHARE = ["unshare", "--mount", "--propagation", "private"]
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if "VEXFS_MOUNT" in os.environ:
            return
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True)
        cls.daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-python-"))
        cls.addClassCleanup(cls.daemon.clean_up)
        cls.daemon.mount = Path("/mnt/vexfs")
        cls.daemon.mount.mkdir()
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        if "VEXFS_MOUNT" in os.environ:
            return
        status = cls.daemon.stop()
        print(cls.daemon.log(), file=sys.stderr, end="")  # ctest shows it where a test fails
        assert status == 0, f"vexfsd ended with status {status}"
        assert mounted_types(cls.daemon.mount) == [], "the mount is still there"

    def run_program(self, name):
        with tempfile.TemporaryDirectory(prefix="vexfs-python-") as directory:
            done = subprocess.run([sys.executable, "-B", PROGRAMS / f"{name}.py"], cwd=directory, text=True,
                                  env={**os.environ, "PYTHONPATH": str(PACKAGES), "MPLBACKEND": "agg"},
                                  capture_output=True, timeout=3 * PATIENCE_S)
        print(done.stdout, done.stderr, sep="", file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_presets(self):
        done = self.run_program("presets")
        self.assertIn("presets: ok\n", done.stdout)
        self.assertIn("SettingWarning: m has no effect", done.stderr)

    def test_monitor(self):
        done = self.run_program("monitor")
        self.assertEqual(done.stdout, "monitor: ok\n")

    def test_queries(self):
        self.assertIn("queries: ok\n", self.run_program("queries").stdout)

    def test_optimization(self):
        done = self.run_program("optimization")
        self.assertRegex(done.stdout, r"Memory efficiency: \d+ vectors/MB\n")
        self.assertRegex(done.stdout, r"Average latency: \d+\.\d\dms\n")
        for setting in ("cache_size", "io_workers", "sync_frequency"):
            self.assertIn(f"SettingWarning: {setting} has no effect", done.stderr)

    def test_benchmark(self):
        done = self.run_program("benchmark")
        for algorithm in ("HNSW", "LSH"):
            self.assertIn(f"## {algorithm} Algorithm", done.stdout)
        self.assertRegex(done.stdout, r"- k=10: \d+\.\d\dms avg")


def main():
    if INSIDE in os.environ:
        unittest.main()
    elif shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], **SILENT).returncode == 0:
        os.execvpe("unshare", [*UNSHARE, sys.executable, "-B", *sys.argv], {**os.environ, INSIDE: "1"})
    else:
        unittest.skip("there is no mount namespace to be had here: only root may make one")(Programs)
        unittest.main()


if __name__ == "__main__":
    main()
