# SPDX-License-Identifier: Apache-2.0
"""A vexfsd to measure, on a directory of its own. It is that of the end-to-end tests, with their client."""
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("VEXFSD", str(ROOT / "build/release/vexfsd/vexfsd"))
os.environ.setdefault("VEXFSCTL", str(ROOT / "build/release/vexfsctl/vexfsctl"))
os.environ.setdefault("VEXFS_SOURCE_DIR", str(ROOT))
os.environ.setdefault("VEXFS_BUILD_DIR", str(ROOT / "build/release"))
sys.path.insert(0, str(ROOT / "tests/e2e"))

import harness  # noqa: E402
import wire  # noqa: E402

TIMEOUT_S = 3600


class Served(harness.Daemon):
    def __init__(self, directory):
        # Queries that come again are searched for again.
        super().__init__(directory, config="[queries]\ncache_entries = 0\n")

    def client(self):
        return wire.Client(self.socket, TIMEOUT_S)

    def anonymous_bytes(self):
        """Resident memory without pages of files, which the kernel can drop at any time."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise SystemExit(f"/proc/{self.pid}/status has no RssAnon")

    def restart_s(self, query):
        """Seconds from the start of a new process until it has answered a search."""
        self.stop()
        started = time.perf_counter()
        self.spawn()
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"vexfsd ended with status {self.process.returncode}:\n{self.log()}")
            try:
                with self.client() as client:
                    client.call("search", {"vectors": query}, collection="docs", limit=10)
                return time.perf_counter() - started
            except (FileNotFoundError, ConnectionError):
                time.sleep(0.001)
