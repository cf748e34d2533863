#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The way through the mount beside that through the socket, in one run: the median of a search at a recall of .95 and the
rate of batch inserts, each through both in turns, by the same frames.

    mount.py --base base.npy --queries queries.npy --truth truth.npy
"""
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
from mounted import PATIENCE_S, Call, MountingDaemon  # noqa: E402


LIMIT = 10


def searches_us(call, queries):
    """Microseconds of each search, and the ids that it found."""
    times, found = [], []
    for query in queries:
        frame = wire.request("search", {"vectors": query[None]}, collection="docs", limit=LIMIT, with_metadata=False)
        started = time.perf_counter_ns()
        call.send(frame)
        reply = call.receive()
        times.append((time.perf_counter_ns() - started) / 1000)
        found.append([hit["id"] for hit in reply["results"][0]])
    return times, found


def recall(found, truth):
    return np.mean([len(set(ids) & set(true[:LIMIT])) / LIMIT for ids, true in zip(found, truth.tolist())])


def insert_s(call, rows, name):
    """Seconds of one batch."""
    started = time.perf_counter()
    call.send(wire.request("insert", {"vectors": rows}, collection=name))
    call.receive()
    return time.perf_counter() - started


class Buffered:
    """As many bytes as are there come in one read, as programs have it."""
    held = b""

    def read_exactly(self, count):
        while len(self.held) < count:
            self.held += self.read(max(count - len(self.held), 64 << 10))
        data, self.held = self.held[:count], self.held[count:]
        return data


class ThroughSocket(Buffered, wire.Client):
    def read(self, count):
        return self.socket.recv(count)


class ThroughMount(Buffered, Call):
    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view):]

    def read(self, count):
        return os.read(self.descriptor, count)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", type=Path, required=True, help="a .npy of vectors")
    options.add_argument("--queries", type=Path, required=True)
    options.add_argument("--truth", type=Path, required=True, help="the rows nearest to each query by the cosine")
    options.add_argument("--batch", type=int, default=1000)
    options.add_argument("--batches", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    base, queries, truth = (np.load(path) for path in (asked.base, asked.queries, asked.truth))
    base, queries = base.astype("<f4"), queries.astype("<f4")
    daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-bench-"), config="[queries]\ncache_entries = 0\n")
    try:
        daemon.start()
        with daemon.client() as client:
            for name in ("docs", "socket", "mount"):
                client.call("collection.create", collection=name, dimension=base.shape[1], metric="cosine",
                            preset="balanced", parameters={"target_recall": 0.95})
            for begin in range(0, len(base), 10_000):
                client.call("insert", {"vectors": base[begin:begin + 10_000]}, collection="docs")
            client.call("collection.optimize", collection="docs", wait=True)
        with ThroughSocket(daemon.socket, PATIENCE_S) as through_socket, \
                ThroughMount(daemon.mount / ".vexfs/call") as through_mount:
            ways = {"socket": through_socket, "mount": through_mount}
            search = {name: [] for name in ways}
            insert = {name: [] for name in ways}
            recalls = {}
            for _ in range(asked.rounds):
                ways = dict(reversed(ways.items()))
                for name, way in ways.items():
                    times, found = searches_us(way, queries)
                    search[name].append(statistics.median(times))
                    recalls[name] = recall(found, truth)
            # Batch by batch in turns, so that disk and indexing are the same to both.
            for begin in range(0, asked.batches * asked.batch, asked.batch):
                ways = dict(reversed(ways.items()))
                for name, way in ways.items():
                    insert[name].append(insert_s(way, base[begin:begin + asked.batch], name))
        medians = {name: statistics.median(values) for name, values in search.items()}
        rates = {name: asked.batch / statistics.median(values) for name, values in insert.items()}
        for name in ways:
            print(f"{name:7} search {medians[name]:8.0f} us (median) at recall {recalls[name]:.3f}   "
                  f"insert {rates[name]:9.0f} vectors/s")
        print(f"ratio   search {medians['mount'] / medians['socket']:8.2f}                                 "
              f"insert {rates['mount'] / rates['socket']:9.2f}")
    finally:
        daemon.clean_up()


if __name__ == "__main__":
    main()
