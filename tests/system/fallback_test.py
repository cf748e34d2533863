# SPDX-License-Identifier: Apache-2.0
"""Without the module FUSE serves, and says why; when the module is there again, it does."""
import unittest

from machine import OnMachine


class Fallback(OnMachine):
    def test_to_fuse_and_back(self):
        self.machine("""
            systemctl stop vexfsd
            umount /mnt/vexfs
            vexfsctl module unload
            mkdir /root/kept
            mv /lib/modules/*/updates/dkms/vexfs_v2.ko /root/kept
            depmod
            systemctl start vexfsd
        """)
        status = self.machine.json("vexfsctl -o json mount status")
        self.assertEqual((status["mounted"], status["backend"]), (True, "fuse"))
        self.assertRegex(status["note"], "^FUSE, because .*vexfs_v2")
        self.assertIn(status["note"], self.machine("journalctl --no-pager -o cat -u vexfsd -n 20"))
        self.assertFalse(self.machine.json("vexfsctl -o json module status", status=1)["loaded"])
        said = self.machine("busctl get-property org.vexfs.Manager /org/vexfs/Manager1 org.vexfs.Manager1 MountFallback MountNote")
        self.assertIn("b true", said)
        self.assertIn(status["note"], said)
        self.assertIn("no kernel module", self.machine("vexfsctl -o plain doctor"))
        self.machine("findmnt -t fuse.vexfs /mnt/vexfs && head -c 100 /mnt/vexfs/words/vectors.npy | wc -c", user="alice",
                     groups=["vexfs"])
        self.machine("""
            mv /root/kept/vexfs_v2.ko /lib/modules/*/updates/dkms/
            rmdir /root/kept
            depmod
            vexfsctl module load
        """)
        status = self.machine.json("vexfsctl -o json mount status")
        self.assertEqual((status["mounted"], status["backend"]), (True, "module"))
        self.machine("findmnt -t vexfs /mnt/vexfs && ls /mnt/vexfs/words")


if __name__ == "__main__":
    unittest.main()
