#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an answer from the query cache costs beside finding it, in one run: each query is asked twice over the socket, and
the second time must be a hit. The time in the daemon is the reply's took_us, that at the client is from the request's
first byte to the reply's last.

    cache.py --base base.npy --queries queries.npy
"""
import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from served import TIMEOUT_S, harness, wire

KINDS = {
    "graph": {},
    "graph, 100 nearest": {"limit": 100},
    "filter, 10 %": {"filter": {"share": {"$lt": 10}}},
    "filter, 1 %": {"filter": {"share": {"$lt": 1}}},
    "exact": {"exact": True},
}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", type=Path, required=True, help="a .npy of vectors")
    options.add_argument("--queries", type=Path, required=True)
    asked = options.parse_args()
    base, queries = (np.load(path).astype("<f4") for path in (asked.base, asked.queries))
    shares = np.random.default_rng(1).random(len(base)) * 100
    with tempfile.TemporaryDirectory(prefix="vexfs-bench-") as directory:
        daemon = harness.Daemon(directory).start()
        with wire.Client(daemon.socket, TIMEOUT_S) as client:
            client.call("collection.create", collection="docs", dimension=base.shape[1], metric="cosine")
            for begin in range(0, len(base), 10_000):
                metadata = [{"share": share} for share in shares[begin:begin + 10_000]]
                client.call("insert", {"vectors": base[begin:begin + 10_000]}, collection="docs", metadata=metadata)
            client.call("collection.optimize", collection="docs", wait=True)

            def ask(query, kind):
                frame = wire.request("search", {"vectors": query[None]}, collection="docs", **{"limit": 10, **kind})
                started = time.perf_counter_ns()
                client.send(frame)
                reply = client.receive()
                return reply["took_us"], (time.perf_counter_ns() - started) / 1000

            def hits():
                return client.call("stats")["cache_hits"]

            print("search               found: daemon us, client us   again: daemon us, client us   ratios")
            for name, kind in KINDS.items():
                ask(queries[0] * 2, kind)  # makes the filter's columns
                before = hits()
                found, again = zip(*((ask(query, kind), ask(query, kind)) for query in queries[:500]))
                if hits() - before != len(again):
                    sys.exit(f"cache.py: {hits() - before} hits for {len(again)} repeated queries")
                found, again = ([statistics.median(times) for times in zip(*asked)] for asked in (found, again))
                print(f"{name:20} {found[0]:17.0f} {found[1]:10.0f} {again[0]:18.0f} {again[1]:10.0f}"
                      f"   {found[0] / max(again[0], 1):6.1f} {found[1] / again[1]:6.1f}")
        daemon.stop()


if __name__ == "__main__":
    main()
