# SPDX-License-Identifier: Apache-2.0
"""Who waits for a reply spins for a moment before it sleeps, where replies have lately come as soon.

An emulated CPU that sleeps wakes up late: this suite's machine has none that do, run.py.
"""
import subprocess
import unittest

import genl
from module import device_of

QUICK, SLOW = 2000, 100  # calls at once
SLOW_US = 5000  # of a reply; no spin is as long
SPUN = 100  # of the quick ones, wherever the host leaves the machine its CPUs for a moment
TRIES = 50


class Spinning(unittest.TestCase):
    def setUp(self):
        self.family = genl.Family()
        self.addCleanup(self.family.close)
        subprocess.run(["mount", "-t", "vexfs", "echo", "/mnt"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/mnt"], check=True)
        self.device = device_of("/mnt")

    def ask(self, count, delay_us=0):
        """How many calls were answered while they spun, and how many slept after all."""
        before = self.family.mount(self.device)
        subprocess.run(["echo-module", "echo", "/mnt", str(count), str(delay_us)], check=True)
        after = self.family.mount(self.device)
        self.assertGreaterEqual(after["requests"] - before["requests"], count)
        return [after[name] - before[name] for name in ("spun", "spun_in_vain")]

    def ask_until_they_spin(self):
        spun = 0
        for _ in range(TRIES):
            spun += self.ask(QUICK)[0]
            if spun >= SPUN:
                return
        self.fail(f"of {TRIES * QUICK} calls, {spun} were answered while they spun")

    def test_for_replies_that_come_soon_and_for_no_others(self):
        self.assertEqual(self.ask(SLOW, SLOW_US), [0, 0])
        self.ask_until_they_spin()
        spun, in_vain = self.ask(SLOW, SLOW_US)
        # The first one finds out.
        self.assertEqual((spun, in_vain <= 1), (0, True), in_vain)
        self.assertEqual(self.ask(SLOW, SLOW_US), [0, 0])
        self.ask_until_they_spin()


if __name__ == "__main__":
    unittest.main()
