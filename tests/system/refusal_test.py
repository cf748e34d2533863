# SPDX-License-Identifier: Apache-2.0
"""Who has no rights is told so, by polkit and by the daemon."""
import unittest

from machine import OnMachine

MAY_NOT = "you may not change the kernel of this machine (permission_denied)"


class Refusal(OnMachine):
    def refused(self, command, **options):
        return self.machine(command, status=13, user="alice", groups=["vexfs"], **options)

    def test_the_kernel_is_changed_by_administrators_alone(self):
        for command in ("vexfsctl tuning apply reference", "vexfsctl tuning revert", "vexfsctl module load",
                        "vexfsctl module unload"):
            said = self.refused(command)
            self.assertIn(MAY_NOT, said)
            self.assertIn("hint: an administrator may", said)
        self.assertTrue(self.machine.json("vexfsctl -o json module status")["loaded"])

    def test_so_are_mounts(self):
        self.assertIn("only root and the daemon's own user may mount", self.refused("vexfsctl umount"))
        done = self.machine("busctl call org.vexfs.Tuner /org/vexfs/Tuner1 org.vexfs.Tuner1 Unmount s /mnt/vexfs", status=1,
                            user="alice")
        self.assertIn("you may not change the kernel of this machine", done)
        self.machine("mountpoint /mnt/vexfs && ! test -r /dev/vexfs", user="alice")

    def test_the_daemons_user_may_mount_where_it_is_configured_alone(self):
        call = "busctl call org.vexfs.Tuner /org/vexfs/Tuner1 org.vexfs.Tuner1 "
        self.assertIn("mounts on mount.directory alone", self.machine(call + "Mount ss fuse /etc", status=1, user="vexfs"))
        self.assertIn("not one of VexFS", self.machine(call + "Unmount s /proc", status=1, user="vexfs"))

    def test_what_everybody_may_see(self):
        for command in ("tuning status", "tuning plan reference", "module status"):
            self.machine(f"vexfsctl {command}", user="bob")


if __name__ == "__main__":
    unittest.main()
