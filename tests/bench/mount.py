#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The way through the mount beside that through the socket, in one run: the median of a search and the rate of batch
inserts, each through both in turns, by the same frames."""
import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from served import ROOT, wire

sys.path.insert(0, str(ROOT / "tests/mount"))
from mounted import Call, MountingDaemon  # noqa: E402


def searches_us(call, queries, limit):
    """Microseconds of each search."""
    times = []
    for query in queries:
        frame = wire.request("search", {"vectors": query[None]}, collection="docs", limit=limit, with_metadata=False)
        started = time.perf_counter_ns()
        call.send(frame)
        call.receive()
        times.append((time.perf_counter_ns() - started) / 1000)
    return times


def inserts_per_s(call, rows, batch):
    started = time.perf_counter()
    for begin in range(0, len(rows), batch):
        call.send(wire.request("insert", {"vectors": rows[begin:begin + batch]}, collection="sink"))
        call.receive()
    return len(rows) / (time.perf_counter() - started)


class ThroughMount(Call):
    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view):]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", type=Path, help="a .npy of vectors; else random ones")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--dimension", type=int, default=100)
    options.add_argument("--queries", type=int, default=1000)
    options.add_argument("--batch", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    if asked.base:
        base = np.load(asked.base, mmap_mode="r")[:asked.rows].astype("<f4")
    else:
        base = np.random.default_rng(1).random((asked.rows, asked.dimension), "f4")
    queries = np.random.default_rng(2).choice(base, asked.queries)
    daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-bench-"), config="[queries]\ncache_entries = 0\n")
    try:
        daemon.start()
        with daemon.client() as client:
            for name in ("docs", "sink"):
                client.call("collection.create", collection=name, dimension=base.shape[1], preset="balanced")
            for begin in range(0, len(base), 10_000):
                client.call("insert", {"vectors": base[begin:begin + 10_000]}, collection="docs")
            client.call("collection.optimize", collection="docs", wait=True)
        with daemon.client() as through_socket, ThroughMount(daemon.mount / ".vexfs/call") as through_mount:
            ways = {"socket": through_socket, "mount": through_mount}
            search = {name: [] for name in ways}
            insert = {name: [] for name in ways}
            for _ in range(asked.rounds):
                for name, way in ways.items():
                    search[name].append(statistics.median(searches_us(way, queries, 10)))
                for name, way in ways.items():
                    insert[name].append(inserts_per_s(way, base[:20_000], asked.batch))
        medians = {name: statistics.median(values) for name, values in search.items()}
        rates = {name: statistics.median(values) for name, values in insert.items()}
        for name in ways:
            print(f"{name:7} search {medians[name]:8.0f} us (median)   insert {rates[name]:9.0f} vectors/s")
        print(f"ratio   search {medians['mount'] / medians['socket']:8.2f}                 "
              f"insert {rates['mount'] / rates['socket']:9.2f}")
    finally:
        daemon.clean_up()


if __name__ == "__main__":
    main()
