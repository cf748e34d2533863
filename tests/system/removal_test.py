# SPDX-License-Identifier: Apache-2.0
"""What is removed gives the kernel its values back, and what is purged leaves nothing."""
import unittest

from machine import OnMachine


class Removal(OnMachine):
    def test_1_removal(self):
        before = self.machine("sysctl -n vm.swappiness")
        self.machine("vexfsctl tuning apply reference && DEBIAN_FRONTEND=noninteractive apt-get remove -y vexfs vexfs-dkms")
        self.assertEqual(self.machine("sysctl -n vm.swappiness"), before)
        self.machine("! mountpoint /mnt/vexfs && ! pidof vexfsd && ! pidof vexfs-tuner && test -d /var/lib/vexfs && "
                     "! grep vexfs_v2 /proc/modules")

    def test_2_purge(self):
        self.machine("DEBIAN_FRONTEND=noninteractive apt-get purge -y vexfs vexfs-dkms python3-vexfs")
        self.machine("! getent passwd vexfs && ! getent group vexfs")
        left = self.machine("find / -xdev -iname '*vexfs*' -not -path '/tmp/*' -not -path '/var/log/*' -not -path '/root/*' "
                            "-not -path '/etc/hostname' -not -path '/var/cache/*' -not -path '/var/tmp/systemd-private-*'; find /run -iname '*vexfs*'")
        self.assertEqual(left, "")
        self.machine("systemctl --failed; test -z \"$(systemctl --failed --plain --no-legend)\"")


if __name__ == "__main__":
    unittest.main()
