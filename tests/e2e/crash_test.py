# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of an import, of the daemon or of vexfsctl: the same command finishes the import, and
what was acknowledged is there, once."""
import os
import random
import re
import unittest

import numpy

import words
from harness import EndToEnd, wait_for

ROWS = 10_000
ROUNDS = 6
# Sealed every 1 MiB, so that the kills also meet segments being sealed and indexed.
CONFIG = "[storage]\nsegment_bytes = 1_048_576\n"
SEED = int(os.environ.get("VEXFS_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)


class Crash(EndToEnd):
    def setUp(self):
        super().setUp()
        print(f"VEXFS_TEST_SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        self.daemon = self.start_daemon(config=CONFIG)
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "words", "--dimension", 100, "--preset", "balanced",
                      "--set", "durability=group")

    def moments(self):
        return sorted(self.random.sample(range(1, ROWS * 9 // 10), ROUNDS))

    def start_import(self):
        # Small batches: there are many moments between two acknowledgements, and many within one.
        return self.vexfsctl.start("import", "words", words.VECTORS_FILE, "--metadata", words.METADATA_FILE,
                                   "--batch-size", 10)

    def points(self):
        with self.daemon.client() as client:
            return client.call("collection.info", collection="words")["points"]

    def wait_for_points(self, count):
        with self.daemon.client() as client:
            wait_for(lambda: client.call("collection.info", collection="words")["points"] >= count,
                     f"{count} points")

    def assert_all_there_once(self):
        self.vexfsctl("export", "words", self.directory / "out.npy", "--ids", self.directory / "ids.npy",
                      "--metadata", self.directory / "out.jsonl")
        ids = numpy.load(self.directory / "ids.npy")
        self.assertEqual(len(ids), ROWS)
        self.assertEqual(len(set(ids.tolist())), ROWS)
        # Ids are assigned in the order of the rows.
        order = numpy.argsort(ids)
        numpy.testing.assert_array_equal(numpy.load(self.directory / "out.npy")[order], words.vectors())
        lines = (self.directory / "out.jsonl").read_text(encoding="utf-8").splitlines()
        wanted = words.METADATA_FILE.read_text(encoding="utf-8").splitlines()
        self.assertEqual([lines[row] for row in order], wanted)

    def test_kills_of_the_daemon_lose_no_acknowledged_row_and_double_none(self):
        interrupted = 0
        for moment in self.moments():
            if self.points() >= moment:  # the import was ahead of the last kill
                continue
            running = self.start_import()
            self.wait_for_points(moment)
            self.daemon.kill()
            _, notes = running.communicate()
            interrupted += running.returncode == 4
            acknowledged = ROWS if running.returncode == 0 else int(re.search(r"; (\d+) rows of", notes)[1])
            self.daemon.start()
            self.assertGreaterEqual(self.points(), acknowledged)
            self.assertIn("ok", self.vexfsctl.json("health")["status"])
        self.assertGreater(interrupted, 0, "no kill came in the middle of an import")
        _, notes = self.finish_import()
        self.assertRegex(notes, r"resuming at row \d+")
        self.assert_all_there_once()

    def test_kills_of_vexfsctl_leave_an_import_that_goes_on(self):
        pid = self.daemon.pid
        for moment in self.moments():
            if self.points() >= moment:
                continue
            running = self.start_import()
            self.wait_for_points(moment)
            running.kill()
            running.communicate()
            self.assertEqual(self.vexfsctl.json("health")["pid"], pid)
        self.finish_import()
        self.assert_all_there_once()

    def finish_import(self):
        running = self.start_import()
        output = running.communicate()
        self.assertEqual(running.returncode, 0, output[1])
        return output

    def test_deletes_and_edits_that_were_acknowledged_survive_a_kill(self):
        self.finish_import()
        self.vexfsctl("vector", "delete", "words", 5, 6)
        self.vexfsctl("vector", "update", "words", 7, "--metadata", '{"kept":true}')
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.points(), ROWS - 2)
        self.assertEqual(self.vexfsctl.failure("vector", "get", "words", 5).code, "not_found")
        point, = self.vexfsctl.json("vector", "get", "words", 7)["points"]
        self.assertIs(point["metadata"]["kept"], True)


if __name__ == "__main__":
    unittest.main()
