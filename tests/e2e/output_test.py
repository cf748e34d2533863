# SPDX-License-Identifier: Apache-2.0
"""What vexfsctl prints: tables for people, tabs for scripts, JSON for programs, and nothing else on stdout."""
import json
import os
import pty
import shutil
import subprocess
import unittest

from harness import Ctl, EndToEnd, PATIENCE_S, SOURCE_DIR, clean_environment


class Output(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "tiny", "--dimension", 2, "--metric", "euclidean")
        for identity, (x, y) in enumerate([(0, 0), (3, 4), (6, 8)]):
            self.vexfsctl("vector", "insert", "tiny", "--vector", f"[{x},{y}]", "--id", identity,
                          "--metadata", json.dumps({"name": f"a\tb{identity}"}))

    def test_a_search_is_a_table_for_people(self):
        lines = self.vexfsctl("vector", "search", "tiny", "--vector", "[0,0]", "--limit", 2).splitlines()
        self.assertEqual(lines[0].split(), ["RANK", "ID", "DISTANCE", "METADATA"])
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines[2].split()[:3], ["2", "1", "5"])

    def test_plain_is_a_line_of_tabs_per_row_without_a_title(self):
        text = self.vexfsctl("-o", "plain", "vector", "search", "tiny", "--vector", "[0,0]", "--limit", 2)
        rows = [line.split("\t") for line in text.splitlines()]
        self.assertEqual([row[:3] for row in rows], [["1", "0", "0"], ["2", "1", "5"]])
        self.assertEqual({len(row) for row in rows}, {4})

    def test_json_is_one_versioned_object(self):
        answer = self.vexfsctl.json("vector", "search", "tiny", "--vector", "[0,0]", "--limit", 2)
        self.assertEqual(answer["version"], 1)
        self.assertEqual([(hit["id"], hit["distance"]) for hit in answer["hits"]], [(0, 0.0), (1, 5.0)])

    def test_colour_is_for_terminals_that_want_it(self):
        def on_a_terminal(**environment):
            ours, theirs = pty.openpty()
            try:
                done = subprocess.run(self.vexfsctl.command("collection", "list"), stdout=theirs,
                                      env=clean_environment(TERM="xterm", **environment), timeout=PATIENCE_S)
                self.assertEqual(done.returncode, 0)
                return os.read(ours, 1 << 16)
            finally:
                os.close(ours)
                os.close(theirs)
        self.assertIn(b"\x1b[", on_a_terminal())
        self.assertNotIn(b"\x1b[", on_a_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b[", self.vexfsctl("collection", "list"))

    def test_a_closed_pipe_is_no_error(self):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", '"$@" | true', "bash",
                               *self.vexfsctl.command("--help-all")], timeout=PATIENCE_S, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_stats_and_health_tell_of_the_daemon(self):
        self.vexfsctl("vector", "search", "tiny", "--vector", "[0,0]")
        stats = self.vexfsctl.json("stats", "tiny")
        self.assertEqual((stats["inserts"], stats["searches"]), (3, 1))
        self.assertEqual(self.vexfsctl.json("stats")["inserts"], 3)
        health = self.vexfsctl.json("health")
        self.assertEqual((health["status"], health["pid"], health["collections"]), ("ok", self.daemon.pid, 1))

    def test_errors_name_code_and_hint_on_stderr(self):
        done = self.vexfsctl.run("collection", "info", "tinny")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^vexfsctl: .*tinny.* \(not_found\)\n")
        for mistake, hint in ((("colection", "list"), "collection"), (("collection", "lst"), "list"),
                              (("vector", "search", "tiny", "--limt", "3"), "--limit")):
            done = self.vexfsctl.run(*mistake)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"did you mean '{hint}'?", done.stderr)

    def test_no_daemon_is_said_with_what_to_do(self):
        failure = Ctl("--socket", self.directory / "nobody.sock").failure("health")
        self.assert_failure(failure, 4, "unavailable", "no daemon answers at .*/nobody.sock",
                            "systemctl start vexfsd")


class WithoutDaemon(EndToEnd):
    def setUp(self):
        super().setUp()
        self.vexfsctl = Ctl()

    def test_presets_are_listed_and_shown(self):
        names = {preset["name"] for preset in self.vexfsctl.json("preset", "list")["presets"]}
        self.assertLessEqual({"balanced", "high-recall", "high-throughput"}, names)
        shown = self.vexfsctl("preset", "show", "balanced", "--toml")
        self.assertIn("ef_search = 100", shown)

    def test_config_show_tells_each_value_with_its_origin(self):
        settings = {row["key"]: row for row in self.vexfsctl.json("config", "show")["settings"]}
        self.assertEqual(settings["server.request_timeout_s"]["default"], 30)
        self.assertTrue(all(row["origin"] for row in settings.values()))

    def test_the_configuration_that_is_installed_is_right(self):
        shipped = SOURCE_DIR / "config/vexfsd.toml"
        self.assertEqual(self.vexfsctl.json("config", "check", shipped)["files"], [str(shipped)])

    def test_config_check_names_line_and_column_of_each_mistake(self):
        wrong = self.directory / "wrong.toml"
        wrong.write_text('[server]\nmax_clients = "many"\n\n[log]\nlevl = "info"\n')
        done = self.vexfsctl.run("config", "check", wrong)
        self.assertEqual(done.returncode, 5)
        self.assertRegex(done.stderr, rf"the first: {wrong}:2:15: server.max_clients takes an integer")
        self.assertRegex(done.stderr, rf"{wrong}:5:1: section log has no key levl \(did you mean \"level\"\?\)")

    def test_completions_are_scripts_that_their_shells_take(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell):
                self.assertTrue(shutil.which(shell), f"{shell} is a build dependency")
                script = self.directory / shell
                script.write_text(self.vexfsctl("completion", shell))
                self.assertIn("collection", script.read_text())
                done = subprocess.run([shell, "-n", script], capture_output=True, text=True, timeout=PATIENCE_S)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
