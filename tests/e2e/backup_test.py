# SPDX-License-Identifier: Apache-2.0
"""Backups to a directory of the caller's: they copy what is new, outlive a kill, and what is put back is checked."""
import json
import os
import unittest

import numpy

from harness import Ctl, EndToEnd, wait_for

ROWS, DIMENSION = 8_192, 256  # 8 MiB: segments of 1 MiB, so that there are several
CONFIG = "[storage]\nsegment_bytes = 1_048_576\n"


class Backup(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(config=CONFIG)
        self.vexfsctl = self.ctl(self.daemon)
        self.target = self.directory / "backup"
        self.vexfsctl("collection", "create", "docs", "--dimension", DIMENSION, "--algorithm", "flat")
        self.vectors = numpy.random.default_rng(5).standard_normal((ROWS, DIMENSION), numpy.float32)
        self.add(self.vectors[:ROWS // 2])

    def add(self, vectors):
        numpy.save(self.directory / "in.npy", vectors)
        self.vexfsctl("import", "docs", self.directory / "in.npy", "--batch-size", 256)

    def back_up(self, *options):
        return self.vexfsctl.json("collection", "backup", "docs", self.target, *options)

    def vectors_of(self, name):
        self.vexfsctl("export", name, self.directory / "out.npy")
        return numpy.load(self.directory / "out.npy")

    def snapshots(self):
        return self.vexfsctl.json("collection", "snapshot", "list")["snapshots"]

    def logs(self):
        return sorted(self.target.glob("*.log"))

    def test_a_second_backup_copies_only_what_is_new(self):
        first = self.back_up()
        self.assertGreaterEqual(first["copied_files"], 4)
        self.assertEqual((first["reused_files"], first["points"]), (0, ROWS // 2))
        before = {path: path.stat().st_ino for path in self.logs()}
        nothing_new = self.back_up()
        self.assertEqual((nothing_new["copied_bytes"], nothing_new["reused_bytes"]), (0, first["copied_bytes"]))

        self.add(self.vectors[ROWS // 2:])
        second = self.back_up()
        self.assertEqual(second["reused_bytes"], first["copied_bytes"])
        self.assertGreaterEqual(second["copied_bytes"], ROWS // 2 * DIMENSION * 4)
        self.assertEqual({path: path.stat().st_ino for path in before}, before)
        self.assertEqual(self.snapshots(), [])
        self.assertFalse((self.target / "PENDING").exists())

    def test_a_backup_is_put_back_under_any_name_on_any_machine(self):
        self.add(self.vectors[ROWS // 2:])
        self.back_up()
        self.vexfsctl("collection", "delete", "docs")
        restored = self.vexfsctl.json("collection", "restore", self.target, "again")
        self.assertEqual((restored["name"], restored["points"]), ("again", ROWS))
        numpy.testing.assert_array_equal(self.vectors_of("again"), self.vectors)
        elsewhere = Ctl("--embedded", self.directory / "elsewhere")
        self.assertEqual(elsewhere.json("collection", "restore", self.target, "docs")["points"], ROWS)

    def test_a_log_of_many_pieces_goes_there_and_back_also_past_the_page_cache(self):
        many = numpy.random.default_rng(6).standard_normal((28_000, DIMENSION), numpy.float32)  # 27 MiB
        numpy.save(self.directory / "in.npy", many)
        for direct in ("false", "true"):
            with self.subTest(use_direct_io=direct):
                self.vexfsctl("collection", "create", direct, "--dimension", DIMENSION, "--algorithm", "flat",
                              "--set", f"use_direct_io={direct}")
                self.vexfsctl("import", direct, self.directory / "in.npy", "--batch-size", 28_000)
                target = self.directory / f"backup-{direct}"
                copied = self.vexfsctl.json("collection", "backup", direct, target)["copied_bytes"]
                self.assertGreater(copied, many.nbytes)
                self.vexfsctl("collection", "restore", target, "again-" + direct)
                numpy.testing.assert_array_equal(self.vectors_of("again-" + direct), many)

    def test_what_is_there_is_replaced_only_when_asked_for(self):
        self.back_up()
        self.add(self.vectors[ROWS // 2:])
        refused = self.vexfsctl.failure("collection", "restore", self.target, "docs")
        self.assert_failure(refused, 6, "already_exists", "collection docs exists already")
        self.vexfsctl("collection", "restore", self.target, "docs", "--replace")
        numpy.testing.assert_array_equal(self.vectors_of("docs"), self.vectors[:ROWS // 2])

    def kill_in_the_middle(self):
        """Adds rows and kills their backup behind its first new file; the rows that were in and in the backup."""
        rows = ROWS // 2
        for attempt in range(20):  # a backup may be faster than the kill
            self.back_up()
            backed_up, rows = rows, rows + ROWS // 4
            self.add(self.vectors[:ROWS // 4] * (attempt + 2))
            before, last = set(self.logs()), (self.target / "MANIFEST").read_bytes()
            running = self.vexfsctl.start("collection", "backup", "docs", self.target)
            wait_for(lambda: set(self.logs()) - before or running.poll() is not None, "the first new file")
            running.kill()
            running.communicate()
            if running.returncode != 0 and (self.target / "MANIFEST").read_bytes() == last:
                return rows, backed_up
        self.fail("no kill came in the middle of a backup")

    def test_a_kill_in_the_middle_leaves_the_last_backup_and_the_next_goes_on(self):
        rows, backed_up = self.kill_in_the_middle()
        self.assertEqual(self.vexfsctl.json("collection", "restore", self.target, "half")["points"], backed_up)
        numpy.testing.assert_array_equal(self.vectors_of("half"), self.vectors_of("docs")[:backed_up])

        files = len(self.logs())
        self.assertEqual(self.back_up()["reused_files"], files)
        self.assertEqual(self.snapshots(), [])
        self.assertEqual(list(self.target.glob("*.part")), [])
        self.assertEqual(self.vexfsctl.json("collection", "restore", self.target, "whole")["points"], rows)
        numpy.testing.assert_array_equal(self.vectors_of("whole"), self.vectors_of("docs"))

    def test_a_snapshot_is_kept_when_asked_for(self):
        kept = self.back_up("--keep-snapshot")["snapshot"]
        self.assertEqual([row["snapshot"] for row in self.snapshots()], [kept])

    def assert_refused(self, code, message):
        failure = self.vexfsctl.failure("collection", "restore", self.target, "again")
        self.assertEqual(failure.code, code, failure.message)
        self.assertRegex(failure.message, message)
        self.assertEqual(self.vexfsctl.failure("collection", "info", "again").code, "not_found")
        self.assertEqual(os.listdir(self.daemon.data_dir / "collections"), ["docs"])

    def test_damage_is_refused_with_file_and_offset_and_leaves_nothing(self):
        self.back_up()
        log = self.logs()[1]
        whole = log.read_bytes()
        for at, offset in ((100_000, r"\d+"), (10, "0"), (4096, "4096")):
            log.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.assert_refused("corrupt", f"{log} at offset {offset}: ")
        log.write_bytes(whole[:-64])
        self.assert_refused("corrupt", f"{log} at offset {len(whole) - 64}: the file ends here")
        log.unlink()
        self.assert_refused("not_found", f"{log}")
        log.write_bytes(whole)
        self.vexfsctl("collection", "restore", self.target, "again")

    def test_a_directory_that_lies_is_refused(self):
        self.back_up()
        log, manifest = self.logs()[0], self.target / "MANIFEST"
        aside = self.directory / "aside"
        log.rename(aside)
        log.symlink_to(aside)
        self.assert_refused("corrupt", "is a symbolic link")
        log.unlink()
        os.mkfifo(log)
        self.assert_refused("corrupt", "is no plain file")
        log.unlink()
        # One file in the place of another, whole as it is.
        log.write_bytes(self.logs()[0].read_bytes())
        self.assert_refused("corrupt", f"{log} at offset")
        log.unlink()
        aside.rename(log)
        text = manifest.read_text()
        manifest.write_text(text.replace("00000001.log", "../../01.log"))
        self.assert_refused("corrupt", "fails its checksum")
        manifest.write_text(json.dumps({"collection": "docs"}))
        self.assert_refused("corrupt", "this is not a vexfs-backup file")

    def test_a_directory_is_one_collections_and_is_missing_where_it_is_mistyped(self):
        self.back_up()
        self.vexfsctl("collection", "create", "other", "--dimension", 2)
        failure = self.vexfsctl.failure("collection", "backup", "other", self.target)
        self.assert_failure(failure, 6, "already_exists", "holds a backup of the collection docs")
        absent = self.vexfsctl.failure("collection", "restore", self.directory / "absent", "x")
        self.assert_failure(absent, 3, "not_found", "absent")
        empty = self.directory / "empty"
        empty.mkdir()
        self.assert_failure(self.vexfsctl.failure("collection", "restore", empty, "x"), 3, "not_found",
                            "there is no backup in")


if __name__ == "__main__":
    unittest.main()
