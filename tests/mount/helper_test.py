# SPDX-License-Identifier: Apache-2.0
"""mount.vexfs(8): mounts by mount(8) and fstab(5), that a daemon without privileges serves."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from mounted import NOBODY, PATIENCE_S, MountingDaemon, wait_for

HELPER = os.environ["VEXFS_MOUNT_HELPER"]
VEXFSCTL = os.environ["VEXFSCTL"]

# mount(8) finds the helper beside its own programs, in a namespace that ends with the command.
BESIDE = 'mount -t overlay overlay -o lowerdir="$0":/usr/sbin /usr/sbin && exec "$@"'


@unittest.skipUnless(os.geteuid() == 0, "only root mounts")
class Helper(unittest.TestCase):
    def setUp(self):
        self.daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-mount-"), options=["--mount-backend", "none"],
                                     user=NOBODY, group=NOBODY, extra_groups=[])
        self.addCleanup(self.daemon.clean_up)
        self.addCleanup(lambda: print(self.daemon.log(), file=sys.stderr, end=""))
        shutil.chown(self.daemon.directory, NOBODY, NOBODY)
        self.daemon.start()
        self.mount = self.daemon.mount
        self.helpers = self.daemon.directory / "sbin"
        self.helpers.mkdir()
        shutil.copy(HELPER, self.helpers / "mount.vexfs")

    def inside(self, script, status=0):
        """Of a shell in a namespace of mounts of its own."""
        done = subprocess.run(["unshare", "--mount", "sh", "-c", BESIDE, self.helpers, "sh", "-ec", script],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def test_a_line_of_fstab(self):
        table = self.daemon.directory / "fstab"
        table.write_text(f"vexfs {self.mount} vexfs nofail,x-systemd.after=vexfsd.service,socket={self.daemon.socket} 0 0\n")
        out = self.inside(f"""
            mount -T {table} {self.mount}
            findmnt -no SOURCE,FSTYPE,OPTIONS {self.mount}
            mkdir {self.mount}/docs && echo 'dimension = 2' > {self.mount}/docs/config
            echo '[1, 2]' | sed 's/^/{{"vector":/; s/$/}}/' > {self.mount}/docs/insert
            ls {self.mount}/docs/points
            stat -c %u {self.mount}
            mount -T {table} -a  # it is mounted already
            umount {self.mount}
            ls {self.mount}
            mount -T {table} {self.mount}  # again
            ls {self.mount}
        """)
        first, *rest = out.splitlines()
        self.assertRegex(first, r"vexfs +fuse.vexfs rw,nosuid,nodev,noexec,noatime")
        self.assertEqual(rest, ["0", str(NOBODY), "docs"])
        wait_for(lambda: not self.status()["mounted"], "the end of the mount with its namespace")

    def status(self):
        with self.daemon.client() as client:
            return client.call("mount.status")

    def test_options(self):
        out = self.inside(f"""
            mount -v -t vexfs -o ro,socket={self.daemon.socket} other {self.mount}
            grep ' {self.mount} ' /proc/mounts
            ! mkdir {self.mount}/docs
        """)
        self.assertIn(f"mount.vexfs: other on {self.mount}: mounted by FUSE, served by the daemon", out)
        self.assertIn(f"other {self.mount} fuse.vexfs ro,", out)
        self.assertIn("Read-only file system", out)

    def run_helper(self, *arguments, status):
        done = subprocess.run([HELPER, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_mistakes(self):
        socket = f"socket={self.daemon.socket}"
        self.assertIn("usage: mount.vexfs", self.run_helper("vexfs", status=1))
        self.assertIn("did you mean \"socket\"", self.run_helper("vexfs", self.mount, "-o", "sokcet=/x", status=1))
        self.assertIn("auto, module or fuse", self.run_helper("vexfs", self.mount, "-o", "backend=nfs", status=1))
        self.assertIn("No such file", self.run_helper("vexfs", self.mount / "none", "-o", socket, status=1))
        self.assertIn("no daemon answers", self.run_helper("vexfs", self.mount, "-o", "socket=/none", status=32))
        self.assertIn("vexfs_v2 is not loaded", self.run_helper("vexfs", self.mount, "-o", "backend=module", status=32))
        self.assertEqual(self.run_helper("vexfs", self.mount, "-f", status=0), "")
        self.assertEqual(self.run_helper("vexfs", self.mount, "-s", "-f", "-o", "strange", status=0), "")

    def test_a_daemon_has_one_mount_at_a_time(self):
        out = self.inside(f"""
            mount -t vexfs -o socket={self.daemon.socket} vexfs {self.mount}
            mkdir {self.daemon.directory}/second
            ! mount -t vexfs -o socket={self.daemon.socket} vexfs {self.daemon.directory}/second
            ! mountpoint -q {self.daemon.directory}/second
        """)
        self.assertIn(f"it is mounted on {self.mount} already", out)

    def test_root_mounts_and_unmounts_by_vexfsctl_for_a_daemon_that_may_not(self):
        ctl = f"{VEXFSCTL} --socket {self.daemon.socket}"
        out = self.inside(f"""
            {ctl} -o json mount --backend fuse {self.mount} | grep '"mounted": *true'
            ls -a {self.mount}
            exec 3< {self.mount}/.vexfs/version
            {ctl} umount
            ! mountpoint -q {self.mount}
            cat <&3
            {ctl} mount status || true
        """)
        self.assertIn(".vexfs", out)
        self.assertRegex(out, r"mounted +false")

    def test_a_descriptor_that_is_no_mount_is_refused(self):
        import array
        import socket

        from wire import request
        for path in ("/dev/null", "/dev/fuse"):
            with self.daemon.client() as client, open(path, "r+b", buffering=0) as passed:
                client.socket.sendmsg([request("mount.mount", directory=str(self.mount))],
                                      [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed.fileno()]))])
                with self.assertRaisesRegex(Exception, "not that of a new mount"):
                    client.receive()
                self.assertEqual(client.call("health")["status"], "ok")


if __name__ == "__main__":
    unittest.main()
