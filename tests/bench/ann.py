#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Measures VexFS and its packaged peers on the same data in one run, one after the other.

Prints a table of the figures, each with its ratio to hnswlib's at M=16, and writes results.json, results.md
and recall-qps.svg into --out. README.md says what is measured and how."""
import argparse
import json
import sys
from pathlib import Path

import figures
import machine
import plot
import report
import systems

EF_SWEEP = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1280)


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("queries")
    parser.add_argument("truth")
    parser.add_argument("--metric", choices=("cosine", "euclidean", "dot"), required=True)
    parser.add_argument("--threads", type=int, default=2, help="that build; one searches")
    parser.add_argument("--rounds", type=int, default=3,
                        help="of all systems in turn; the best of each counts")
    parser.add_argument("--ef-sweep", type=lambda text: [int(part) for part in text.split(",")],
                        default=EF_SWEEP, metavar="N,N,...")
    parser.add_argument("--systems", type=lambda text: text.split(","), default=list(systems.SYSTEMS),
                        metavar="NAME,...", help=f"of {', '.join(systems.SYSTEMS)}")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--record", metavar="NAME",
                        help="also put the table into README.md, into its section NAME")
    options = parser.parse_args(argv)
    if unknown := set(options.systems) - set(systems.SYSTEMS):
        parser.error(f"no system '{', '.join(sorted(unknown))}'")
    if options.systems != ["vexfs"] and not systems.PEERS.exists():
        parser.error(f"{systems.PEERS} is missing: cmake --build build/release --target bench-peers")
    return options


def measure(data, options):
    """[rounds] runs of each system. Rounds interleave them, so that what changes on the machine meets all."""
    runs = {name: [] for name in options.systems}
    for round_number in range(1, options.rounds + 1):
        for name in options.systems:
            print(f"round {round_number} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            runs[name].append(systems.run_system(name, data, options.threads, options.ef_sweep))
    return runs


def main(argv):
    options = arguments(argv)
    described = machine.describe()
    data = systems.data_of(options)
    context = report.Context("ann.py", argv, described, data)
    runs = measure(data, options)
    best = {name: figures.best_figures(of_system) for name, of_system in runs.items()}
    reference = best.get(systems.REFERENCE, {})
    options.out.mkdir(parents=True, exist_ok=True)
    results = {"machine": described, "data": context.data(), "command": context.command(),
               "reference": systems.REFERENCE, "best": best,
               "ratios": {name: figures.ratios(of_system, reference) for name, of_system in best.items()},
               "rounds": runs}
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    text = context.around(
        f"Each figure is the best of its rounds ({options.rounds}), building with {options.threads} threads; "
        f"in brackets the ratio to {systems.REFERENCE}.", report.comparison(best, systems.REFERENCE))
    (options.out / "results.md").write_text(text)
    plot.draw(options.out / "recall-qps.svg", context.data(),
              {name: figures.best_points(of_system) for name, of_system in runs.items()})
    if options.record:
        report.record(options.record, text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
