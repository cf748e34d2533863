#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Measures how cost grows with the number of vectors: the time to build, memory, and searches a second at a
recall of 0.95, of each size a set in clusters with queries of its own.

Prints a table and draws a plot. README.md says what is measured and how."""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy

import figures
import machine
import plot
import report
import systems
from ann import EF_SWEEP
from ingest import clustered
from truth import exact_neighbours

SHOWN = {"qps@0.95": "searches a second at .95, one thread", "build s": "seconds until all are indexed",
         "bytes/vector": "resident bytes of a vector"}


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=lambda text: [int(part) for part in text.split(",")],
                        default=[10_000, 100_000, 1_000_000], metavar="N,N,...")
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2, help="that build; one searches")
    parser.add_argument("--systems", type=lambda text: text.split(","), default=["vexfs", systems.REFERENCE],
                        metavar="NAME,...", help=f"of {', '.join(systems.SYSTEMS)}")
    parser.add_argument("--peer-rows-max", type=int, default=1_000_000, help="more are for vexfs alone")
    parser.add_argument("--directory", type=Path, default=systems.ROOT / "build/bench", help="for the vectors")
    parser.add_argument("--plot", type=Path, default=Path("growth.svg"), metavar="FILE")
    parser.add_argument("--record", metavar="NAME",
                        help="also put the table into README.md, into its section NAME")
    options = parser.parse_args(argv)
    if unknown := set(options.systems) - set(systems.SYSTEMS):
        parser.error(f"no system '{', '.join(sorted(unknown))}'")
    return options


def make(directory, rows, options):
    """Base and queries are drawn together, so that they are in the same clusters."""
    vectors = clustered(rows + options.queries, options.dimension, options.clusters)
    base, queries = vectors[:rows], vectors[rows:]
    data = {"metric": "euclidean"}
    for name, values in (("base", base), ("queries", queries),
                         ("truth", exact_neighbours(base, queries, "euclidean", 10))):
        data[name] = directory / f"{name}.npy"
        numpy.save(data[name], values)
    return data


def measure(rows, options):
    """The figures of one size, by system."""
    measured = {}
    options.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        data = make(Path(directory), rows, options)
        for name in options.systems:
            if name != "vexfs" and rows > options.peer_rows_max:
                continue
            print(f"{rows:,} vectors: {name}", file=sys.stderr, flush=True)
            run = figures.figures_of(systems.run_system(name, data, options.threads, EF_SWEEP))
            measured[name] = {**run, "build s": rows / run["indexed/s"]}
    return measured


def table(by_rows):
    names = list(SHOWN)

    def cells(run):
        return [report.number(run["qps@0.95"]), f"{run['build s']:.1f}", report.number(run["bytes/vector"])]
    return report.table(["vectors", "system", *names],
                        [[f"{rows:,}", system, *cells(run)] for rows, runs in by_rows.items()
                         for system, run in runs.items()])


def main(argv):
    options = arguments(argv)
    described = machine.describe()
    by_rows = {rows: measure(rows, options) for rows in options.rows}
    data = f"normal clusters, {options.clusters:,} of them, of dimension {options.dimension}, metric euclidean"
    text = report.around(described, data, report.command("growth.py", argv),
                         f"One run each, building with {options.threads} threads.", table(by_rows))
    plot.draw_growth(options.plot, data, SHOWN, by_rows)
    if options.record:
        report.record(options.record, text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
