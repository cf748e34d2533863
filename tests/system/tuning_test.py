# SPDX-License-Identifier: Apache-2.0
"""Values of the kernel: applied and reverted, with a crash, a foreign change and a new start between."""
import unittest

from machine import OnMachine

KEY = "vm.swappiness"


class Tuning(OnMachine):
    def value(self):
        return self.machine(f"sysctl -n {KEY}").strip()

    def state(self):
        return self.machine.json("vexfsctl -o json tuning status || [ $? = 1 ]")["state"]

    def values(self):
        report = self.machine.json("vexfsctl -o json tuning plan reference")
        return {value["key"]: value["now"] for value in report["values"]}

    def test_1_apply_and_revert(self):
        before = self.values()
        self.machine("vexfsctl tuning apply reference")
        self.assertEqual((self.value(), self.state()), ("1", "applied"))
        self.assertNotEqual(self.values(), before)
        self.machine("vexfsctl tuning revert")
        self.assertEqual(self.values(), before)

    def test_2_killed_between(self):
        before = self.values()
        for wait_ms in (20, 50, 100, 200, 300, 500, 800):
            self.machine(f"timeout -s KILL 0.{wait_ms:03} vexfsctl tuning apply reference || true; "
                         "vexfsctl tuning revert")
            self.assertEqual(self.values(), before)

    def test_3_a_foreign_change(self):
        before = self.value()
        self.machine(f"vexfsctl tuning apply reference && sysctl -w {KEY}=33")
        self.assertEqual(self.state(), "drifted")
        self.assertIn("drifted", self.machine("vexfsctl doctor || true"))
        self.machine("vexfsctl tuning revert || true")
        self.assertEqual(self.value(), "33")
        self.machine(f"sysctl -w {KEY}={before}")

    def test_4_a_new_start(self):
        before = self.value()
        self.machine("vexfsctl tuning apply reference")
        self.machine.reboot()
        self.assertEqual((self.value(), self.state()), (before, "rebooted"))
        self.machine("vexfsctl tuning revert")
        self.assertEqual(self.value(), before)
        self.machine("systemctl is-system-running --wait; systemctl --failed; mountpoint /mnt/vexfs && ls /mnt/vexfs/words")

    def test_5_the_machine_loses_power(self):
        before = self.value()
        self.machine("vexfsctl tuning apply reference")
        self.machine.reboot("echo b > /proc/sysrq-trigger")
        self.assertEqual((self.value(), self.state()), (before, "rebooted"))
        self.machine("vexfsctl tuning revert && mountpoint /mnt/vexfs && vexfsctl collection check words")


if __name__ == "__main__":
    unittest.main()
