# SPDX-License-Identifier: Apache-2.0
"""A mistake in the configuration is found where it is made, and stops nothing that runs."""
import unittest

from machine import OnMachine

WRONG = "/etc/vexfs/vexfsd.toml.d/wrong.toml"
SAID = WRONG + r":2:\d+: "


class Configuration(OnMachine):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.machine, f"rm -f {WRONG}; systemctl restart vexfsd")
        self.machine(f"printf '[server]\\nmax_clint = 3\\n' > {WRONG}")

    def journal_since(self, moment):
        return self.machine(f"journalctl --no-pager -o cat -u vexfsd --since=@{moment}")

    def test_a_reload_keeps_the_running_one(self):
        began = self.machine("date +%s.%N").strip()
        before = self.machine("pidof vexfsd")
        self.machine("systemctl reload vexfsd && vexfsctl health && ls /mnt/vexfs")
        self.assertEqual(self.machine("pidof vexfsd"), before)
        said = self.journal_since(began)
        self.assertRegex(said, SAID)
        self.assertIn("did you mean", said)
        self.assertIn("the configuration stays as it was", said)

    def test_a_check_and_a_start_say_what_is_wrong(self):
        self.assertRegex(self.machine("vexfsctl config check", status=5), SAID)
        began = self.machine("date +%s.%N").strip()
        self.machine("systemctl restart vexfsd", status=1)
        self.assertRegex(self.journal_since(began), SAID)
        shown = self.machine("systemctl --no-pager status vexfsd", status=3)
        self.assertRegex(shown, SAID)
        self.assertIn("status=78", shown)
        self.machine(f"rm {WRONG} && systemctl start vexfsd && vexfsctl health && ls /mnt/vexfs")


if __name__ == "__main__":
    unittest.main()
