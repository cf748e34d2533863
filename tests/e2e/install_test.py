# SPDX-License-Identifier: Apache-2.0
"""What is installed works from where it lies, and systemd takes the unit and finds little that it exposes."""
import json
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from harness import BUILD_DIR, PATIENCE_S, EndToEnd

has_systemd = unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")


class Install(EndToEnd):
    def setUp(self):
        super().setUp()
        self.root = self.directory / "root"
        self.run_tool("cmake", "--install", BUILD_DIR, env={**os.environ, "DESTDIR": str(self.root)})
        self.unit, = self.root.glob("**/lib/systemd/system/vexfsd.service")

    def run_tool(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @has_systemd
    def test_systemd_finds_no_mistake_in_the_unit(self):
        # It looks for programs in the root that it is given, which has none of the system's.
        (self.root / "usr/bin").mkdir(parents=True, exist_ok=True)
        (self.root / "usr/bin/kill").touch(0o755)
        output = self.run_tool("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                               f"--root={self.root}", self.unit.name)
        self.assertNotIn("vexfsd", output)

    @has_systemd
    def test_the_units_exposure_is_at_most_1_5(self):
        output = self.run_tool("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15",
                               self.unit)
        self.assertIn("Overall exposure level for vexfsd.service", output)

    @has_systemd
    def test_the_tuners_exposure_is_at_most_3(self):
        output = self.run_tool("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=30",
                               self.unit.with_name("vexfs-tuner.service"))
        self.assertIn("Overall exposure level for vexfs-tuner.service", output)

    def test_the_bus_knows_who_may_be_the_tuner_and_starts_it(self):
        for path in ("dbus-1/system.d/org.vexfs.Tuner.conf", "dbus-1/system.d/org.vexfs.Manager.conf",
                     "polkit-1/actions/org.vexfs.tuner.policy"):
            xml.etree.ElementTree.parse(*self.root.glob(f"**/share/{path}"))
        service, = self.root.glob("**/share/dbus-1/system-services/org.vexfs.Tuner.service")
        unit, = re.findall("^SystemdService=(.*)", service.read_text(), re.MULTILINE)
        self.assertTrue(self.unit.with_name(unit).exists())

    def test_the_unit_starts_a_program_that_is_installed(self):
        command, = (line.split("=", 1)[1].split()[0] for line in self.unit.read_text().splitlines()
                    if line.startswith("ExecStart="))
        self.assertTrue(os.access(self.root / command.lstrip("/"), os.X_OK), command)

    def test_the_programs_find_what_is_installed_with_them(self):
        vexfsctl, = self.root.glob("**/bin/vexfsctl")
        vexfsd, = self.root.glob("**/sbin/vexfsd")
        presets = json.loads(self.run_tool(vexfsctl, "-o", "json", "preset", "list"))["presets"]
        balanced, = (preset for preset in presets if preset["name"] == "balanced")
        self.assertTrue(balanced["file"].startswith(str(self.root)), balanced["file"])
        self.assertIn(f"{self.root}", self.run_tool(vexfsd, "--check").splitlines()[0])

    def test_everything_else_lies_where_the_system_looks_for_it(self):
        for path in ("lib/sysusers.d/vexfs.conf", "share/bash-completion/completions/vexfsctl",
                     "share/fish/vendor_completions.d/vexfsctl.fish", "share/zsh/site-functions/_vexfsctl",
                     "share/vexfs/filter.schema.json"):
            self.assertEqual(len(list(self.root.glob(f"**/{path}"))), 1, path)


if __name__ == "__main__":
    unittest.main()
