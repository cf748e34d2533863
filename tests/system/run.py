#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the administrator of a machine with Debian, systemd and a bus, on which the packages are installed that were just
built: in a virtual machine that needs no hardware for it.

usage: run.py [--failfast] DIRECTORY [TEST...]

DIRECTORY is that of rootfs.sh and packages.sh. A TEST is a name of Python's unittest, such as tuning_test; they stand in
the order in which an administrator meets them, and the first installs what the others use.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import machine

TESTS = ["install_test", "inspection_test", "refusal_test", "configuration_test", "restart_test", "fallback_test",
         "tuning_test", "removal_test"]


def with_module(system, packages, work):
    """A copy of the root on which DKMS has built the module: its compiler would take long in a virtual machine."""
    root = work / "root"
    subprocess.run(["cp", "-a", system / "root", root], check=True)
    package, = packages.glob("vexfs-dkms_*.deb")
    shutil.copy(package, root / "root")
    script = (f"dpkg --install /root/{package.name} && for kernel in /lib/modules/*; do "
              f"dkms status vexfs -k ${{kernel##*/}} | grep installed || exit 1; done")
    inside = 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
    subprocess.run(["env", "-i", "PATH=/usr/sbin:/usr/bin", "LC_ALL=C", "unshare", "--mount", "--propagation", "private",
                    "sh", "-c", inside, root, "sh", "-c", script], check=True)
    return root


def run(arguments):
    system, packages = arguments.directory, arguments.directory / "packages"
    with tempfile.TemporaryDirectory(prefix="system-", dir=system) as made:
        work = Path(made)
        disk = machine.make_disk(work / "disk", with_module(system, packages, work), machine.DISK_MIB)
        shutil.rmtree(work / "root")
        second = machine.make_disk(work / "packages", packages, machine.PACKAGES_MIB)
        machine.the = machine.Machine(system, disk, second)
        try:
            machine.the.wait_for_boot()
            tests = unittest.defaultTestLoader.loadTestsFromNames(arguments.tests or TESTS)
            passed = unittest.TextTestRunner(verbosity=2, failfast=arguments.failfast).run(tests).wasSuccessful()
            if not passed:
                machine.the("journalctl --no-pager -b -o short-monotonic -p info | tail -n 300; systemctl --failed")
        finally:
            machine.the.close()
        for complaint in machine.the.complaints:
            print(f"system: the kernel complains: {complaint}")
    return 0 if passed and not machine.the.complaints else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--failfast", action="store_true", help="end at the first test that fails")
    parser.add_argument("directory", type=Path)
    parser.add_argument("tests", nargs="*", metavar="TEST")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parent)]
    sys.exit(main())
