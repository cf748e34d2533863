# SPDX-License-Identifier: Apache-2.0
"""vexfs-tuner and the daemon on a bus of the test's own, and polkit's word on who may change what."""
import json
import os
import shutil
import subprocess
import unittest

from harness import PATIENCE_S, SOURCE_DIR, VEXFSCTL, VEXFSD, EndToEnd, clean_environment, wait_for
from machine import Machine, only_root

VEXFS_TUNER = os.environ["VEXFS_TUNER"]
NOBODY = 65534
POLKITD = "/usr/lib/polkit-1/polkitd"
BUS_CONFIG = """<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow receive_type="*"/>
    <allow send_type="signal"/><allow send_requested_reply="true"/>
  </policy>
  <include>{manager}</include>
</busconfig>
"""


def plain(value):
    """What busctl shows of an a{sv}, as JSON has it."""
    if isinstance(value, dict):
        return plain(value["data"]) if set(value) == {"type", "data"} else {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@only_root
@unittest.skipUnless(shutil.which("dbus-daemon"), "there is no dbus-daemon")
class Bus(EndToEnd):
    def setUp(self):
        super().setUp()
        self.directory.chmod(0o711)
        self.machine = Machine(self.directory, sys="/proc/sys", state="/var/lib")
        for name, value in (("vm/swappiness", 60), ("vm/dirty_ratio", 20), ("vm/dirty_background_ratio", 10),
                            ("kernel/random/boot_id", "first")):
            (self.machine.sys / name).parent.mkdir(parents=True, exist_ok=True)
            (self.machine.sys / name).write_text(f"{value}\n")
        socket = self.directory / "bus.sock"
        config = self.directory / "bus.xml"
        config.write_text(BUS_CONFIG.format(socket=socket, manager=SOURCE_DIR / "systemd/org.vexfs.Manager.conf"))
        self.environment = clean_environment(DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={socket}")
        self.start("dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile")
        wait_for(socket.exists, "the bus")
        socket.chmod(0o777)
        self.opened = os.open(VEXFSCTL, os.O_RDONLY)
        self.addCleanup(os.close, self.opened)

    def start(self, *command):
        process = subprocess.Popen(list(map(str, command)), env=self.environment, stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.terminate)
        return process

    def start_tuner(self, *options):
        tuner = self.start(*self.machine.wrapper(), VEXFS_TUNER, *options)
        wait_for(lambda: self.has_owner("org.vexfs.Tuner"), "vexfs-tuner")
        return tuner

    def busctl(self, *arguments):
        return subprocess.run(["busctl", "--system", *arguments], env=self.environment, text=True,
                              capture_output=True, timeout=PATIENCE_S)

    def has_owner(self, name):
        return "true" in self.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner", "s",
                                     name).stdout

    def call(self, *arguments):
        return self.busctl("call", "org.vexfs.Tuner", "/org/vexfs/Tuner1", "org.vexfs.Tuner1", *arguments)

    def nobody(self, *arguments):
        """vexfsctl as another user."""
        command = [*self.machine.wrapper(), "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                   f"/proc/self/fd/{self.opened}", *arguments]
        return subprocess.run(command, env=self.environment, text=True, capture_output=True, timeout=PATIENCE_S,
                              pass_fds=[self.opened])

    def swappiness(self):
        return (self.machine.sys / "vm/swappiness").read_text().strip()

    def test_root_tunes_over_the_bus(self):
        self.start_tuner()
        self.assertIn('"vm.swappiness" "1" "1" "60" "applied"', self.call("ApplyTuning", "s", "reference").stdout)
        self.assertEqual(self.swappiness(), "1")
        self.assertIn('ssta(ssssss) "reference" "applied"', self.call("TuningStatus").stdout)
        self.assertIn('"restored"', self.call("RevertTuning").stdout)
        self.assertEqual(self.swappiness(), "60")

    def test_errors_carry_code_and_hint(self):
        self.start_tuner()
        self.assertIn("there is no profile referense\ndid you mean", self.call("ApplyTuning", "s", "referense").stderr)
        self.assertIn("it is not loaded", self.call("UnloadModule").stderr)

    def test_its_interface_can_be_introspected(self):
        self.start_tuner()
        shown = self.busctl("introspect", "org.vexfs.Tuner", "/org/vexfs/Tuner1", "org.vexfs.Tuner1").stdout
        for member in (".PlanTuning", ".ApplyTuning", ".RevertTuning", ".TuningStatus", ".ModuleStatus",
                       ".LoadModule", ".UnloadModule", ".Mount", ".Unmount", ".OpenDevice", ".Version"):
            self.assertIn(member, shown)

    def test_it_mounts_where_it_is_configured_alone(self):
        self.start_tuner()
        self.assertIn("mounts on mount.directory alone, and not on '/etc'", self.call("Mount", "ss", "fuse", "/etc").stderr)
        self.assertIn("/proc is a mount of the type proc, not one of VexFS", self.call("Unmount", "s", "/proc").stderr)
        self.assertIn("nothing is mounted on /etc", self.call("Unmount", "s", "/etc").stderr)

    def test_without_polkit_another_user_is_refused(self):
        self.start_tuner()
        done = self.nobody("tuning", "apply", "reference")
        self.assertEqual(done.returncode, 13, done.stderr)
        self.assertIn("you may not change the kernel of this machine (permission_denied)", done.stderr)
        self.assertIn("hint: an administrator may", done.stderr)
        self.assertEqual(self.swappiness(), "60")

    def polkit(self, rule):
        """Starts polkitd with our actions and one rule."""
        actions, rules = self.directory / "actions", self.directory / "rules"
        for made in (actions, rules):
            made.mkdir()
            made.chmod(0o755)
        for name in ("tuner", "manager"):
            shutil.copy(SOURCE_DIR / f"systemd/org.vexfs.{name}.policy", actions)
        (rules / "50-test.rules").write_text(rule)
        self.start("unshare", "--mount", "--propagation", "private", "sh", "-c",
                   f'mount --bind "{actions}" /usr/share/polkit-1/actions && '
                   f'mount --bind "{rules}" /usr/share/polkit-1/rules.d && exec "$@"', "sh", POLKITD, "--no-debug")
        wait_for(lambda: self.has_owner("org.freedesktop.PolicyKit1"), "polkitd")

    @unittest.skipUnless(os.path.exists(POLKITD), "there is no polkitd")
    def test_polkit_says_who_may(self):
        self.polkit("""polkit.addRule(function(action, subject) {
            if (action.id == "org.vexfs.tuner.tune") return polkit.Result.YES;
        });""")
        self.start_tuner()
        done = self.nobody("-o", "plain", "tuning", "apply", "reference")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("vm.swappiness\t1\t1\t60\tapplied", done.stdout)
        self.assertEqual(self.swappiness(), "1")
        refused = self.nobody("module", "load")
        self.assertEqual(refused.returncode, 13, refused.stderr)
        self.assertEqual(self.nobody("tuning", "revert").returncode, 0)
        self.assertEqual(self.swappiness(), "60")

    def listen(self, *wrapper):
        """gdbus, once it listens for what the daemon signals."""
        listener = subprocess.Popen(
            [*wrapper, "gdbus", "monitor", "--system", "--dest", "org.vexfs.Manager", "--object-path", "/org/vexfs/Manager1"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(listener.communicate, timeout=PATIENCE_S)
        self.addCleanup(listener.terminate)
        for _ in range(2):  # that it watches, and whether the name has an owner
            listener.stdout.readline()
        return listener

    @unittest.skipUnless(shutil.which("gdbus"), "there is no gdbus")
    def test_alerts_are_signalled_to_whom_they_concern(self):
        prefix = self.directory / "prefix"
        (prefix / "sbin").mkdir(parents=True)
        (prefix / "lib/vexfs/alerts").mkdir(parents=True)
        shutil.copy(VEXFSD, prefix / "sbin/vexfsd")
        # A listener takes a moment to see that the daemon has come.
        rule = (SOURCE_DIR / "config/alerts/quarantined.toml").read_text() + "duration_s = 3\n"
        (prefix / "lib/vexfs/alerts/quarantined.toml").write_text(rule)
        daemon = self.start_daemon(program=str(prefix / "sbin/vexfsd"), environment=self.environment)
        with daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=2)
        daemon.stop()
        (daemon.data_dir / "collections/docs/MANIFEST").write_text("nonsense")
        root = self.listen()
        nobody = self.listen("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        daemon.start()

        def said(listener, member):
            line = next(line for line in listener.stdout if "org.vexfs.Manager1." in line)
            self.assertIn(f"/org/vexfs/Manager1: org.vexfs.Manager1.{member} ("
                          "'quarantined', 'critical', '', 'vexfs_collections_quarantined', ", line)
            return line
        self.assertIn('1.0, 0.0, "alert quarantined raised: ', said(root, "AlertRaised"))
        self.ctl(daemon)("collection", "delete", "docs", "--yes")
        self.assertIn('0.0, 0.0, "alert quarantined cleared: ', said(root, "AlertCleared"))
        nobody.terminate()
        self.assertNotIn("Manager1.Alert", nobody.stdout.read())

    def start_manager(self, **options):
        daemon = self.start_daemon(environment=self.environment, **options)
        wait_for(lambda: self.has_owner("org.vexfs.Manager"), "the daemon on the bus")
        return daemon

    MANAGER = ("org.vexfs.Manager", "/org/vexfs/Manager1", "org.vexfs.Manager1")

    def manager(self, method, *arguments, wrapper=()):
        return subprocess.run([*wrapper, "busctl", "--system", "--json=short", "call", *self.MANAGER, method, *arguments],
                              env=self.environment, text=True, capture_output=True, timeout=PATIENCE_S)

    def managed(self, method, *arguments, **options):
        """The fields that a method returns, without their types."""
        done = self.manager(method, *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return plain(json.loads(done.stdout)["data"][0])

    def property(self, name):
        done = self.busctl("--json=short", "get-property", *self.MANAGER, name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["data"]

    AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def test_the_daemon_answers_on_the_bus(self):
        self.start_manager()
        created = self.managed("CreateCollection", "sa{sv}", "docs", "3", "dimension", "u", "2", "metric", "s", "euclidean",
                               "preset", "s", "balanced")
        self.assertEqual(created["name"], "docs")
        self.assertEqual(self.managed("CollectionInfo", "s", "docs")["schema"]["metric"], "euclidean")
        self.assertEqual([one["name"] for one in self.managed("ListCollections")["collections"]], ["docs"])
        configured = self.managed("ConfigureCollection", "sa{sv}", "docs", "1", "target_recall", "d", "0.9")
        self.assertEqual(configured["schema"]["target_recall"], 0.9)
        self.assertIn("balanced", [preset["name"] for preset in self.managed("ListPresets")["presets"]])
        applied = self.managed("ApplyPreset", "ss", "docs", "balanced")
        self.assertGreater(applied["schema"]["target_recall"], 0.9)
        self.assertEqual(self.managed("Statistics", "s", "docs")["inserts"], 0)
        self.assertIn("backend", self.managed("IoStatistics", "s", ""))
        self.assertEqual(self.managed("Alerts")["alerts"], [])
        self.assertFalse(self.managed("MountStatus")["mounted"])
        self.assertEqual((self.property("Collections"), self.property("Status")), (1, "ok"))
        self.assertTrue(self.managed("DeleteCollection", "s", "docs")["deleted"])
        self.assertEqual(self.property("Collections"), 0)
        shown = self.busctl("introspect", *self.MANAGER).stdout
        for member in (".CreateCollection", ".OptimizeCollection", ".Mount", ".Unmount", ".Reload", ".MountNote",
                       ".CollectionAdded", ".AlertRaised", ".Reloaded"):
            self.assertIn(member, shown)

    def test_what_is_asked_wrongly_is_said(self):
        self.start_manager()
        self.assertIn("docs", self.manager("CollectionInfo", "s", "docs").stderr)
        self.assertIn("did you mean", self.manager("CreateCollection", "sa{sv}", "docs", "1", "dimensions", "u", "2").stderr)
        self.assertIn("op is no option", self.manager("CreateCollection", "sa{sv}", "docs", "1", "op", "s", "stats").stderr)
        self.assertIn("dimension can't be read", self.manager("CreateCollection", "sa{sv}", "docs", "1", "dimension", "as",
                                                              "1", "two").stderr)
        self.assertIn("there is no preset none", self.manager("ApplyPreset", "ss", "docs", "none").stderr)

    @unittest.skipUnless(os.path.exists(POLKITD), "there is no polkitd")
    def test_others_read_what_they_may_and_change_what_polkit_lets_them(self):
        self.start_manager()
        self.managed("CreateCollection", "sa{sv}", "docs", "1", "dimension", "u", "2")
        self.assertEqual(self.managed("ListCollections", wrapper=self.AS_NOBODY)["collections"], [])
        self.assertIn("user 65534 may not read collection docs",
                      self.manager("CollectionInfo", "s", "docs", wrapper=self.AS_NOBODY).stderr)
        for method in (("DeleteCollection", "s", "docs"), ("Reload",), ("Unmount",), ("ApplyPreset", "ss", "docs", "balanced")):
            self.assertIn("you may not change what vexfsd serves", self.manager(*method, wrapper=self.AS_NOBODY).stderr)
        self.polkit("""polkit.addRule(function(action, subject) {
            if (action.id == "org.vexfs.manager.manage") return polkit.Result.YES;
        });""")
        self.assertTrue(self.managed("DeleteCollection", "s", "docs", wrapper=self.AS_NOBODY)["deleted"])

    @unittest.skipUnless(shutil.which("gdbus"), "there is no gdbus")
    def test_what_happens_is_signalled(self):
        daemon = self.start_manager()
        listener = self.listen()
        (daemon.config_file).write_text('[server]\nmax_clint = 3\n')
        self.manager("Reload")
        line = next(line for line in listener.stdout if "Reloaded" in line)
        self.assertIn("org.vexfs.Manager1.Reloaded (false, @as [], @as [], ['", line)
        daemon.config_file.write_text('[collections]\nmode = "0600"\n')
        self.manager("Reload")
        self.assertIn("Reloaded (true, ['collections.mode'], ", next(line for line in listener.stdout if "Reloaded" in line))
        with daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=2)
        self.assertIn("CollectionAdded ('docs',)", next(line for line in listener.stdout if "Collection" in line))
        self.assertIn("{'Collections': <uint64 1>}", next(line for line in listener.stdout if "Collections" in line))

    def test_it_ends_when_nobody_calls(self):
        self.assertEqual(self.start_tuner("--idle", "1").wait(PATIENCE_S), 0)
        self.assertFalse(self.has_owner("org.vexfs.Tuner"))


if __name__ == "__main__":
    unittest.main()
