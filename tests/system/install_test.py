# SPDX-License-Identifier: Apache-2.0
"""A fresh installation: one service is enabled, and everything is there."""
import unittest

from machine import OnMachine

IMPORT = r"""
python3 - <<'END'
import json
import numpy
numpy.save("/tmp/vectors.npy", numpy.random.default_rng(1).standard_normal((10000, 64), dtype="f4"))
with open("/tmp/vectors.jsonl", "w") as lines:
    for number in range(10000):
        print(json.dumps({"number": number}), file=lines)
END
"""


class Install(OnMachine):
    def test_1_the_packages_install(self):
        self.machine("mkdir -p /srv/packages && mount -o ro /dev/vdb /srv/packages && ls -l /srv/packages")
        self.machine("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
                     "/srv/packages/vexfs_*.deb /srv/packages/python3-vexfs_*.deb")
        self.machine("systemctl --no-pager --failed; test -z \"$(systemctl --failed --plain --no-legend)\"")
        self.machine("usermod -aG vexfs alice")

    def test_2_one_service_is_enabled_and_everything_is_there(self):
        self.machine("systemctl enable --now vexfsd || { journalctl --no-pager -u vexfsd; false; }")
        self.machine("systemctl --no-pager status vexfsd; cat /proc/$(pidof vexfsd)/status | grep -E '^(Uid|Cap)'")
        status = self.machine.json("vexfsctl -o json health")
        self.assertEqual(status["status"], "ok")

    def test_3_the_daemon_runs_without_a_capability(self):
        capabilities = self.machine("grep -E '^Cap(Prm|Eff|Bnd|Amb)' /proc/$(pidof vexfsd)/status")
        self.assertEqual({line.split()[1] for line in capabilities.splitlines()}, {"0" * 16})

    def test_4_the_module_serves_the_mount_with_the_configured_parameters(self):
        status = self.machine.json("vexfsctl -o json module status")
        self.assertTrue(status["loaded"])
        # A module may have fewer parameters than the daemon knows.
        states = {parameter["name"]: parameter["state"] for parameter in status["parameters"]}
        self.assertEqual(states["worker_threads"], "same")
        self.assertNotIn("differs", states.values())
        mount = self.machine.json("vexfsctl -o json mount status")
        self.assertEqual((mount["mounted"], mount["backend"], mount["directory"]), (True, "module", "/mnt/vexfs"))
        self.machine("findmnt /mnt/vexfs && ls -la /mnt/vexfs/")

    def test_5_vectors_are_imported_and_searched_by_an_ordinary_user(self):
        self.machine(IMPORT, user="alice")
        self.machine("""
            vexfsctl collection create words --dimension 64
            vexfsctl import words /tmp/vectors.npy --metadata /tmp/vectors.jsonl
        """, user="alice", groups=["vexfs"])
        search = "vexfsctl -o plain vector search words --like 7 --limit 3"
        self.assertTrue(self.machine(search, user="alice", groups=["vexfs"]))
        self.machine("cat /mnt/vexfs/words/stats && cp /mnt/vexfs/words/vectors.npy /tmp/read.npy", user="alice",
                     groups=["vexfs"])
        refused = self.machine(search, status=13, user="bob")
        self.assertIn("connect to /run/vexfs/vexfsd.sock: Permission denied", refused)


if __name__ == "__main__":
    unittest.main()
