#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Measures what each preset gives by itself, with no ef_search given: does its recall hold on these data, and
at what price? Prints a table."""
import argparse
import json
import subprocess
import sys

import machine
import report
import systems


def presets():
    """Their descriptions, those of an algorithm by rising recall."""
    printed = subprocess.run([systems.VEXFSCTL, "-o", "json", "preset", "list"], stdout=subprocess.PIPE,
                             env=systems.environment(), check=True)
    return sorted(json.loads(printed.stdout)["presets"],
                  key=lambda preset: (preset["algorithm"], preset["target_recall"]))


def row(preset, run):
    build, (point,) = run["build"], run["points"]
    return [preset["name"], f"{preset['target_recall']:.2f}", f"{point['recall']:.4f}", point["path"],
            report.number(point.get("ef_search")), f"{point['p50_us']:,.1f}", report.number(point["qps"]),
            report.number(build["vectors_per_second"]), report.number(build["indexed_vectors_per_second"]),
            report.number(build["resident_bytes_per_vector"]), report.number(build["bytes_per_vector"])]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("queries")
    parser.add_argument("truth")
    parser.add_argument("--metric", choices=("cosine", "euclidean", "dot", "manhattan"), required=True)
    parser.add_argument("--threads", type=int, default=2, help="that build; one searches")
    parser.add_argument("--record", metavar="NAME",
                        help="also put the table into README.md, into its section NAME")
    options = parser.parse_args(argv)
    data = systems.data_of(options)
    context = report.Context("presets.py", argv, machine.describe(), data)
    rows = [row(preset, systems.run_vexfs(data, options.threads, ["--preset", preset["name"]]))
            for preset in presets()]
    header = ["preset", "target recall", "recall@10", "path", "ef_search", "p50 us", "qps", "inserted/s",
              "indexed/s", "bytes/vector", "bytes of index"]
    text = context.around(f"One run each, building with {options.threads} threads.",
                          report.table(header, rows))
    if options.record:
        report.record(options.record, text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
