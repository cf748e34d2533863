# SPDX-License-Identifier: Apache-2.0
"""The module is loaded and unloaded, also while it is in use."""
import contextlib
import ctypes
import os
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import genl
import module

PAUSE_S = 0.02  # between two uses, so that there are moments without one
UNUSED_S = 60
ROUNDS = int(os.environ.get("VEXFS_LOADS", 200))
RANGES = {"cache_size_mb": (0, 1 << 20), "max_concurrent_ops": (1, 65536), "batch_size": (1, 1000000),
          "worker_threads": (0, 256), "prefetch_enabled": (0, 1), "compression_level": (0, 9)}


def is_loaded():
    return Path("/sys/module", module.NAME, "refcnt").exists()


class Loading(unittest.TestCase):
    def tearDown(self):
        if is_loaded():
            module.remove()

    def test_parameters_are_checked_at_load(self):
        for name, (least, most) in RANGES.items():
            refused = [most + 1, "many", ""] + ([least - 1] if least else [-1])
            for value in refused if name != "prefetch_enabled" else ["many"]:
                self.assertNotEqual(module.insert(f"{name}={value}", check=False).returncode, 0, (name, value))
                self.assertFalse(is_loaded())
            for value in (least, most):
                module.insert(f"{name}={value}")
                told = module.parameter(name).read_text().strip()
                self.assertEqual(told, "NY"[value] if name == "prefetch_enabled" else str(value))
                module.remove()

    def test_those_of_the_reference_are_taken(self):
        module.insert("cache_size_mb=8192", "max_concurrent_ops=2000", "batch_size=50000", "worker_threads=16",
                      "prefetch_enabled=1", "compression_level=1")
        self.assertEqual(module.parameter("max_concurrent_ops").read_text(), "2000\n")

    def test_it_is_not_unloaded_while_it_is_used(self):
        module.insert()
        device = os.open("/dev/vexfs", os.O_RDWR)
        self.assertNotEqual(module.remove(check=False).returncode, 0)
        os.close(device)
        subprocess.run(["mount", "-t", "vexfs", "nobody", "/mnt"], check=True)
        self.assertNotEqual(module.remove(check=False).returncode, 0)
        subprocess.run(["umount", "/mnt"], check=True)
        module.remove()
        self.assertFalse(is_loaded())

    def use(self, directory, ended, used):
        """Opens, asks, mounts and lists, whether it is loaded or not. The directory is nobody else's: what is mounted
        there can be unmounted again.
        """
        while not ended.is_set():
            with contextlib.suppress(OSError):
                device = os.open("/dev/vexfs", os.O_RDWR)
                os.close(device)
                used["device"] += 1
            with contextlib.suppress(OSError, StopIteration, IndexError):
                with contextlib.closing(genl.Family()) as family:
                    family.parameters()
                    family.dump(genl.GET_CPUS)
                    used["netlink"] += 1
            if mount("nobody", directory) == 0:
                with contextlib.suppress(OSError):
                    os.listdir(directory)
                check(umount(directory))
                used["mount"] += 1
            ended.wait(PAUSE_S)

    def test_loads_and_unloads_while_others_use_it(self):
        ended, used = threading.Event(), {"device": 0, "netlink": 0, "mount": 0}
        self.addCleanup(ended.set)
        users = []
        for name in ("first", "second"):
            directory = tempfile.mkdtemp(prefix=name)
            users.append(threading.Thread(target=self.use, args=[directory, ended, used]))
            users[-1].start()
        begun, tries = time.monotonic(), 0
        for loads in range(1, ROUNDS + 1):
            load()
            tries += 1
            until = time.monotonic() + UNUSED_S
            while not unload():
                self.assertLess(time.monotonic(), until, "it is never unused")
                tries += 1
            if loads % 20 == 0 or loads == ROUNDS:
                print(f"{loads} loads, {tries} tries to unload, {time.monotonic() - begun:.0f} s; used meanwhile {used}")
        ended.set()
        for user in users:
            user.join(60)
            self.assertFalse(user.is_alive())
        for kind, count in used.items():
            self.assertGreater(count, 0, kind)


def load():
    """As insmod does, without a process."""
    with open(module.MODULES / f"{module.NAME}.ko", "rb") as file:
        check(module.LIBC.syscall(module.SYS_FINIT_MODULE, file.fileno(), b"", 0))


def unload():
    """False where somebody has it."""
    try:
        check(module.LIBC.syscall(module.SYS_DELETE_MODULE, module.NAME.encode(), os.O_NONBLOCK))
    except BlockingIOError:
        return False
    return True


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "a system call failed")


def mount(instance, directory):
    return module.LIBC.mount(instance.encode(), directory.encode(), b"vexfs", 0, b"park_ms=0")


def umount(directory):
    return module.LIBC.umount2(directory.encode(), 0)


if __name__ == "__main__":
    unittest.main()
