# SPDX-License-Identifier: Apache-2.0
"""What runs in the virtual machine: the suites, by name. Tests are Python's unittest, a file per subject, and all of a
suite run in this process, for a start of Python takes long in an emulated machine.
"""
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "mount"), str(HERE.parent / "python")]
import module  # noqa: E402
from mounted import rows  # noqa: E402

KMEMLEAK = Path("/sys/kernel/debug/kmemleak")
# The behaviour of a mount, whoever serves it. `lifetime` is about the mount that FUSE serves.
BEHAVIOUR = [f"{name}_test" for name in (
    "names", "call", "calling", "passing", "insert", "points", "config", "hostile", "session")]

SMOKE = ["names_told_test.Names.test_they_are_looked_up_and_listed_without_the_daemon",
         "names_told_test.Names.test_who_may_not_read_a_collection_does_not_see_it",
         "calling_test.Calling.test_a_request_and_its_reply_are_one_system_call",
         "insert_test",
         "passing_test",
         "parameters_test.Parameters.test_cache_size_mb_keeps_replies_and_0_keeps_none",
         "parameters_test.Cache.test_every_change_ends_what_was_kept",
         "netlink_test.Netlink.test_a_parameter_is_set_and_shown",
         "netlink_test.Netlink.test_a_collections_counters",
         "tracing_test",
         "restarts_test.Restarts.test_what_waits_for_a_daemon_is_answered_by_the_next_one",
         "restarts_test.Restarts.test_open_files_go_on"]


def run_tests(names):
    tests = unittest.defaultTestLoader.loadTestsFromNames(names)
    return unittest.TextTestRunner(verbosity=2).run(tests).wasSuccessful()


def on_a_mount(*names):
    """Tests on a mount that the module and a daemon serve."""
    module.load()
    os.environ["VEXFS_MOUNT"] = str(module.MOUNT)
    module.Daemon.running = module.Daemon().start()
    passed = run_tests(names)
    passed = module.Daemon.running.stop() == 0 and passed
    clean_up()
    return passed


def clean_up():
    """What a daemon that has ended leaves; nothing else keeps the module loaded."""
    subprocess.run(["umount", module.MOUNT], check=True)
    module.remove()
    shutil.rmtree(module.DATA)


def loading():
    """The tests that load and unload the module themselves."""
    module.load()
    module.remove()
    return run_tests(["loading_test"])


def fuzz():
    """Evil daemons, programs and administrators, by a seed of the day; the module can be unloaded after them."""
    module.load()
    subprocess.run(["mount", "-t", "vexfs", "-o", "park_ms=20", "fuzz", "/mnt"], check=True)
    seed = os.environ.get("VEXFS_FUZZ_SEED", str(int(time.time() / 86400)))
    done = subprocess.run(["fuzz-module", os.environ.get("VEXFS_FUZZ_CASES", "100000"), seed], check=False)
    subprocess.run(["umount", "/mnt"], check=True)
    module.remove()
    return done.returncode == 0


def side_by_side():
    """What calls cost by the module and by FUSE."""
    module.load()
    fuse_mount = Path("/root/fuse")
    fuse_mount.mkdir()
    daemons = [module.Daemon().start(), module.Daemon(fuse_mount, "/var/lib/fuse", "fuse").start()]
    points = rows(1000, 2).tobytes()
    for daemon in daemons:
        for name, dimension in (("docs", 2), ("rows", 100)):
            (daemon.mount / name).mkdir()
            (daemon.mount / name / "config").write_text(f'dimension = {dimension}\nalgorithm = "flat"\n')
        (daemon.mount / "docs/insert").write_bytes(points)
    done = subprocess.run(["side-by-side", module.MOUNT, str(daemons[0].pid), fuse_mount, str(daemons[1].pid),
                           "/var/lib/plain"], check=False)
    stopped = [daemon.stop() for daemon in daemons]
    clean_up()
    return stopped == [0, 0] and done.returncode == 0


def smoke():
    """Something of each of the others, in a few minutes: what `./dev test` runs among all."""
    os.environ.update(VEXFS_LOADS="20", VEXFS_FUZZ_CASES="6000", VEXFS_FUZZ_SEED="1")
    passed = on_a_mount(*SMOKE)
    module.load()
    module.remove()
    passed = run_tests(["loading_test.Loading.test_it_is_not_unloaded_while_it_is_used",
                        "loading_test.Loading.test_loads_and_unloads_while_others_use_it"]) and passed
    return fuzz() and passed


SUITES = {
    "behaviour": lambda: on_a_mount(*BEHAVIOUR),
    "fuzz": fuzz,
    "loading": loading,
    "module": lambda: on_a_mount("names_told_test", "netlink_test", "parameters_test", "tracing_test"),
    "programs": lambda: on_a_mount("programs_test"),
    "side-by-side": side_by_side,
    "smoke": smoke,
    "spinning": lambda: on_a_mount("spinning_test"),
    "restarts": lambda: on_a_mount("restarts_test"),
}


def leaked():
    """What the kernel has found that nobody has the address of any more, where it looks for that."""
    if not KMEMLEAK.exists():
        return ""
    for _ in range(2):
        time.sleep(6)  # what is younger than five seconds is not told
        KMEMLEAK.write_text("scan")
    return KMEMLEAK.read_text()


def main(asked):
    """Suites by their names, fuzz+loading, or some of their tests by theirs: names_test.Names.test_one,call_test"""
    if KMEMLEAK.parent.exists():
        subprocess.run(["mount", "-t", "debugfs", "debugfs", KMEMLEAK.parent], check=True)
    if leaked():
        KMEMLEAK.write_text("clear")  # that was before the module
    passed = True
    for suite in asked.split("+"):
        begun = time.monotonic()
        one = SUITES[suite]() if suite in SUITES else on_a_mount(*suite.split(","))
        print(f"vm: {suite} {'passed' if one else 'failed'}, {time.monotonic() - begun:.0f} s")
        passed = one and passed
    left = leaked()
    print(left, end="")
    return passed and not left


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1]) else 1)
