# SPDX-License-Identifier: Apache-2.0
"""What runs in the virtual machine: the suites, by name. Tests are Python's unittest, a file per subject, and all of a
suite run in this process, for a start of Python takes long in an emulated machine.
"""
import os
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "mount")]
import module  # noqa: E402

# The behaviour of a mount, whoever serves it. `lifetime` is about the mount that FUSE serves.
BEHAVIOUR = ["names", "call", "calling", "insert", "points", "config", "hostile", "session"]


def run_tests(names):
    tests = unittest.defaultTestLoader.loadTestsFromNames([f"{name}_test" for name in names])
    return unittest.TextTestRunner(verbosity=2).run(tests).wasSuccessful()


def behaviour():
    """The tests of the mount, on a mount that the module serves."""
    module.load()
    os.environ["VEXFS_MOUNT"] = str(module.MOUNT)
    daemon = module.Daemon().start()
    passed = run_tests(BEHAVIOUR)
    return daemon.stop() == 0 and passed


SUITES = {
    "behaviour": behaviour,
}


if __name__ == "__main__":
    sys.exit(0 if SUITES[sys.argv[1]]() else 1)
