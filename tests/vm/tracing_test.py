# SPDX-License-Identifier: Apache-2.0
"""The module's tracepoints."""
import os
import re
import subprocess
import unittest
from pathlib import Path

from module import MOUNT
from mounted import Mounted

TRACING = Path("/sys/kernel/tracing")
MKDIR = 13  # VEXFS_OP_MKDIR


class Tracing(Mounted):
    def test_a_request_begins_is_handed_over_and_ends(self):
        if not (TRACING / "events").exists():
            subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACING], check=True)
        enable = TRACING / "events/vexfs/enable"
        enable.write_text("1")
        self.addCleanup(enable.write_text, "0")
        os.mkdir(MOUNT / "traced")
        self.addCleanup(os.rmdir, MOUNT / "traced")
        enable.write_text("0")
        seen = re.findall(r"vexfs_request_(\w+): call=(\S+) .* op=(\d+) .* error=(-?\d+)", (TRACING / "trace").read_text())
        made = [one for one in seen if int(one[2]) == MKDIR]
        self.assertEqual([(name, error) for name, _, _, error in made], [("begin", "0"), ("handed", "0"), ("end", "0")])
        self.assertEqual(len({call for _, call, _, _ in made}), 1)


if __name__ == "__main__":
    unittest.main()
