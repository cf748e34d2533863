# SPDX-License-Identifier: Apache-2.0
"""storage.io_backend: what is acknowledged is there after a crash, and stats --io tells what is in use."""
import unittest

from harness import EndToEnd


class IoBackend(EndToEnd):
    def serve(self, backend):
        daemon = self.start_daemon(config=f'[storage]\nio_backend = "{backend}"\n')
        vexfsctl = self.ctl(daemon)
        vexfsctl("collection", "create", "docs", "--dimension", 2, "--set", "durability=sync")
        for number in range(3):
            vexfsctl("vector", "insert", "docs", "--vector", f"[{number},1]", "--id", number)
        return daemon, vexfsctl

    def assert_served(self, daemon, vexfsctl):
        stats = vexfsctl.json("stats", "--io", "docs")
        [docs] = stats["collections"]
        self.assertGreaterEqual(docs["syncs"], 3)
        self.assertGreater(docs["write_bytes"], 0)
        daemon.kill()
        daemon.start()
        self.assertEqual(vexfsctl.json("collection", "info", "docs")["points"], 3)
        return stats

    def test_io_uring_is_used_where_there_is_one_and_its_absence_is_told(self):
        daemon, vexfsctl = self.serve("io_uring")
        stats = self.assert_served(daemon, vexfsctl)
        if stats["backend"] == "posix":
            self.assertIn("io_uring is not available", stats["backend_note"])
            self.assertIn("I/O goes through posix: io_uring is not available", daemon.log())
        else:
            self.assertEqual(stats["backend"], "io_uring")
            self.assertIn("I/O goes through io_uring", daemon.log())

    def test_posix_is_what_is_taken_by_itself(self):
        daemon, vexfsctl = self.serve("auto")
        stats = self.assert_served(daemon, vexfsctl)
        self.assertEqual(stats["backend"], "posix")
        self.assertNotIn("backend_note", stats)

    def test_all_collections_are_shown_as_a_table(self):
        _, vexfsctl = self.serve("posix")
        lines = [line.split() for line in vexfsctl("-o", "plain", "stats", "--io").splitlines()]
        self.assertEqual([line[:2] for line in lines if line[0] == "docs"],
                         [["docs", "read"], ["docs", "write"], ["docs", "sync"]])
        pairs = vexfsctl("-o", "plain", "stats", "--io", "docs")
        self.assertRegex(pairs, r"(?m)^sync_p99_latency_ms\b")


if __name__ == "__main__":
    unittest.main()
