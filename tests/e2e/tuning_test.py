# SPDX-License-Identifier: Apache-2.0
"""Values of the kernel by profiles: on a tree that stands in for /proc/sys, and on namespaced keys of the real one."""
import os
import shutil
import subprocess
import unittest

from harness import PATIENCE_S, VEXFSCTL, EndToEnd, clean_environment
from machine import Machine, only_root

NOBODY = 65534
KEYS = ["kernel.sched_migration_cost_ns", "vm.dirty_background_ratio", "vm.dirty_ratio", "vm.swappiness"]


@only_root
class Tuning(EndToEnd):
    def setUp(self):
        super().setUp()
        self.machine = Machine(self.directory, sys="/proc/sys", debug="/sys/kernel/debug", state="/var/lib")
        for name, value in (("vm/swappiness", 60), ("vm/dirty_ratio", 20), ("vm/dirty_background_ratio", 10)):
            self.write(name, value)
        self.write("kernel/random/boot_id", "first")
        (self.machine.debug / "sched").mkdir()
        (self.machine.debug / "sched/migration_cost_ns").write_text("500000\n")
        self.ctl = self.machine.ctl()

    def write(self, name, value):
        path = self.machine.sys / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")

    def read(self, name):
        return (self.machine.sys / name).read_text().strip()

    def states(self, *arguments):
        return {value["key"]: value["state"] for value in self.ctl.json("tuning", *arguments)["values"]}

    def status(self):
        done = self.ctl.run("-o", "plain", "tuning", "status")
        return done.returncode, done.stderr.strip()

    def test_the_references_profile_is_planned_applied_shown_and_undone(self):
        self.assertEqual(self.status(), (0, "nothing is tuned"))
        self.assertEqual(self.states("plan", "reference"), dict.fromkeys(KEYS, "change"))
        self.assertEqual(self.read("vm/swappiness"), "60")
        self.assertEqual(self.states("apply", "reference"), dict.fromkeys(KEYS, "applied"))
        self.assertEqual([self.read(name) for name in ("vm/swappiness", "vm/dirty_ratio", "vm/dirty_background_ratio")],
                         ["1", "15", "5"])
        self.assertEqual((self.machine.debug / "sched/migration_cost_ns").read_text(), "5000000\n")
        self.assertEqual(self.status(), (0, "profile reference is applied"))
        self.assertEqual(self.states("apply", "reference"), dict.fromkeys(KEYS, "same"))
        self.assertEqual(self.states("revert"), dict.fromkeys(KEYS, "restored"))
        self.assertEqual(self.read("vm/swappiness"), "60")
        self.assertEqual(self.status(), (0, "nothing is tuned"))

    def test_what_somebody_else_changes_is_drift_and_theirs(self):
        self.ctl("tuning", "apply", "reference")
        self.write("vm/swappiness", 33)
        self.assertEqual(self.status()[0], 1)
        self.assertIn("vm.swappiness\t33\t1\t60\tdrifted", self.ctl.run("-o", "plain", "tuning", "status").stdout)
        self.assertEqual(self.states("revert")["vm.swappiness"], "drifted")
        self.assertEqual((self.read("vm/swappiness"), self.read("vm/dirty_ratio")), ("33", "20"))

    def test_a_reboot_ends_it(self):
        self.ctl("tuning", "apply", "reference")
        self.write("kernel/random/boot_id", "second")
        self.write("vm/swappiness", 1)  # this kernel's own
        status, said = self.status()
        self.assertEqual(status, 1)
        self.assertIn("ended when the kernel was started anew", said)
        self.assertEqual(set(self.states("revert").values()), {"lost"})
        self.assertEqual(self.read("vm/swappiness"), "1")

    def test_a_profile_of_another_name_is_not_found(self):
        self.assert_failure(self.ctl.failure("tuning", "apply", "referense"), 3, "not_found",
                            "there is no profile referense", 'did you mean "reference"')

    def test_another_user_may_look_and_is_told_who_may_change(self):
        self.directory.chmod(0o711)
        opened = os.open(VEXFSCTL, os.O_RDONLY)
        self.addCleanup(os.close, opened)
        self.ctl("tuning", "apply", "reference")
        # In the namespace that root has made.
        wrapper = self.machine.wrapper()
        self.ctl.command = lambda *arguments: [
            *wrapper, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            f"/proc/self/fd/{opened}", *map(str, arguments)]
        self.assertEqual(self.ctl.json("tuning", "status", pass_fds=[opened])["state"], "applied")
        self.assert_failure(self.ctl.failure("tuning", "revert", pass_fds=[opened]), 13, "permission_denied",
                            "Permission denied", "only root may")
        self.assertEqual(self.read("vm/swappiness"), "1")


@only_root
class RealKernel(EndToEnd):
    """A network namespace has keys of its own, which nobody else sees."""

    def setUp(self):
        super().setUp()
        program = self.directory / "bin/vexfsctl"
        program.parent.mkdir()
        shutil.copy(VEXFSCTL, program)
        profiles = self.directory / "lib/vexfs/profiles"
        profiles.mkdir(parents=True)
        (profiles / "own.toml").write_text("[set]\nnet.ipv4.ip_default_ttl = 99\n"
                                           "[raise]\nnet.ipv4.ping_group_range = 3\n")
        self.program, self.profile = program, profiles / "own.toml"
        self.machine = Machine(self.directory, state="/var/lib")

    def shell(self, script):
        command = ["unshare", "--net", *self.machine.wrapper(), "bash", "-euc", script, "bash", str(self.program)]
        return subprocess.run(command, env=clean_environment(), text=True, capture_output=True, timeout=PATIENCE_S)

    def test_values_of_the_kernel_are_written_and_given_back(self):
        done = self.shell("""key=/proc/sys/net/ipv4/ip_default_ttl
            before=$(cat $key)
            "$1" -o plain tuning apply own; cat $key
            "$1" -o plain tuning revert; test "$(cat $key)" = "$before" """)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("net.ipv4.ip_default_ttl\t99\t99\t64\tapplied", done.stdout)
        self.assertIn("net.ipv4.ping_group_range\t1 0\t3\t\tmissing\tit is '1 0', which is no number", done.stdout)

    def test_a_value_that_the_kernel_refuses_is_named_and_nothing_is_changed(self):
        self.profile.write_text("[set]\nnet.ipv4.conf.all.forwarding = 1\nnet.ipv4.ip_default_ttl = 999\n")
        done = self.shell("""key=/proc/sys/net/ipv4/conf/all/forwarding
            before=$(cat $key)
            ! "$1" tuning apply own
            "$1" tuning status
            test "$(cat $key)" = "$before" """)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("profile own is not applied: write 999 to /proc/sys/net/ipv4/ip_default_ttl: Invalid argument",
                      done.stderr)
        self.assertIn("nothing is tuned", done.stderr)


if __name__ == "__main__":
    unittest.main()
