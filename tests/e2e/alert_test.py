# SPDX-License-Identifier: Apache-2.0
"""Alerts are raised and cleared by what they are about, as it really happens; logged, listed, and told to a command.

The shipped rules are used, but for their durations, which are shorter.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import time
import tomllib
import unittest

import numpy

from harness import SOURCE_DIR, VEXFSCTL, VEXFSD, EndToEnd, clean_environment, wait_for
from machine import Machine, only_root
from wire import RequestError

DIMENSION = 16
has_strace = unittest.skipUnless(shutil.which("strace"), "there is no strace")


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

    @contextlib.contextmanager
    def disk(self, syncs):
        """Meanwhile the daemon's syncs are as strace is told."""
        tracer = subprocess.Popen(
            ["strace", "--follow-forks", f"--attach={self.daemon.pid}", f"--inject=fdatasync,fsync:{syncs}",
             f"--output={self.directory / 'trace'}"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self.assertIn("attached", tracer.stderr.readline())
            yield
        finally:
            tracer.terminate()
            tracer.communicate()

    def insert(self, rows):
        with self.daemon.client() as client:
            client.call("insert", {"vectors": numpy.ones((rows, DIMENSION), numpy.float32)}, collection="docs")

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

    def test_recall_below_promise(self):
        self.rule("recall-below-promise")
        self.start()
        # Vectors in a few of many dimensions, and questions from elsewhere, for which no path was measured.
        random = numpy.random.default_rng(1)
        plane = random.standard_normal((4, 32))
        like_the_data = lambda rows: (random.standard_normal((rows, 4)) @ plane).astype(numpy.float32)
        from_elsewhere = lambda rows: 4 * random.standard_normal((rows, 32), dtype=numpy.float32)
        with self.daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=32, metric="euclidean",
                        parameters={"target_recall": 0.95})
            client.call("insert", {"vectors": like_the_data(10_000)}, collection="docs")
            client.call("collection.optimize", collection="docs", wait=True)

            def observed(queries):
                """The recall of live searches, once it is known."""
                for _ in range(50):
                    client.call("search", {"vectors": queries(1)}, collection="docs")
                return self.vexfsctl.json("collection", "info", "docs").get("observed_recall")
            wait_for(lambda: (observed(from_elsewhere) or 1) < 0.93, "searches that find less than was promised")
            self.assert_raised("recall-below-promise docs")
            self.vexfsctl("collection", "reindex", "docs")
            wait_for(lambda: (observed(like_the_data) or 0) > 0.94, "searches that find what was promised")
            self.assert_cleared("recall-below-promise docs")

    @only_root
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

    @has_strace
    def test_sync_slow(self):
        self.rule("sync-slow")
        self.start(config="[storage]\nio_backend = \"posix\"\n")
        self.create(10)
        with self.disk(syncs="delay_exit=200000"):
            self.insert(1)
        self.assert_raised("sync-slow docs")

        def quick_ones():
            for _ in range(20):
                self.insert(1)
            return "sync-slow docs" not in self.raised()
        wait_for(quick_ones, "so many quick ones that the slow one doesn't count")
        self.assert_cleared("sync-slow docs")

    @has_strace
    def test_read_only(self):
        self.rule("read-only")
        self.start(config="[storage]\nio_backend = \"posix\"\n")
        self.create(10)
        with self.disk(syncs="error=EIO"), self.assertRaises(RequestError) as failure:
            self.insert(1)
        self.assertEqual(failure.exception.code, "io_error")
        self.assert_raised("read-only docs")
        # The disk is mended; a start recovers what is on it.
        self.daemon.stop()
        self.daemon.start()
        self.assert_cleared("read-only docs")
        self.assertEqual(self.text_told().splitlines(),
                         ["read-only raised critical docs", "read-only cleared critical docs"])

    @only_root
    def test_tuning_drift(self):
        self.rule("tuning-drift")
        profiles = self.prefix / "lib/vexfs/profiles"
        profiles.mkdir()
        (profiles / "own.toml").write_text("[set]\nnet.ipv4.ip_default_ttl = 99\n")
        vexfsctl = self.prefix / "bin/vexfsctl"
        vexfsctl.parent.mkdir()
        shutil.copy(VEXFSCTL, vexfsctl)
        # A network namespace has keys of its own, and this machine's record of what is tuned stays out of it.
        self.start(wrapper=["unshare", "--net", *Machine(self.directory, state="/var/lib").wrapper()])

        def inside(*command):
            subprocess.run(["nsenter", f"--target={self.daemon.pid}", "--mount", "--net", *command], check=True,
                           stdout=subprocess.DEVNULL, env=clean_environment())
        inside(vexfsctl, "tuning", "apply", "own")
        inside("sh", "-c", "echo 55 > /proc/sys/net/ipv4/ip_default_ttl")
        self.assert_raised("tuning-drift")
        inside(vexfsctl, "tuning", "revert")
        self.assert_cleared("tuning-drift")

    @only_root
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
