# SPDX-License-Identifier: Apache-2.0
"""Alerts are raised and cleared by what they are about, as it really happens; logged, listed, and told to a command.

The shipped rules are used with a shorter duration, and a threshold where the real one can't be reached in a test.
"""
import os
import shutil
import signal
import subprocess
import time
import tomllib
import unittest

import numpy

from harness import SOURCE_DIR, VEXFSD, EndToEnd, wait_for

DIMENSION = 16
as_root = unittest.skipUnless(os.geteuid() == 0, "only root can")


class Alert(EndToEnd):
    def setUp(self):
        super().setUp()
        # The daemon finds rules below the directory it is installed in, and this one is.
        self.prefix = self.directory / "prefix"
        (self.prefix / "sbin").mkdir(parents=True)
        shutil.copy(VEXFSD, self.prefix / "sbin/vexfsd")
        self.rules = self.prefix / "lib/vexfs/alerts"
        self.rules.mkdir(parents=True)
        self.told = self.directory / "told"
        self.hook = self.directory / "hook"
        self.hook.write_text(f"""#!/bin/sh
echo "$VEXFS_ALERT $VEXFS_ALERT_STATE $VEXFS_ALERT_SEVERITY $VEXFS_ALERT_COLLECTION" >> {self.told}
""")
        self.hook.chmod(0o755)

    def rule(self, name, **changes):
        """A shipped rule at once, with these changes."""
        shipped = tomllib.loads((SOURCE_DIR / f"config/alerts/{name}.toml").read_text())
        rule = {**shipped, "duration_s": 0, "cooldown_s": 0, **changes}
        (self.rules / f"{name}.toml").write_text(
            "".join(f"{key} = {value}\n" if not isinstance(value, str) else f"{key} = \"{value}\"\n"
                    for key, value in rule.items()))

    def start(self, config="", **options):
        daemon = self.daemon_in(self.directory, config=config + f"\n[alerts]\ncommand = \"{self.hook}\"\n",
                                program=str(self.prefix / "sbin/vexfsd"), **options)
        self.daemon = daemon.start()
        self.vexfsctl = self.ctl(daemon)
        return daemon

    def raised(self):
        return {row["name"] for row in self.vexfsctl.json("alert", "list")["alerts"]}

    def assert_raised(self, name):
        wait_for(lambda: name in self.raised(), f"alert {name}\n{self.daemon.log()}")
        rule = name.partition(" ")[0]
        wait_for(lambda: f"{rule} raised " in self.text_told(), "the command")
        self.assertRegex(self.daemon.log(), rf"(info|warning|error): alert {rule}.* raised: ")

    def assert_cleared(self, name):
        wait_for(lambda: name not in self.raised(), f"the end of alert {name}\n{self.daemon.log()}")
        rule = name.partition(" ")[0]
        wait_for(lambda: f"{rule} cleared " in self.text_told(), "the command")
        self.assertRegex(self.daemon.log(), rf"info: alert {rule}.* cleared: ")

    def text_told(self):
        return self.told.read_text() if self.told.exists() else ""

    def create(self, rows, **fields):
        vectors = numpy.random.default_rng(1).random((rows, DIMENSION), dtype=numpy.float32)
        with self.daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=DIMENSION, **fields)
            client.call("insert", {"vectors": vectors}, collection="docs")
        return vectors

    def test_backlog(self):
        # A small limit, so that what is not worth indexing in the background yet is already much.
        self.rule("backlog")
        self.start(config="[index]\nmax_backlog_rows = 900\n")
        self.create(800)
        self.assert_raised("backlog docs")
        self.vexfsctl("collection", "optimize", "docs")
        self.assert_cleared("backlog docs")
        self.assertEqual(self.text_told().splitlines(),
                         ["backlog raised warning docs", "backlog cleared warning docs"])

    @as_root
    def test_disk_filling(self):
        for name in ("disk-filling", "disk-full"):
            self.rule(name)
        disk = self.directory / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.start(data_dir=disk / "data")
        time.sleep(1.5)
        self.assertEqual(self.raised(), set())
        filler = disk / "filler"
        filler.write_bytes(bytes(61 << 20))
        self.assert_raised("disk-filling")
        with open(filler, "ab") as file:
            file.write(bytes(2 << 20))
        self.assert_raised("disk-full")
        filler.unlink()
        self.assert_cleared("disk-full")
        self.assert_cleared("disk-filling")

    def test_sync_slow(self):
        # No disk here takes a tenth of a second, so what it takes is the threshold.
        self.rule("sync-slow", threshold=1e-7, hysteresis=0)
        self.start()
        self.create(10)
        self.assert_raised("sync-slow docs")
        # Nothing is synced any more.
        self.assert_cleared("sync-slow docs")

    @as_root
    def test_mount_fallback(self):
        self.rule("mount-fallback")
        (self.directory / "mnt").mkdir()
        self.start(config=f"[mount]\ndirectory = \"{self.directory / 'mnt'}\"\n")
        self.assert_raised("mount-fallback")
        self.vexfsctl("umount")
        self.assert_cleared("mount-fallback")

    def test_quarantined(self):
        self.rule("quarantined")
        self.start()
        self.create(10)
        self.daemon.stop()
        (self.daemon.data_dir / "collections/docs/MANIFEST").write_text("nonsense")
        self.daemon.start()
        self.assert_raised("quarantined")
        self.vexfsctl("collection", "delete", "docs", "--yes")
        self.assert_cleared("quarantined")

    def test_a_rule_is_read_again_and_a_wrong_one_left_out(self):
        self.rule("backlog", threshold=2)
        (self.rules / "wrong.toml").write_text("metric = \"vexfs_client\"\n")
        self.start(config="[index]\nmax_backlog_rows = 900\n")
        self.assertIn("alert left out: ", self.daemon.log())
        self.assertEqual([rule["name"] for rule in self.vexfsctl.json("alert", "rules")["rules"]], ["backlog"])
        self.create(800)
        time.sleep(1.5)
        self.assertEqual(self.raised(), set())
        self.rule("backlog")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assert_raised("backlog docs")
        (self.rules / "backlog.toml").write_text("enabled = false\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assert_cleared("backlog docs")

    def test_a_command_that_fails_or_is_not_there_is_said(self):
        self.rule("backlog")
        self.hook.write_text("#!/bin/sh\nexit 3\n")
        self.start(config="[index]\nmax_backlog_rows = 900\n")
        self.create(800)
        wait_for(lambda: f"alerts.command {self.hook} failed: status 3" in self.daemon.log(), "the failure")
        self.hook.unlink()
        self.vexfsctl("collection", "delete", "docs", "--yes")
        wait_for(lambda: f"alerts.command {self.hook} can't be run" in self.daemon.log(), "the failure")


if __name__ == "__main__":
    unittest.main()
