# SPDX-License-Identifier: Apache-2.0
"""The same commands through a daemon and with --embedded give the same JSON."""
import json
import unittest

import words
from harness import Ctl, EndToEnd

# What tells of a run and not of the data; a graph's size depends on the order in which its threads came, what filters
# and searches leave behind on whether the process lasts. Which path is the cheapest depends on what else the machine does.
OF_THE_RUN = {"took_us", "seconds", "pid", "uptime_s", "disk_bytes", "index_memory_bytes", "filter_memory_bytes",
              "observed_recall", "observed_queries", "generation", "calibrated_path", "calibrated_recall",
              "calibrated_reach", "calibrated_layout"}

COMMANDS = (
    ("collection", "list"),
    ("collection", "info", "words"),
    ("vector", "search", "words", "--like", "7", "--exact"),
    ("vector", "search", "words", "--like", "word=king", "--limit", "3", "--exact", "--with-vector"),
    ("vector", "search", "words", "--like", "7", "--filter", '{"word":{"$in":["on","at","by"]}}'),
    ("vector", "get", "words", "1", "2", "--with-vector"),
    ("vector", "update", "words", "2", "--metadata", '{"lang":"en","word":null}'),
    ("vector", "get", "words", "2"),
    ("vector", "insert", "words", "--vector", str([0.5] * 100), "--id", "12345", "--metadata", '{"n":1}'),
    ("vector", "insert", "words", "--vector", str([0.25] * 100)),
    ("vector", "delete", "words", "1", "12345", "99999"),
    ("collection", "set", "words", "ef_search=77", "durability=sync", "mode=0640"),
    ("collection", "optimize", "words"),
    ("import", "words", words.VECTORS_FILE, "--metadata", words.METADATA_FILE),
    ("health",),
    ("collection", "create", "other", "--dimension", "3", "--metric", "dot", "--set", "m=8"),
    ("preset", "apply", "other", "balanced"),
    ("collection", "delete", "other", "--yes"),
    ("collection", "delete", "other", "--yes"),
    ("vector", "get", "words", "1"),
    ("vector", "search", "words", "--vector", "[1,2,3]"),
    ("vector", "search", "words", "--like", "7", "--limit", "0"),
    ("vector", "search", "words", "--like", "7", "--filter", '{"word":{"$near":1}}'),
    ("collection", "info", "wrods"),
    ("collection", "create", "words", "--dimension", "100"),
    ("collection", "create", "no/name", "--dimension", "100"),
)


def without_the_run(value):
    if isinstance(value, dict):
        return {key: without_the_run(item) for key, item in value.items() if key not in OF_THE_RUN}
    if isinstance(value, list):
        return [without_the_run(item) for item in value]
    return value


class Transports(EndToEnd):
    def answer(self, vexfsctl, command):
        """Exit status, and the JSON of the answer or of the error."""
        done = vexfsctl.run("-o", "json", *command)
        text = done.stderr.splitlines()[-1] if done.returncode else done.stdout
        return done.returncode, without_the_run(json.loads(text))

    def test_a_daemon_and_a_directory_answer_alike(self):
        ways = self.ctl(self.start_daemon()), Ctl("--embedded", self.directory / "embedded")
        for vexfsctl in ways:
            words.create_and_import(vexfsctl)
            vexfsctl("collection", "optimize", "words")
        for command in COMMANDS:
            with self.subTest(command=command):
                through_the_daemon, embedded = (self.answer(vexfsctl, command) for vexfsctl in ways)
                self.assertEqual(through_the_daemon, embedded)

    def test_an_embedded_directory_serves_a_daemon_afterwards(self):
        embedded = Ctl("--embedded", self.directory / "data")
        words.create_and_import(embedded)
        before = embedded.json("vector", "search", "words", "--like", 7, "--exact")["hits"]
        vexfsctl = self.ctl(self.start_daemon())
        self.assertEqual(vexfsctl.json("vector", "search", "words", "--like", 7, "--exact")["hits"], before)
        in_use = embedded.failure("collection", "info", "words")
        self.assert_failure(in_use, 7, "busy", "in use by process [0-9]+", "without --embedded asks the daemon")

    def test_a_mistyped_directory_is_said_and_not_made(self):
        absent = self.directory / "absent"
        failure = Ctl("--embedded", absent).failure("collection", "list")
        self.assert_failure(failure, 3, "not_found", f"no data directory {absent}", "create")
        self.assertFalse(absent.exists())


if __name__ == "__main__":
    unittest.main()
