#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""By hand, with fio and stress-ng: the snapshot files under every way of reading, while a writer inserts, points are
looked at by many and the machine is busy with other things. All must end well, and what is read be right.

    tests/mount/stress.py [--seconds 5]
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("VEXFSD", str(ROOT / "build/release/vexfsd/vexfsd"))
os.environ.setdefault("VEXFSCTL", str(ROOT / "build/release/vexfsctl/vexfsctl"))
os.environ.setdefault("VEXFS_SOURCE_DIR", str(ROOT))
os.environ.setdefault("VEXFS_BUILD_DIR", str(ROOT / "build/release"))

import numpy as np  # noqa: E402
from mounted import Call, MountingDaemon, rows  # noqa: E402

ROWS, DIMENSION = 200_000, 128
READS = {  # ways of fio: engine, pattern, bytes of a read
    "sequential": ("psync", "read", "1M"),
    "random": ("psync", "randread", "4k"),
    "mapped": ("mmap", "read", "64k"),
    "mapped, random": ("mmap", "randread", "4k"),
}


def fio(name, file, seconds):
    engine, pattern, size = READS[name]
    done = subprocess.run(["fio", "--readonly", f"--name={name}", f"--filename={file}", f"--ioengine={engine}",
                           f"--rw={pattern}", f"--bs={size}", "--numjobs=4", "--group_reporting", "--time_based",
                           f"--runtime={seconds}", "--output-format=json"], capture_output=True, text=True, check=True)
    job, = json.loads(done.stdout)["jobs"]
    assert job["error"] == 0, job
    return job["read"]["bw_bytes"] / 1e6, job["read"]["iops"]


def stress_ng(*stressors, seconds):
    subprocess.run(["stress-ng", "--quiet", "--temp-path", tempfile.gettempdir(), "--timeout", str(seconds), *stressors],
                   check=True)


def insert_until(ended, mount):
    with Call(mount / "docs/call") as call:
        while not ended.wait(0.01):
            call.call("insert", {"vectors": rows(100, DIMENSION)})


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=5, help="of each load")
    asked = options.parse_args()
    daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-stress-"))
    try:
        mount = daemon.start().mount
        (mount / "docs").mkdir()
        (mount / "docs/config").write_text(f"dimension = {DIMENSION}\n")
        vectors = rows(ROWS, DIMENSION)
        np.save(mount / "docs/import/vectors.npy", vectors)
        ended = threading.Event()
        with open(mount / "docs/vectors.npy", "rb") as kept:
            expected = hashlib.sha256(kept.read()).hexdigest()
            writer = threading.Thread(target=insert_until, args=[ended, mount])
            writer.start()
            try:
                for name in READS:
                    print("{:16} {:8.0f} MB/s {:10.0f} reads/s".format(name, *fio(name, mount / "docs/vectors.npy",
                                                                                   asked.seconds)))
                stress_ng("--fstat", "4", "--fstat-dir", str(mount / "docs/points"), seconds=asked.seconds)
                stress_ng("--vm", "2", "--vm-bytes", "20%", "--fork", "2", "--switch", "2", seconds=asked.seconds)
                print("stress-ng        ended well")
            finally:
                ended.set()
                writer.join()
            kept.seek(0)
            assert hashlib.sha256(kept.read()).hexdigest() == expected, "the snapshot has changed"
        shown = np.load(mount / "docs/vectors.npy", mmap_mode="r")
        np.testing.assert_array_equal(shown[:ROWS], vectors)
        print(f"{len(shown)} points are what was written")
        assert daemon.stop() == 0
    finally:
        print(daemon.log(), file=sys.stderr, end="")
        daemon.clean_up()


if __name__ == "__main__":
    main()
