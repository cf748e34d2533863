# SPDX-License-Identifier: Apache-2.0
"""Mistakes of people and files: each is told precisely, nothing of it is stored, and the daemon goes on."""
import json
import unittest

import numpy

from harness import EndToEnd


class BadInput(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(config="[server]\nmax_request_bytes = 65_536\n")
        self.pid = self.daemon.pid
        self.vexfsctl = self.ctl(self.daemon)
        self.vexfsctl("collection", "create", "docs", "--dimension", 4)
        self.good = numpy.random.default_rng(1).standard_normal((100, 4), numpy.float32)
        self.vexfsctl("import", "docs", self.file("good.npy", self.good))

    def file(self, name, array):
        path = self.directory / name
        numpy.save(path, array)
        return path

    def assert_refused(self, arguments, status, code, message, hint="^", **options):
        """vexfsctl fails so, and the daemon serves what it had."""
        failure = self.vexfsctl.failure(*arguments, **options)
        self.assert_failure(failure, status, code, message, hint)
        answer = self.vexfsctl.json("vector", "search", "docs", "--vector", json.dumps(self.good[3].tolist()))
        self.assertEqual(answer["hits"][0]["id"], 3)
        self.assertEqual(self.vexfsctl.json("collection", "info", "docs")["points"], 100)
        self.assertEqual(self.vexfsctl.json("health")["pid"], self.pid)

    def test_a_dimension_that_is_not_the_collections(self):
        other = self.file("other.npy", numpy.ones((3, 5), numpy.float32))
        self.assert_refused(("import", "docs", other), 5, "dimension_mismatch",
                            "other.npy has vectors of dimension 5, collection docs has dimension 4")
        for verb in ("search", "insert"):
            self.assert_refused(("vector", verb, "docs", "--vector", "[1,2,3]"), 5, "dimension_mismatch",
                                r"\b3\b.*docs has dimension 4")

    def test_values_that_are_not_finite(self):
        for value, name in ((numpy.nan, "nan"), (numpy.inf, "inf"), (-numpy.inf, "-inf")):
            bad = self.good.copy()
            bad[40, 2] = value
            self.assert_refused(("import", "docs", self.file("bad.npy", bad)), 5, "not_finite",
                                f"bad.npy: row 40, column 2 .* is {name}.*; 0 rows of .*bad.npy are in")
        with self.daemon.client() as client:
            with self.assertRaisesRegex(Exception, "^not_finite: .*40"):
                client.call("insert", {"vectors": bad}, collection="docs")
        self.assert_refused(("vector", "search", "docs", "--vector", "[1,2,1e99,4]"), 5, "not_finite", "float")

    def test_vectors_that_are_no_json(self):
        for text in ("[1,2,3", "words", "[1,2,\"3\",4]", "{}"):
            self.assert_refused(("vector", "search", "docs", "--vector", text), 5, "malformed", "--vector")

    def test_a_truncated_file(self):
        path = self.file("cut.npy", self.good)
        whole = path.read_bytes()
        for length, message in ((len(whole) - 5, "cut.npy"), (60, "cut.npy"), (3, "cut.npy")):
            path.write_bytes(whole[:length])
            self.assert_refused(("import", "docs", path), 5, "malformed", message)
        path.write_bytes(b"")
        self.assert_refused(("import", "docs", path), 5, "malformed", "cut.npy")

    def test_files_that_are_of_no_known_kind(self):
        path = self.directory / "vectors.parquet"
        path.write_bytes(b"PAR1")
        self.assert_refused(("import", "docs", path), 5, "invalid_argument", "vectors.parquet", ".npy")
        lying = self.directory / "lying.npy"
        lying.write_bytes(b"PAR1" * 100)
        self.assert_refused(("import", "docs", lying), 5, "malformed", "lying.npy")
        self.assert_refused(("import", "docs", self.file("words.npy", numpy.array(["a", "b"]))), 1, "unsupported",
                            "words.npy has dtype '<U1'", "astype")
        self.assert_refused(("import", "docs", self.file("cube.npy", numpy.ones((2, 2, 2), "<f4"))), 1,
                            "unsupported", "cube.npy has 3 dimensions")

    def test_files_that_are_not_there(self):
        absent = self.directory / "absent.npy"
        self.assert_refused(("import", "docs", absent), 3, "not_found", f"{absent}: No such file")
        self.assert_refused(("import", "docs", self.directory / "good.npy", "--ids", absent), 3, "not_found",
                            f"{absent}: No such file")
        self.assert_refused(("export", "docs", self.directory / "no/out.npy"), 3, "not_found", "no/out.npy")

    def test_metadata_and_ids_that_are_not_one_for_each_row(self):
        lines = self.directory / "lines.jsonl"
        lines.write_text("{}\n" * 99)
        good = self.directory / "good.npy"
        self.assert_refused(("import", "docs", good, "--metadata", lines, "--restart"), 5, "invalid_argument",
                            "lines.jsonl has 99 lines, and .*good.npy has 100 rows", "blank line")
        ids = self.file("ids.npy", numpy.arange(101))
        self.assert_refused(("import", "docs", good, "--ids", ids), 5, "invalid_argument",
                            "ids.npy has 101 ids, and .*good.npy has 100 rows")

    def test_a_collection_that_is_not_there(self):
        for arguments in (("collection", "info", "dogs"), ("vector", "search", "dogs", "--vector", "[1]"),
                          ("import", "dogs", self.directory / "good.npy"), ("stats", "dogs"),
                          ("export", "dogs", self.directory / "out.npy"), ("collection", "delete", "dogs")):
            self.assert_refused(arguments, 3, "not_found", "dogs")

    def test_a_request_that_is_larger_than_the_daemon_takes(self):
        large = self.file("large.npy", numpy.ones((10_000, 4), numpy.float32))
        self.assert_refused(("import", "docs", large), 5, "too_large",
                            "announces [0-9]+ bytes, at most 65536 are taken",
                            "server.max_request_bytes")

    def test_names_and_parameters_that_can_not_be(self):
        create = "collection", "create"
        for arguments, message in (((*create, "../up", "--dimension", 4), r"\.\./up"),
                                   ((*create, "x", "--dimension", 0), "dimension"),
                                   ((*create, "x", "--dimension", 65_537), "dimension"),
                                   ((*create, "x", "--dimension", 4, "--set", "m=0"), r"\bm\b"),
                                   ((*create, "x", "--dimension", 4, "--set", "mm=16"), "mm"),
                                   (("vector", "search", "docs", "--like", 3, "--limit", 10_001), "limit"),
                                   (("vector", "search", "docs", "--like", 3, "--filter", '{"a":{"$x":1}}'),
                                    r"\$x")):
            self.assert_refused(arguments, 5, "invalid_argument", message)
        self.assert_refused((*create, "docs", "--dimension", 4), 6, "already_exists", "docs")
        self.assert_refused((*create, "x", "--dimension", 4, "--preset", "balancd"), 3, "not_found",
                            "no preset balancd", 'did you mean "balanced"')


if __name__ == "__main__":
    unittest.main()
