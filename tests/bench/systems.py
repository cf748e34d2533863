# SPDX-License-Identifier: Apache-2.0
"""Runs what is measured, one process after the other, and watches the memory of each from outside."""
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
VEXFSCTL = Path(os.environ.get("VEXFSCTL", ROOT / "build/release/vexfsctl/vexfsctl"))
PEERS = Path(os.environ.get("BENCH_PEERS", ROOT / "build/release/tests/bench/bench-peers"))

# What is compared: hnswlib and Faiss by what bench-peers calls them, and VexFS by preset.
SYSTEMS = {
    "vexfs": ["--preset", "balanced"],
    "hnswlib-16": ["hnswlib", "--m", "16", "--ef-construction", "200"],
    "hnswlib-32": ["hnswlib", "--m", "32", "--ef-construction", "200"],
    "faiss-16": ["faiss", "--m", "16", "--ef-construction", "200"],
}
REFERENCE = "hnswlib-16"


def environment():
    """This environment without what would have a BLAS take kernels of another CPU."""
    return {key: value for key, value in os.environ.items()
            if key not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "VEXFS_SOCKET")}


class Watched:
    """A process that has run to its end, with its resident memory over time."""

    def __init__(self, command):
        self.samples = []  # (seconds since the epoch of time.monotonic(), bytes)
        self.process = subprocess.Popen([str(part) for part in command], env=environment(), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        first = self.process.stdout.read(1)
        self.answered = time.monotonic()  # before it gives back what it holds
        self.output = first + self.process.stdout.read()
        watcher.join()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise SystemExit(f"{command[0]} ended with status {self.process.returncode}")

    def _watch(self):
        started = time.monotonic()
        # Not wait() here: until the process is waited for, its number can't be another's.
        while os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
            if pages:  # an ended process has none
                self.samples.append((time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE")))
            time.sleep(0.001 if time.monotonic() - started < 0.5 else 0.02)

    def peak(self):
        return max(resident for _, resident in self.samples)

    def resident_during(self, begin, end):
        """The median between two times; of a span too short to have been seen, what was seen nearest."""
        seen = [resident for at, resident in self.samples if begin <= at <= end]
        nearest = min(self.samples, key=lambda sample: abs(sample[0] - end))[1]
        return statistics.median(seen) if seen else nearest


def data_of(options):
    return {name: getattr(options, name) for name in ("base", "queries", "truth", "metric")}


def data_options(data):
    return ["--base", data["base"], "--queries", data["queries"], "--truth", data["truth"],
            "--metric", data["metric"]]


def vexfs_command(data, threads, options):
    return [VEXFSCTL, "-o", "json", "bench", "ann", *data_options(data), "--threads", threads, *options]


def overhead_of_vexfs(data, options):
    """What the process takes beside base and index: its peak with ten rows of the base."""
    with tempfile.TemporaryDirectory() as directory:
        few = Path(directory) / "few.npy"
        numpy.save(few, numpy.load(data["base"], mmap_mode="r")[:10])
        return Watched(vexfs_command({**data, "base": few}, 1, options)).peak()


def run_vexfs(data, threads, options):
    """One `vexfsctl bench ann`. resident_bytes_per_vector is what the process held during its searches,
    vectors and mapped files included, without its overhead."""
    overhead = overhead_of_vexfs(data, options)
    watched = Watched(vexfs_command(data, threads, options))
    run = json.loads(watched.output)
    queries = numpy.load(data["queries"], mmap_mode="r").shape[0]
    rows = numpy.load(data["base"], mmap_mode="r").shape[0]
    searching_s = sum(queries / point["qps"] for point in run["points"])
    resident = watched.resident_during(watched.answered - searching_s, watched.answered)
    run["build"]["resident_bytes_per_vector"] = round((resident - overhead) / rows)
    return run


def run_peer(data, threads, options):
    run = json.loads(Watched([PEERS, *options[:1], *data_options(data), "--threads", threads,
                              *options[1:]]).output)
    run["build"]["resident_bytes_per_vector"] = run["build"]["bytes_per_vector"]
    return run


def run_system(name, data, threads, ef_sweep):
    options = [*SYSTEMS[name], "--ef-sweep", ",".join(map(str, ef_sweep))]
    return (run_vexfs if name == "vexfs" else run_peer)(data, threads, options)
