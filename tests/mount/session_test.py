# SPDX-License-Identifier: Apache-2.0
"""The session of vexfs(7), as it is printed there."""
import subprocess
import sys
import unittest
from pathlib import Path

import numpy as np
from mounted import PATIENCE_S, Mounted

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "man"))
from pages import page  # noqa: E402


class Session(Mounted):
    def test_it_goes_as_it_is_printed(self):
        shown = page("vexfs.7").section("DESCRIPTION").subsection("A session").literal_lines()
        home = self.mount.parent / "home"
        home.mkdir()
        vectors = np.array([[0, 1, 0], [0, 0, 1], [0, 1, 1]], "<f4")
        np.save(home / "vectors.npy", vectors)
        commands = [line for line in shown if line.startswith("$ ")]
        script = "".join(f"echo {quoted(line)}; {line[2:].replace('/mnt/vexfs', str(self.mount))}\n"
                         for line in commands)
        done = subprocess.run(["bash", "-c", script],
                              env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S)
        self.assertEqual(done.stdout.splitlines(), shown)
        copy = np.load(home / "copy.npy")
        np.testing.assert_array_equal(copy[2:], vectors)


def quoted(line):
    return "'" + line.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    unittest.main()
