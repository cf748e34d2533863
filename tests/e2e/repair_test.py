# SPDX-License-Identifier: Apache-2.0
"""A damaged collection is told, the others serve, and a repair brings back what is whole, without a restart."""
import json
import unittest

import numpy

from harness import EndToEnd, wait_for

BATCHES, ROWS, DIMENSION = 4, 50, 8
RECORD_BYTES = 128 + 448 + 4 * ROWS * DIMENSION + 256  # of a batch: header, ids, vectors, lengths of no metadata


class Repair(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        self.vectors = numpy.random.default_rng(5).standard_normal((BATCHES * ROWS, DIMENSION), numpy.float32)
        for name in "docs", "other":
            self.vexfsctl("collection", "create", name, "--dimension", DIMENSION)
            numpy.save(self.directory / "in.npy", self.vectors)
            self.vexfsctl("import", name, self.directory / "in.npy", "--batch-size", ROWS)
        self.log = self.daemon.data_dir / "collections/docs/00000001.log"

    def flip(self, path, offset):
        data = bytearray(path.read_bytes())
        data[offset] ^= 1
        path.write_bytes(data)

    def damage_while_stopped(self, path, offset):
        self.assertEqual(self.daemon.stop(), 0)
        self.flip(path, offset)
        self.daemon.start()

    def check(self, *arguments):
        done = self.vexfsctl.run("-o", "json", "collection", "check", *arguments)
        return done.returncode, json.loads(done.stdout)["checks"]

    def test_sound_collections_are_clean_and_have_nothing_to_repair(self):
        status, reports = self.check()
        self.assertEqual((status, [(report["collection"], report["clean"]) for report in reports]),
                         (0, [("docs", True), ("other", True)]))
        self.assertEqual((reports[0]["records"], reports[0]["rows"]), (BATCHES, BATCHES * ROWS))
        status, (report,) = self.check("docs", "--repair")
        self.assertEqual((status, report["repair"]), (0, "nothing"))
        self.assertFalse((self.daemon.data_dir / "damaged").exists())

    def test_a_flipped_byte_is_told_and_the_rest_brought_back(self):
        damaged = 4096 + RECORD_BYTES
        self.damage_while_stopped(self.log, damaged + 128 + 448 + 100)

        health = self.vexfsctl.run("-o", "json", "health")
        self.assertEqual((health.returncode, json.loads(health.stdout)["status"]), (1, "degraded"))
        self.assert_failure(self.vexfsctl.failure("collection", "info", "docs"), 8, "corrupt",
                            rf"{self.log} at offset {damaged}", "collection check docs.*--repair")
        listed = self.vexfsctl.run("collection", "list").stderr
        self.assertIn("collection docs can't be opened", listed)
        self.assertIn("--repair", listed)
        self.assertEqual(len(self.vexfsctl.json("vector", "search", "other", "--like", 7)["hits"]), 10)

        status, reports = self.check()
        self.assertEqual((status, [report["clean"] for report in reports]), (8, [True, False]))
        finding, = reports[1]["findings"]
        self.assertEqual((finding["file"], finding["offset"], finding["severity"]),
                         ("00000001.log", damaged, "damage"))
        self.assertIn("--repair", finding["remedy"])

        before = self.log.read_bytes()
        pid = self.daemon.pid
        status, (report,) = self.check("docs", "--repair")
        self.assertEqual((status, report["repair"]), (0, "salvaged"))
        self.assertEqual(report["kept"]["points"], (BATCHES - 1) * ROWS)
        self.assertEqual(report["lost"]["ids"], list(range(ROWS, 2 * ROWS)))
        self.assertEqual(report["lost"]["rows_max"], ROWS)
        lost, = report["lost"]["ranges"]
        self.assertEqual((lost["file"], lost["offset"], lost["bytes"]), ("00000001.log", damaged, RECORD_BYTES))
        kept = self.daemon.data_dir / "damaged" / report["kept_at"].rsplit("/", 1)[1]
        self.assertEqual((kept / "00000001.log").read_bytes(), before)
        self.assertEqual(json.loads(kept.with_name(kept.name + ".json").read_text())["lost"], report["lost"])

        health = self.vexfsctl.json("health")
        self.assertEqual((health["status"], health["pid"]), ("ok", pid))
        self.vexfsctl("export", "docs", self.directory / "out.npy", "--ids", self.directory / "ids.npy")
        ids = numpy.load(self.directory / "ids.npy")
        self.assertEqual(set(ids.tolist()), set(range(BATCHES * ROWS)) - set(range(ROWS, 2 * ROWS)))
        numpy.testing.assert_array_equal(numpy.load(self.directory / "out.npy"), self.vectors[ids])
        self.assertEqual(self.check()[0], 0)

    def test_a_lost_manifest_is_made_again(self):
        self.assertEqual(self.daemon.stop(), 0)
        (self.log.parent / "MANIFEST").unlink()
        self.daemon.start()
        self.assertEqual(self.vexfsctl.failure("collection", "info", "docs").code, "corrupt")
        status, (report,) = self.check("docs", "--repair")
        self.assertEqual((status, report["schema_from"], report["lost"]["ranges"]), (0, "00000001.log", []))
        self.assertEqual(self.vexfsctl.json("collection", "info", "docs")["points"], BATCHES * ROWS)

    def test_damage_at_the_end_of_a_log_is_told_after_a_kill(self):
        # The daemon marks what it synced when the log has been idle for a while.
        size = self.log.stat().st_size
        self.wait_for_mark(size)
        self.daemon.kill()
        self.flip(self.log, size - RECORD_BYTES + 200)
        self.daemon.start()
        self.assert_failure(self.vexfsctl.failure("collection", "info", "docs"), 8, "corrupt",
                            rf"at offset {size - RECORD_BYTES}")
        self.assertEqual(self.log.stat().st_size, size)

    def wait_for_mark(self, size):
        wait_for(lambda: size in [int.from_bytes(self.log.read_bytes()[mark + 8:mark + 16], "little")
                                  for mark in (3072, 3584)], "a mark of what was synced")

    def test_a_damaged_collection_can_be_deleted(self):
        self.damage_while_stopped(self.log.parent / "MANIFEST", 60)
        self.assertTrue(self.vexfsctl.json("collection", "delete", "docs")["deleted"])
        self.assertEqual(self.vexfsctl.json("health")["status"], "ok")
        self.assertFalse(self.log.parent.exists())


if __name__ == "__main__":
    unittest.main()
