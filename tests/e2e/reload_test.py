# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: a changed configuration takes effect, what can't is named, a wrong one changes nothing."""
import signal
import unittest

from harness import EndToEnd, wait_for


class Reload(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(config='[collections]\nmode = "0640"\n')
        self.vexfsctl = self.ctl(self.daemon)
        self.drop_in = self.directory / "vexfsd.toml.d" / "10-mine.toml"
        self.drop_in.parent.mkdir()

    def reload(self, text, reported):
        """Waits for what the daemon reports of it, `reported` in its log."""
        before = self.daemon.log().count(reported)
        self.drop_in.write_text(text)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.daemon.log().count(reported) > before, f"{reported!r} in the log")

    def mode_of_a_new_collection(self):
        info = self.vexfsctl.json("collection", "create", "new", "--dimension", 2)
        self.vexfsctl("collection", "delete", "new", "--yes")
        return info["schema"]["mode"]

    def test_a_changed_drop_in_takes_effect(self):
        self.assertEqual(self.mode_of_a_new_collection(), 0o640)
        self.reload('[collections]\nmode = "0600"\n', "configuration reloaded, changed: collections.mode")
        self.assertEqual(self.mode_of_a_new_collection(), 0o600)
        self.drop_in.unlink()
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.daemon.log().count("changed: collections.mode") == 2, "the second reload")
        self.assertEqual(self.mode_of_a_new_collection(), 0o640)

    def test_a_default_preset_is_that_of_collections_that_name_none(self):
        self.reload('[collections]\npreset = "high-recall"\n', "changed: collections.preset")
        info = self.vexfsctl.json("collection", "create", "new", "--dimension", 2)
        self.assertEqual(info["schema"]["preset"], "high-recall")

    def test_what_needs_a_restart_is_named_and_takes_effect_with_it(self):
        self.reload('[server]\nworker_threads = 3\nmax_clients = 100\n[collections]\nmode = "0600"\n',
                    "these take effect with a restart: server.worker_threads\n")
        self.assertIn("changed: server.max_clients, collections.mode", self.daemon.log())
        # It goes on being named while it is not in effect.
        self.reload('[server]\nworker_threads = 3\n', "these take effect with a restart: server.worker_threads\n")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.reload('[server]\nworker_threads = 3\n', "configuration reloaded, changed: nothing")
        self.assertEqual(self.daemon.log().count("take effect with a restart"), 2)

    def test_a_wrong_configuration_is_refused_with_its_place_and_the_old_one_stays(self):
        pid = self.daemon.pid
        self.reload('[collections]\nmode = "0600"\n', "changed: collections.mode")
        wrong = {'[server]\nmax_clients = "x"\n': f"{self.drop_in}:2:15: server.max_clients takes an integer",
                 "[server]\nmax_clents = 5\n": f"{self.drop_in}:2:1: section server has no key max_clents",
                 "[server\n": f"{self.drop_in}:1:8: ",
                 '[collections]\nmode = "0640"\npreset = "balancd"\n': "there is no preset balancd"}
        for text, place in wrong.items():
            with self.subTest(text):
                self.reload(text, "the configuration stays as it was")
                self.assertIn(place, self.daemon.log())
                self.assertEqual(self.mode_of_a_new_collection(), 0o600)
        self.assertEqual(self.vexfsctl.json("health")["pid"], pid)


if __name__ == "__main__":
    unittest.main()
