# SPDX-License-Identifier: Apache-2.0
"""What an administrator looks at: the doctor, the journal, the units, the bus, and the same from another machine."""
import json
import tarfile
import unittest

from machine import OnMachine

SUBJECTS = {"configuration", "processor", "memory", "kernel", "clock", "limits", "disk", "permissions", "mount", "tuning",
            "unit", "daemon"}
READY = "9bc0b9e376c04177bf2f1f86044516e0"


class Inspection(OnMachine):
    def test_the_doctor_finds_nothing_wrong(self):
        findings = self.machine.json("vexfsctl -o json doctor")["findings"]
        self.assertLessEqual({finding["subject"] for finding in findings}, SUBJECTS)
        self.assertLessEqual({"mount", "unit", "daemon", "disk"}, {finding["subject"] for finding in findings})
        self.assertNotIn("wrong", {finding["verdict"] for finding in findings})

    def test_its_report_tells_no_names(self):
        self.machine("rm -f /tmp/report.tar && vexfsctl doctor --report /tmp/report.tar")
        self.machine("tar -xOf /tmp/report.tar vexfs-report/journal.txt | grep 'is ready'")
        self.assertEqual(self.machine("tar -xOf /tmp/report.tar | grep -wE 'words|vexfs-test' || true"), "")

    def test_the_journal_explains_what_happened(self):
        entry, *_ = self.machine(f"journalctl -o json -u vexfsd MESSAGE_ID={READY} | tail -n 1").splitlines()
        self.assertEqual(json.loads(entry)["VEXFS_DATA_DIR"], "/var/lib/vexfs")
        self.assertIn("and answers requests", self.machine(f"journalctl --no-pager -x -u vexfsd MESSAGE_ID={READY}"))

    def test_the_units_expose_little(self):
        for unit, exposure in (("vexfsd", 15), ("vexfs-tuner", 30)):
            self.machine(f"systemd-analyze security --no-pager --threshold={exposure} {unit}.service | tail -n 1")

    def test_what_the_service_uses_is_counted_and_can_be_limited(self):
        shown = self.machine("systemctl show vexfsd -p MemoryCurrent -p CPUUsageNSec -p TasksCurrent -p IOReadBytes")
        for counted in shown.splitlines():
            value = counted.split("=")[1]
            self.assertTrue(value.isdigit() and int(value) < 2**64 - 1, counted)
        self.machine("systemctl set-property --runtime vexfsd MemoryHigh=1G CPUWeight=50 IOWeight=50 && vexfsctl health")
        self.assertEqual(self.machine("cat /sys/fs/cgroup/system.slice/vexfsd.service/memory.high").strip(), str(1 << 30))
        self.machine("systemctl revert vexfsd")

    def test_the_device_is_roots_alone(self):
        self.assertEqual(self.machine("stat -c '%U %G %a' /dev/vexfs").strip(), "root root 600")

    def test_the_bus_tells_and_introspects(self):
        self.assertIn("CreateCollection", self.machine("busctl introspect org.vexfs.Manager /org/vexfs/Manager1", user="bob"))
        self.assertIn("org.vexfs.Tuner1", self.machine("busctl introspect org.vexfs.Tuner /org/vexfs/Tuner1", user="bob"))
        for action in ("tuner.tune", "tuner.module", "tuner.mount", "manager.manage"):
            self.assertIn("auth_admin", self.machine(f"pkaction --verbose --action-id org.vexfs.{action}"))

    def test_another_machine_is_asked_over_ssh(self):
        self.machine("""
            systemctl unmask --runtime ssh && systemctl unmask ssh && systemctl start ssh
            test -e /root/.ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
            install -d -m 0700 -o alice -g alice /home/alice/.ssh
            install -m 0600 -o alice -g alice /root/.ssh/id_ed25519.pub /home/alice/.ssh/authorized_keys
            ssh-keyscan localhost > /root/.ssh/known_hosts
        """)
        self.assertIn("words", self.machine("vexfsctl -o plain -H alice@localhost collection list"))
        self.machine("systemctl stop ssh")


if __name__ == "__main__":
    unittest.main()
