# SPDX-License-Identifier: Apache-2.0
"""The module's verbs on a kernel that hasn't got it, and on one that shows it."""
import unittest
from pathlib import Path

from harness import Ctl, EndToEnd
from machine import Machine, only_root

PARAMETERS = ["cache_size_mb", "max_concurrent_ops", "batch_size", "worker_threads", "prefetch_enabled",
              "compression_level"]


@unittest.skipIf(Path("/sys/module/vexfs_v2").exists(), "the module is loaded on this machine")
class Absent(EndToEnd):
    def test_status_says_why_it_is_not_loaded(self):
        done = Ctl().run("-o", "json", "module", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"loaded":false', done.stdout)
        self.assertRegex(done.stdout, '"note":"[^"]+"')

    def test_plan_shows_what_is_configured(self):
        plan = Ctl().json("module", "plan")
        self.assertEqual([parameter["name"] for parameter in plan["parameters"]], PARAMETERS)
        self.assertEqual({parameter["state"] for parameter in plan["parameters"]}, {"unset"})

    def test_stats_say_that_it_is_not_loaded(self):
        self.assert_failure(Ctl().failure("module", "stats"), 1, "unsupported", "is not loaded")

    def test_unload_says_that_it_is_not_loaded(self):
        self.assert_failure(Ctl().failure("module", "unload"), 3, "not_found", "it is not loaded")


@only_root
class Shown(EndToEnd):
    """Files stand in for what the kernel shows of it."""

    def setUp(self):
        super().setUp()
        self.machine = Machine(self.directory, module="/sys/module", state="/var/lib")
        self.parameters = self.machine.module / "vexfs_v2/parameters"
        self.parameters.mkdir(parents=True)
        for name, value in zip(PARAMETERS, (64, 256, 50, 0, "Y", 1)):
            (self.parameters / name).write_text(f"{value}\n")
        (self.parameters.parent / "version").write_text("2.0.0\n")
        self.ctl = self.machine.ctl()

    def test_parameters_are_shown_beside_the_configured_ones_and_set(self):
        done = self.ctl.run("-o", "plain", "module", "status")
        self.assertEqual(done.returncode, 0)
        self.assertIn("batch_size\t10000\t50\t1 to 1000000\tdiffers\n", done.stdout)
        self.assertIn("with other parameters than configured", done.stderr)
        self.ctl("module", "load")
        self.assertEqual((self.parameters / "batch_size").read_text(), "10000\n")
        self.assertEqual({parameter["state"] for parameter in self.ctl.json("module", "status")["parameters"]},
                         {"same"})


if __name__ == "__main__":
    unittest.main()
