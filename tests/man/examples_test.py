# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of a page, in their order, where what they speak of is there: a daemon and files.

usage: examples_test.py PAGE
"""
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

from daemon import Daemon
from pages import page
from programs import TIMEOUT_S, VEXFSCTL, VEXFSD


def write_npy(path, kind, values, *shape):
    text = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text = text.ljust(117) + "\n"
    packed = struct.pack(f"<{len(values)}{'f' if kind == 'f4' else 'q'}", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + packed)


def numbers(count):
    return [(i * 37 % 101) / 101 for i in range(count)]


def write_files(directory):
    write_npy(directory / "vectors.npy", "f4", numbers(300 * 100), 300, 100)
    words = ["king"] + [f"word {i}" for i in range(299)]
    (directory / "words.jsonl").write_text("".join(json.dumps({"word": word, "lang": "en"}) + "\n" for word in words))
    (directory / "dots.jsonl").write_text('{"vector":[1,2,3],"metadata":{"year":2021}}\n[3,2,1]\n')
    write_npy(directory / "query.npy", "f4", numbers(3), 1, 3)
    rows = struct.pack("<i384f", 384, *numbers(384)) * 20
    (directory / "base.fvecs").write_bytes(rows)
    write_npy(directory / "ids.npy", "i8", range(20), 20)
    write_npy(directory / "base.npy", "f4", numbers(200 * 8), 200, 8)
    write_npy(directory / "queries.npy", "f4", numbers(2 * 8), 2, 8)
    write_npy(directory / "truth.npy", "i8", range(20), 2, 10)


def examples_of(name):
    """Lines with our programs; others, such as systemctl, are not ours to run."""
    lines = page(name)
    shown = lines.section("EXAMPLES").literal_lines() if ".Sh EXAMPLES" in lines else []
    return [line for line in shown if re.search(r"\b(vexfsctl|vexfsd) -?\w", line) and
            not line.startswith(("systemctl", "sudo", "usermod", "echo '{\"op\""))]


def run(command, daemon):
    if command.startswith("vexfsd "):
        command += " --check"  # it would go on for ever
    if " monitor" in command and "--once" not in command:
        command += " --once"  # it, too
    directories = [str(Path(VEXFSCTL).parent), str(Path(VEXFSD).parent)]
    environment = {**os.environ, "VEXFS_SOCKET": str(daemon.socket),
                   "PATH": ":".join(directories + [os.environ["PATH"]])}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=daemon.directory, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_S)
    print(f"$ {command}\n{done.stdout[:2000]}")
    return done.returncode


def main(name):
    examples = examples_of(name)
    with Daemon() as daemon:
        write_files(daemon.directory)
        before = []
        if not any("collection create words" in example for example in examples):
            before = ["vexfsctl collection create words --dimension 100",
                      "vexfsctl import words vectors.npy --metadata words.jsonl"]
        failed = [example for example in before + examples if run(example, daemon) != 0]
    for example in failed:
        print("failed:", example)
    # Without any the page says nothing of the programs' use.
    return 1 if failed or (name.startswith("vexfsctl") and not examples) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
