# SPDX-License-Identifier: Apache-2.0
"""Writes faster than indexing: they are slowed, none is refused, and searches beside them don't wait."""
import select
import signal
import time
import unittest

import numpy

from harness import EndToEnd, wait_for
from wire import request

ROWS, DIMENSION = 20_000, 8
CONFIG = "[index]\nmax_backlog_rows = {}\n[server]\nworker_threads = 1\n"


class Backlog(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(config=CONFIG.format(500))
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "docs", "--dimension", DIMENSION)
        self.vectors = numpy.random.default_rng(9).standard_normal((ROWS, DIMENSION), numpy.float32)

    def stats(self):
        return self.vexfsctl.json("stats", "docs")

    def test_an_import_over_the_limit_is_slowed_and_comes_in_whole(self):
        numpy.save(self.directory / "in.npy", self.vectors)
        self.vexfsctl("import", "docs", self.directory / "in.npy", "--batch-size", 500)
        stats = self.stats()
        self.assertEqual((stats["inserts"], stats["max_backlog_rows"]), (ROWS, 500))
        self.assertGreater(stats["held_writes"], 0)
        self.assertGreater(stats["held_us_total"], 0)
        # Fewer than 1,024 new rows are left to scans.
        wait_for(lambda: self.stats()["backlog_rows"] < 1024, "the backlog to be indexed")
        self.assertEqual(self.vexfsctl.json("collection", "info", "docs")["points"], ROWS)

    def test_a_search_is_answered_while_a_write_is_held_back(self):
        with self.daemon.client() as writer, self.daemon.client() as reader:
            # So many rows over so low a limit: 5 seconds, the most.
            begin = time.monotonic()
            writer.send(request("insert", {"vectors": self.vectors[:10_000]}, collection="docs"))
            wait_for(lambda: reader.call("stats")["held_writes"], "a write that is held back")
            found = reader.call("search", {"vectors": self.vectors[:1]}, collection="docs", limit=1)
            self.assertEqual(found["results"][0][0]["id"], 0)
            answered = select.select([writer.socket], [], [], 0)[0]
            self.assertTrue(not answered or time.monotonic() - begin >= 5, "the write is answered already")
            self.assertEqual(writer.receive()["inserted"], 10_000)
            self.assertGreaterEqual(time.monotonic() - begin, 5)

    def test_a_reload_changes_the_limit(self):
        self.daemon.config_file.write_text(CONFIG.format(1_000_000))
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait_for_log("changed: index.max_backlog_rows")
        with self.daemon.client() as client:
            client.call("insert", {"vectors": self.vectors}, collection="docs")
        stats = self.stats()
        self.assertEqual((stats["max_backlog_rows"], stats["held_writes"]), (1_000_000, 0))


if __name__ == "__main__":
    unittest.main()
