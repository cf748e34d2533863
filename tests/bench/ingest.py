#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Measures a durable ingest through the daemon's socket, beside what fio writes in the same way, with a reader
that looks for what was just acknowledged; then how long the index takes to catch up, what memory a vector
takes, and a restart. Prints a table. README.md says what is measured and how."""
import argparse
import shutil
import sys
import time
from pathlib import Path

import numpy

import fio
import machine
import report
import served
from load import Load


RESTARTS = 5
IDLE_S = 5


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, help="vectors in place of synthetic ones, float32 .npy")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--metric", choices=("cosine", "euclidean", "dot"), default="cosine")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="parameters, as vexfsctl's")
    parser.add_argument("--durability", choices=("sync", "group", "async"), default="group")
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1000, help="rows of one insert")
    parser.add_argument("--searches-per-second", type=float, default=20)
    parser.add_argument("--directory", type=Path, default=served.ROOT / "build/bench/ingest",
                        help="on the disk to measure")
    parser.add_argument("--record", metavar="NAME",
                        help="also put the table into README.md, into its section NAME")
    return parser.parse_args(argv)


def clustered(rows, dimension, clusters, seed=1):
    """Normal points around normal centres: neighbours there are, as in data of the world."""
    random = numpy.random.default_rng(seed)
    centres = 2 * random.standard_normal((clusters, dimension), numpy.float32)
    vectors = random.standard_normal((rows, dimension), numpy.float32)
    block = 65_536
    for first in range(0, rows, block):
        some = vectors[first:first + block]
        some += centres[random.integers(clusters, size=len(some))]
    return vectors


def create(daemon, dimension, options):
    harness_ctl = served.harness.Ctl("--socket", daemon.socket)
    settings = [word for setting in options.set for word in ("--set", setting)]
    harness_ctl("collection", "create", "docs", "--dimension", dimension, "--metric", options.metric,
                "--preset", options.preset, "--set", f"durability={options.durability}", *settings)


def seconds_until_indexed(client):
    started = time.perf_counter()
    while client.call("collection.info", collection="docs")["backlog_rows"] > 0:
        time.sleep(0.05)
    return time.perf_counter() - started


def measure(vectors, options):
    """A row of the table, {header: text}, and how many acknowledged vectors were not found."""
    daemon = served.Served(options.directory).start()
    try:
        create(daemon, vectors.shape[1], options)
        empty_bytes = daemon.anonymous_bytes()
        load = Load(daemon, vectors, options.writers, options.batch, options.searches_per_second)
        ingest_s, times, missing = load.run()
        with daemon.client() as client:
            log = client.call("stats", collection="docs")
            indexed_s = seconds_until_indexed(client)
            client.call("collection.optimize", collection="docs", wait=True)
        alone = load.alone(IDLE_S)
        memory = (daemon.anonymous_bytes() - empty_bytes) / len(vectors)
        restarts_s = sorted(daemon.restart_s(vectors[:1]) for _ in range(RESTARTS))
    finally:
        if daemon.running():
            daemon.stop()
    wanted = fio.pattern(log, -(-len(vectors) // options.batch))
    disk = fio.bytes_per_second(options.directory, wanted)
    rate = log["log_bytes"] / ingest_s
    p50, p99 = numpy.percentile(times, [50, 99]) * 1000
    idle = numpy.median(alone) * 1000
    return {"vectors": f"{len(vectors):,} x {vectors.shape[1]}",
            "vectors/s": report.number(len(vectors) / ingest_s),
            "MB/s": f"{rate / 1e6:,.1f}",
            "fio MB/s": f"{disk / 1e6:,.1f}",
            "ratio": f"{rate / disk:.2f}",
            "syncs": report.number(log["log_syncs"]),
            "indexed after s": f"{indexed_s:.1f}",
            "found": f"{len(times) - missing}/{len(times)}",
            "p50 ms": f"{p50:.2f}",
            "p99 ms": f"{p99:.2f}",
            "idle p50 ms": f"{idle:.2f} ({p50 / idle:.1f}x)",
            "bytes/vector": report.number(memory),
            "restart s": f"{restarts_s[RESTARTS // 2]:.2f} ({restarts_s[0]:.2f}-{restarts_s[-1]:.2f})"}, missing


def main(argv):
    options = arguments(argv)
    described = machine.describe()
    if options.base:
        vectors = numpy.ascontiguousarray(numpy.load(options.base)[:options.rows], numpy.float32)
        origin = f"from {options.base.name}"
    else:
        vectors = clustered(options.rows, options.dimension, options.clusters)
        origin = f"in {options.clusters:,} normal clusters"
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    try:
        row, missing = measure(vectors, options)
    finally:
        shutil.rmtree(options.directory)
    data = f"{len(vectors):,} vectors of dimension {vectors.shape[1]} {origin}, metric {options.metric}"
    text = report.around(described, data, report.command("ingest.py", argv),
                         f"{options.writers} writers of {options.batch} rows at a time, durability "
                         f"{options.durability}; the reader searches {options.searches_per_second:g} times a second.",
                         report.table(list(row), [list(row.values())]))
    if options.record:
        report.record(options.record, text)
    print(text)
    if missing:
        raise SystemExit(f"{missing} vectors were acknowledged and not found by the search that followed")


if __name__ == "__main__":
    main(sys.argv[1:])
