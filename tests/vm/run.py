#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots a kernel with what was built and runs a suite of tests in it.

usage: run.py --kernel DIRECTORY --module FILE --build DIRECTORY [--append TEXT] [--instructions] SUITE

DIRECTORY of the kernel is one of kernels.sh; the suites are in guest.py, and fuzz+loading are two of them in one
machine. It has no network and no disk, and needs no right that its caller doesn't have. What it prints is printed
here. The exit status is 0 where the suite has passed and the kernel has complained of nothing.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import image

MEMORY_MIB = 3072
CPUS = 2
EMULATED = ["-accel", "tcg,thread=multi", "-cpu", "max"]
# The machine's time is what it executes, 2 ns for an instruction of either CPU, so that what the host does besides is
# not measured. Copies are by words: a string instruction counts as one for each of its bytes.
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off", "-cpu", "max,-erms,-fsrm"]
# What a kernel prints when something in it is wrong.
COMPLAINT = re.compile(r"\[ *\d+\.\d+\].*(BUG|WARNING:|Oops|general protection|KASAN|refcount_t|possible .*locking|"
                       r"INFO: task .* blocked|scheduling while atomic|sleeping function|unreferenced object|"
                       r"Kernel panic)")


# For a host that stops the machine for a while is no fault of the kernel's in it.
PATIENCE = "nowatchdog rcupdate.rcu_cpu_stall_suppress=1"

# More of the kernel's command line, for a suite.
APPEND = {"spinning": "idle=poll"}


def boot(kernel, initramfs, suite, append, instructions):
    command = ["qemu-system-x86_64", *(COUNTED if instructions else EMULATED), "-smp", str(CPUS), "-m", str(MEMORY_MIB),
               "-nodefaults", "-nographic", "-no-reboot", "-serial", "stdio", "-kernel", str(kernel / "vmlinuz"),
               "-initrd", str(initramfs), "-append",
               f"console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off no_timer_check {PATIENCE} "
               f"vexfs.suite={suite} {' '.join(APPEND.get(part, '') for part in suite.split('+'))} {append}"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")


def run(arguments):
    source = Path(__file__).resolve().parents[2]
    status, complaints = None, []
    with tempfile.TemporaryDirectory(prefix="vexfs-vm-") as directory:
        initramfs = Path(directory) / "initramfs"
        image.make(initramfs, arguments.module, arguments.kernel, arguments.build, source,
                   arguments.suite)
        machine = boot(arguments.kernel, initramfs, arguments.suite, arguments.append, arguments.instructions)
        for line in machine.stdout:
            print(line, end="", flush=True)
            if COMPLAINT.search(line):
                complaints.append(line.strip())
            if found := re.match(r"vm: status (\d+)", line):
                status = int(found[1])
            if "reboot: System halted" in line:  # a small kernel can't switch it off
                machine.terminate()
        machine.wait()
    for complaint in complaints:
        print(f"vm: the kernel complains: {complaint}")
    if status is None:
        print("vm: the machine ended before the suite did")
    return 0 if status == 0 and not complaints else 1


def main():
    parser = argparse.ArgumentParser()
    for name in ("kernel", "module", "build"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--append", default="",
                        help="more for the kernel's command line; NAME=VALUE is in the environment of the tests")
    parser.add_argument("--instructions", action="store_true", help="time is what the machine executes, for side-by-side")
    parser.add_argument("suite")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
