# SPDX-License-Identifier: Apache-2.0
"""The mount's beginning and end with those of its daemon."""
import errno
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
from mounted import PATIENCE_S, Call, MountingDaemon, mounted_types, request, rows

VEXFSCTL = os.environ["VEXFSCTL"]


class Lifetime(unittest.TestCase):
    def daemon(self, **options):
        daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-mount-"), **options)
        self.addCleanup(daemon.clean_up)
        return daemon

    def ctl(self, daemon, *arguments, status=0):
        done = subprocess.run([VEXFSCTL, "-o", "json", "--socket", daemon.socket, *map(str, arguments)],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if done.stdout else json.loads(done.stderr.splitlines()[-1])["error"]

    def start_on(self, daemon):
        daemon.start()
        self.assertEqual(mounted_types(daemon.mount), ["fuse.vexfs"])
        return daemon

    def test_a_stop_unmounts(self):
        daemon = self.start_on(self.daemon())
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(mounted_types(daemon.mount), [])
        self.assertEqual(os.listdir(daemon.mount), [])

    def test_a_stop_unmounts_what_is_in_use_and_who_uses_it_is_told(self):
        daemon = self.start_on(self.daemon())
        (daemon.mount / "docs").mkdir()
        with Call(daemon.mount / "docs/call") as call:
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(mounted_types(daemon.mount), [])
            with self.assertRaises(OSError) as raised:
                os.write(call.descriptor, request("health"))
            self.assertIn(raised.exception.errno, (errno.ENOTCONN, errno.ECONNABORTED))

    def test_a_request_in_work_is_answered_before_a_stop(self):
        daemon = self.start_on(self.daemon())
        (daemon.mount / "docs").mkdir()
        (daemon.mount / "docs/config").write_text("dimension = 64\n")
        with Call(daemon.mount / "docs/call") as call:
            call.call("insert", {"vectors": rows(50_000, 64)})
        program = "import os, sys\ncall = os.open(sys.argv[1], os.O_RDWR)\n" \
                  "os.write(call, b'{\"op\":\"collection.optimize\",\"wait\":true}\\n')\nprint('asked', flush=True)\n" \
                  "print(os.read(call, 20).decode())"
        client = subprocess.Popen([sys.executable, "-c", program, daemon.mount / "docs/call"], stdout=subprocess.PIPE,
                                  text=True)
        self.assertEqual(client.stdout.readline(), "asked\n")
        time.sleep(0.05)
        self.assertEqual(daemon.stop(), 0)
        out, _ = client.communicate(timeout=PATIENCE_S)
        self.assertIn("{", out)

    def test_after_a_kill_a_new_daemon_mounts_anew(self):
        daemon = self.start_on(self.daemon())
        (daemon.mount / "docs").mkdir()
        (daemon.mount / "docs/config").write_text("dimension = 2\n")
        acknowledged = 0
        with Call(daemon.mount / "docs/call") as call:
            for i in range(20):
                call.call("insert", {"vectors": np.array([[i, 1]], "<f4")})
                acknowledged += 1
            daemon.kill()
            with self.assertRaises(OSError):
                call.call("health")
        with self.assertRaises(OSError) as raised:
            os.listdir(daemon.mount)
        self.assertEqual(raised.exception.errno, errno.ENOTCONN)
        self.start_on(daemon)
        self.assertIn("its daemon is gone: it is unmounted", daemon.log())
        self.assertEqual(len(os.listdir(daemon.mount / "docs/points")), acknowledged)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(mounted_types(daemon.mount), [])

    def test_a_kill_under_load_hangs_nobody(self):
        daemon = self.start_on(self.daemon())
        (daemon.mount / "docs").mkdir()
        (daemon.mount / "docs/config").write_text("dimension = 64\n")
        program = "import os, sys\nfor i in range(10**9):\n    call = os.open(sys.argv[1], os.O_RDWR)\n" \
                  "    os.write(call, b'{\"op\":\"insert\",\"vector\":[' + b','.join([b'1'] * 64) + b']}\\n')\n" \
                  "    os.read(call, 9999)\n    os.close(call)"
        clients = [subprocess.Popen([sys.executable, "-c", program, daemon.mount / "docs/call"],
                                    stderr=subprocess.DEVNULL) for _ in range(6)]
        time.sleep(1)
        daemon.kill()
        for client in clients:
            self.assertEqual(client.wait(PATIENCE_S), 1)
        self.start_on(daemon)
        self.assertGreater(len(os.listdir(daemon.mount / "docs/points")), 0)

    def test_a_mount_point_that_is_not_there(self):
        daemon = self.daemon()
        daemon.mount.rmdir()
        daemon.spawn()
        self.assertEqual(daemon.process.wait(PATIENCE_S), 1)
        self.assertIn("make it with mkdir", daemon.log())

    def test_a_configured_mount_that_fails_leaves_the_socket_served(self):
        daemon = self.daemon()
        daemon.command = super(MountingDaemon, daemon).command
        daemon.config_file.write_text(f'[mount]\ndirectory = "{daemon.directory}/nothing"\n')
        daemon.start()
        self.assertIn("the socket serves without a mount", daemon.log())
        status = self.ctl(daemon, "mount", "status", status=1)
        self.assertEqual((status["mounted"], status["directory"]), (False, f"{daemon.directory}/nothing"))
        self.assertIn("No such file", status["note"])

    def test_another_daemon_s_mount_is_left_alone(self):
        first = self.start_on(self.daemon())
        second = self.daemon()
        second.mount = first.mount
        second.spawn()
        self.assertEqual(second.process.wait(PATIENCE_S), 75)
        self.assertIn("another daemon has mounted", second.log())
        self.assertEqual(mounted_types(first.mount), ["fuse.vexfs"])
        self.assertIn(".vexfs", os.listdir(first.mount))

    def test_backends(self):
        daemon = self.daemon(options=["--mount-backend", "module"])
        daemon.spawn()
        self.assertEqual(daemon.process.wait(PATIENCE_S), 1)
        self.assertIn("the kernel module vexfs_v2 is not there", daemon.log())
        none = self.daemon(options=["--mount-backend", "none"])
        none.start()
        self.assertEqual(mounted_types(none.mount), [])
        fuse = self.start_on(self.daemon(options=["--mount-backend", "fuse"]))
        self.assertEqual(self.ctl(fuse, "mount", "status")["note"], "FUSE, as was asked for")

    def test_mounting_and_unmounting_while_it_serves(self):
        daemon = self.start_on(self.daemon())
        status = self.ctl(daemon, "mount", "status")
        self.assertEqual((status["mounted"], status["directory"], status["backend"], status["note"]),
                         (True, str(daemon.mount), "fuse", "FUSE, because the kernel module vexfs_v2 is not there"))
        self.assertEqual(self.ctl(daemon, "mount", status=6)["code"], "already_exists")
        self.assertFalse(self.ctl(daemon, "umount")["mounted"])
        self.assertEqual(mounted_types(daemon.mount), [])
        self.assertEqual(self.ctl(daemon, "umount", status=3)["code"], "not_found")
        other = daemon.directory / "a b"
        other.mkdir()
        self.assertTrue(self.ctl(daemon, "mount", other)["mounted"])
        self.assertIn(".vexfs", os.listdir(other))
        subprocess.run(["umount", other], check=True, timeout=PATIENCE_S)
        self.assertEqual(self.ctl(daemon, "mount", "status", status=1)["note"], "somebody has unmounted it")
        self.assertTrue(self.ctl(daemon, "mount", "--backend", "fuse")["mounted"])

    def test_unmounting_by_a_request_through_the_mount(self):
        daemon = self.start_on(self.daemon())
        with Call(daemon.mount / ".vexfs/call") as call:
            self.assertFalse(call.call("mount.unmount")["mounted"])
            self.assertEqual(call.call("health")["status"], "ok")
        self.assertEqual(mounted_types(daemon.mount), [])

    def test_a_reload_changes_the_dimension_of_new_directories(self):
        daemon = self.start_on(self.daemon())
        daemon.config_file.write_text("[collections]\ndimension = 17\n")
        daemon.process.send_signal(1)
        daemon.wait_for_log("collections.dimension")
        (daemon.mount / "docs").mkdir()
        self.assertIn("dimension = 17\n", (daemon.mount / "docs/config").read_text())

    def test_leftovers_of_copies_are_removed_at_the_start(self):
        daemon = self.start_on(self.daemon())
        (daemon.mount / "docs").mkdir()
        with open(daemon.mount / "docs/import/x.npy", "wb") as file:
            file.write(b"half")
            self.assertEqual(len(list((daemon.data_dir / "import").iterdir())), 1)
            daemon.kill()
            try:
                file.close()
            except OSError:
                pass
        self.start_on(daemon)
        self.assertEqual(list((daemon.data_dir / "import").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
