# SPDX-License-Identifier: Apache-2.0
"""Restarts and an upgrade under load: no call fails, and no write that was acknowledged is lost."""
import unittest

from machine import OnMachine

RESTARTS = 10

# Inserts and searches through the mount until it is told to stop, and then looks for all that it has inserted.
CLIENT = r"""
import os
import sys
import numpy as np
import vexfs

directory, name = sys.argv[1:]
client = vexfs.Client(directory)
points = client.create_collection(name, dimension=16)
inserted, calls = [], 0
while not os.path.exists(f"/tmp/{name}.stop"):
    vector = np.random.random((1, 16))
    inserted += list(points.insert_batch(vector, [{"number": calls}]))
    found = points.search(vector[0], limit=1)
    assert len(found) == 1, found
    calls += 2
assert points.get_stats().vector_count == len(inserted), (points.get_stats(), len(inserted))
print(f"{calls} calls")
"""
# The same by the command line, through the socket.
SHELL = r"""
vexfsctl collection create %(name)s --dimension 4
calls=0
until [ -e /tmp/%(name)s.stop ]; do
    echo '{"vector": [1, 2, 3, '$calls']}' | vexfsctl vector insert %(name)s --jsonl
    vexfsctl -o plain vector search %(name)s --vector "[1, 2, 3, $calls]" --limit 1 > /dev/null
    calls=$((calls + 1))
done
points=$(vexfsctl -o json collection info %(name)s | python3 -c 'import json, sys; print(json.load(sys.stdin)["points"])')
[ "$points" = "$calls" ]
echo "$calls rounds"
"""


class Restart(OnMachine):
    def under_load(self, name, script):
        """Runs a script while clients of all kinds ask."""
        self.machine(f"rm -f /tmp/{name}*.stop")
        clients = [
            self.machine.start("python3", "-c", CLIENT, "/mnt/vexfs", name, user="alice", groups=["vexfs"]),
            self.machine.start("bash", "-ec", SHELL % {"name": f"{name}-shell"}, user="alice", groups=["vexfs"])]
        self.machine.wait_until(f"test -d /mnt/vexfs/{name} -a -d /mnt/vexfs/{name}-shell")
        try:
            self.machine(script)
        finally:
            self.machine(f"touch /tmp/{name}.stop /tmp/{name}-shell.stop")
            done = [client() for client in clients]
        for client in done:
            print(client.text)
            self.assertEqual(client.status, 0, client.text)

    def restarts(self, name):
        self.under_load(name, f"""
            for round in $(seq {RESTARTS}); do
                systemctl restart vexfsd
                sleep 1
            done
        """)
        self.assertEqual(self.machine("systemctl show -P NRestarts vexfsd").strip(), "0")

    def test_1_of_a_mount_by_the_module(self):
        self.assertEqual(self.machine.json("vexfsctl -o json mount status")["backend"], "module")
        self.restarts("by-module")

    def test_2_an_upgrade(self):
        before = self.machine("pidof vexfsd")
        self.under_load("upgraded", "dpkg --install /srv/packages/vexfs_*.deb")
        self.assertNotEqual(self.machine("pidof vexfsd"), before)
        self.machine("findmnt /mnt/vexfs")

    def test_3_of_a_mount_by_fuse(self):
        self.machine("printf '[mount]\\nbackend = \"fuse\"\\n' > /etc/vexfs/vexfsd.toml.d/fuse.toml")
        self.addCleanup(self.machine, "rm /etc/vexfs/vexfsd.toml.d/fuse.toml && vexfsctl umount && systemctl restart vexfsd")
        self.machine("vexfsctl umount && systemctl restart vexfsd")
        status = self.machine.json("vexfsctl -o json mount status")
        self.assertEqual((status["mounted"], status["backend"]), (True, "fuse"))
        self.restarts("by-fuse")

    def test_4_a_stop_unmounts_what_fuse_serves(self):
        self.machine("""
            printf '[mount]\\nbackend = "fuse"\\n' > /etc/vexfs/vexfsd.toml.d/fuse.toml
            vexfsctl umount
            systemctl restart vexfsd
            findmnt -t fuse.vexfs /mnt/vexfs
            systemctl stop vexfsd
            ! mountpoint /mnt/vexfs
            ls -la /mnt/vexfs
            rm /etc/vexfs/vexfsd.toml.d/fuse.toml
            systemctl start vexfsd
            findmnt -t vexfs /mnt/vexfs
        """)


if __name__ == "__main__":
    unittest.main()
