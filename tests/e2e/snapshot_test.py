# SPDX-License-Identifier: Apache-2.0
"""Snapshots of collections, and collections made of them."""
import unittest

from harness import Ctl, EndToEnd


class Snapshot(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "docs", "--dimension", 2)
        self.insert("docs", 1, 2, 3)

    def insert(self, name, *ids):
        for identity in ids:
            self.vexfsctl("vector", "insert", name, "--vector", f"[{identity},1]", "--id", identity)

    def points(self, name):
        return self.vexfsctl.json("collection", "info", name)["points"]

    def test_a_snapshot_is_restored_under_another_name_or_in_place(self):
        made = self.vexfsctl.json("collection", "snapshot", "create", "docs", "monday")
        self.assertEqual((made["snapshot"], made["points"], made["created"]), ("monday", 3, True))
        self.insert("docs", 4)
        self.vexfsctl("vector", "delete", "docs", 1)
        self.vexfsctl("collection", "snapshot", "restore", "docs", "monday", "--as", "then")
        self.assertEqual((self.points("docs"), self.points("then")), (3, 3))
        self.assertEqual(self.vexfsctl.json("vector", "get", "then", 1)["points"][0]["id"], 1)
        refused = self.vexfsctl.failure("collection", "snapshot", "restore", "docs", "monday")
        self.assert_failure(refused, 6, "already_exists", "collection docs exists already")
        self.vexfsctl("collection", "snapshot", "restore", "docs", "monday", "--replace")
        self.vexfsctl("vector", "get", "docs", 1)
        self.assertEqual(self.vexfsctl.failure("vector", "get", "docs", 4).code, "not_found")

    def test_snapshots_are_listed_in_each_format_and_outlive_their_collection(self):
        self.vexfsctl("collection", "snapshot", "create", "docs", "a")
        self.vexfsctl("collection", "snapshot", "create", "docs")
        rows = self.vexfsctl.json("collection", "snapshot", "list")["snapshots"]
        self.assertEqual([row["collection"] for row in rows], ["docs", "docs"])
        self.assertRegex(rows[0]["snapshot"], r"^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$")
        self.assertEqual(rows[1]["snapshot"], "a")
        self.assertGreater(rows[1]["shared_bytes"], 0)
        table = self.vexfsctl("collection", "snapshot", "list", "docs").splitlines()
        self.assertEqual(table[0].split(), ["COLLECTION", "SNAPSHOT", "CREATED", "POINTS", "OWN", "SHARED"])
        plain = self.vexfsctl("-o", "plain", "collection", "snapshot", "list", "docs").splitlines()
        self.assertEqual(plain[1].split("\t")[:2], ["docs", "a"])

        deleted = self.vexfsctl.run("collection", "delete", "docs")
        self.assertIn("2 snapshots of docs are kept", deleted.stderr)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(len(self.vexfsctl.json("collection", "snapshot", "list", "docs")["snapshots"]), 2)
        self.vexfsctl("collection", "snapshot", "restore", "docs", "a")
        self.assertEqual(self.points("docs"), 3)

    def test_the_same_command_again_is_an_error_unless_it_is_told_not_to_be(self):
        create, delete = (("collection", "snapshot", verb, "docs", "a") for verb in ("create", "delete"))
        self.vexfsctl(*create)
        self.assert_failure(self.vexfsctl.failure(*create), 6, "already_exists", "has a snapshot a already")
        self.assertIs(self.vexfsctl.json(*create, "--if-not-exists")["created"], False)
        self.assertIs(self.vexfsctl.json(*delete)["deleted"], True)
        self.assert_failure(self.vexfsctl.failure(*delete), 3, "not_found", "has no snapshot a")
        self.assertIs(self.vexfsctl.json(*delete, "--if-exists")["deleted"], False)
        self.assertEqual(self.vexfsctl.failure("collection", "snapshot", "list", "dcos").code, "not_found")

    def test_a_directory_without_a_daemon_has_snapshots_as_well(self):
        embedded = Ctl("--embedded", self.directory / "embedded")
        embedded("collection", "create", "docs", "--dimension", 2)
        embedded("collection", "snapshot", "create", "docs", "a")
        embedded("collection", "snapshot", "restore", "docs", "a", "--as", "b")
        self.assertEqual(embedded.json("collection", "info", "b")["points"], 0)


if __name__ == "__main__":
    unittest.main()
