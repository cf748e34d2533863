#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs a fuzz target for VEXFS_FUZZ_SECONDS (20). What it finds stays in --work, and the next run goes on from
there. An input that crashes it is named, with the command that does so again."""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

SECONDS = int(os.environ.get("VEXFS_FUZZ_SECONDS", 20))
INPUT_BYTES_MAX = 8192
INPUT_SECONDS_MAX = 20
MEMORY_MIB_MAX = 2048


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("name")
    parser.add_argument("--seeds", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    return parser.parse_args()


def command(options):
    corpus = options.work / options.name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    dictionary = Path(__file__).parent / f"{options.name}.dict"
    return [options.program, f"-max_total_time={SECONDS}", f"-max_len={INPUT_BYTES_MAX}",
            f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}", "-print_final_stats=1",
            f"-artifact_prefix={options.work / options.name}/",
            *([f"-dict={dictionary}"] if dictionary.exists() else []), str(corpus), str(options.seeds)]


def main():
    options = arguments()
    done = subprocess.run(command(options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace", check=False)
    if done.returncode == 0:
        last = re.findall(r"^#\d+\s+DONE .*", done.stdout, re.MULTILINE)
        units = re.search(r"stat::number_of_executed_units: (\d+)", done.stdout)
        print(f"{options.name}: {units[1]} inputs in {SECONDS} s; {last[-1]}")
        return 0
    print(done.stdout[-20_000:])
    found = re.search(r"Test unit written to (\S+)", done.stdout)
    print(f"{options.name} ended with status {done.returncode}")
    if found:
        print(f"on the input {found[1]}; to see it again:\n{options.program} {found[1]}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
