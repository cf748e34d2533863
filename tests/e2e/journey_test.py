# SPDX-License-Identifier: Apache-2.0
"""From an empty machine to answers: create, import, search, and change points, through a daemon."""
import unittest

import numpy

import words
from harness import EndToEnd, wait_for


class Journey(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        words.create_and_import(self.vexfsctl)

    def test_everything_imported_is_counted_at_once(self):
        info = self.vexfsctl.json("collection", "info", "words")
        self.assertEqual(info["points"], 10_000)
        self.assertEqual(info["schema"]["preset"], "balanced")
        self.assertEqual(info["indexed_points"] + info["backlog_rows"], 10_000)
        listed = self.vexfsctl.json("collection", "list")["collections"]
        self.assertEqual([(row["name"], row["points"]) for row in listed], [("words", 10_000)])

    def test_hits_carry_id_distance_and_metadata_and_are_the_nearest(self):
        base, metadata = words.vectors(), words.metadata()
        hits = self.vexfsctl.json("vector", "search", "words", "--like", 7, "--limit", 10)["hits"]
        truth = words.exact_neighbours(base, base[7:8], 11)[0][1:]  # the nearest is the word itself, left out
        self.assertGreaterEqual(words.recall([[hit["id"] for hit in hits]], [truth]), 0.9)
        distances = words.cosine_distances(base, base[7:8])[0]
        for hit in hits:
            self.assertEqual(hit["metadata"], metadata[hit["id"]])
            self.assertAlmostEqual(hit["distance"], distances[hit["id"]], places=4)
        self.assertEqual([hit["distance"] for hit in hits], sorted(hit["distance"] for hit in hits))

    def test_a_word_is_found_by_its_metadata_and_a_filter_narrows_the_hits(self):
        row = words.metadata().index({"word": "king"})
        by_word = self.vexfsctl.json("vector", "search", "words", "--like", "word=king", "--exact")["hits"]
        by_id = self.vexfsctl.json("vector", "search", "words", "--like", row, "--exact")["hits"]
        self.assertEqual(by_word, by_id)
        wanted = '{"word":{"$in":["queen","piano"]}}'
        narrowed = self.vexfsctl.json("vector", "search", "words", "--like", row, "--filter", wanted)["hits"]
        self.assertEqual([hit["metadata"]["word"] for hit in narrowed], ["queen", "piano"])

    def recall_of_a_batch(self):
        base = words.vectors()
        queries = base[numpy.arange(0, 10_000, 50)]
        with self.daemon.client() as client:
            results = client.call("search", {"vectors": queries}, collection="words", limit=10)["results"]
        found = [[hit["id"] for hit in hits] for hits in results]
        return words.recall(found, words.exact_neighbours(base, queries, 10))

    def test_recall_is_held_before_and_after_indexing(self):
        self.assertGreaterEqual(self.recall_of_a_batch(), 0.95)
        info = self.vexfsctl.json("collection", "optimize", "words")
        self.assertEqual((info["backlog_rows"], info["indexed_points"]), (0, 10_000))
        self.assertGreaterEqual(self.recall_of_a_batch(), 0.95)

    def test_a_profile_says_where_the_time_of_a_search_goes(self):
        self.vexfsctl("collection", "optimize", "words")
        search = ("vector", "search", "words", "--like", 7, "--limit", 20)
        profile = self.vexfsctl.json(*search, "--profile")
        parts = {part["part"]: part for part in profile["parts"]}
        self.assertEqual(list(parts), ["all", "transport", "request", "filter", "index", "scan", "reply"])
        self.assertEqual((profile["times"], parts["all"]["share"]), (20, 1))
        for part in parts.values():
            self.assertLessEqual(0, part["min_us"])
            self.assertLessEqual(part["min_us"], part["p50_us"])
            self.assertLessEqual(part["p50_us"], part["max_us"])
            self.assertLessEqual(part["max_us"], parts["all"]["max_us"])
        # Each time the parts are the whole.
        of_the_whole = sum(part["min_us"] for name, part in parts.items() if name != "all")
        self.assertLessEqual(of_the_whole, 1.001 * parts["all"]["min_us"])
        self.assertGreater(parts["index"]["p50_us"], 0)
        filtered = self.vexfsctl.json(*search, "--profile", "--filter", '{"word":{"$gt":"king"}}')
        self.assertGreater(filtered["plan"]["matches"], 0)
        shown = self.vexfsctl("-o", "plain", *search, "--profile")
        self.assertEqual([line.split("\t")[0] for line in shown.splitlines()], list(parts))

    def test_points_are_got_updated_and_deleted(self):
        point, = self.vexfsctl.json("vector", "get", "words", 42, "--with-vector")["points"]
        self.assertEqual(point["metadata"], words.metadata()[42])
        numpy.testing.assert_array_equal(numpy.float32(point["vector"]), words.vectors()[42])

        self.vexfsctl("vector", "update", "words", 42, "--metadata", '{"seen":true}')
        point, = self.vexfsctl.json("vector", "get", "words", 42)["points"]
        self.assertEqual(point["metadata"], words.metadata()[42] | {"seen": True})

        nearest = self.vexfsctl.json("vector", "search", "words", "--like", 41, "--limit", 1)["hits"][0]["id"]
        self.assertEqual(self.vexfsctl.json("vector", "delete", "words", nearest)["deleted"], 1)
        self.assert_failure(self.vexfsctl.failure("vector", "get", "words", nearest), 3, "not_found",
                            f"no point {nearest}")
        hits = self.vexfsctl.json("vector", "search", "words", "--like", 41, "--limit", 10)["hits"]
        self.assertNotIn(nearest, [hit["id"] for hit in hits])
        self.assertEqual(self.vexfsctl.json("collection", "info", "words")["points"], 9_999)

    def test_a_restart_keeps_everything(self):
        self.vexfsctl("vector", "delete", "words", 1, 2, 3)
        before = self.vexfsctl.json("vector", "search", "words", "--like", 7, "--exact")["hits"]
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.vexfsctl.json("collection", "info", "words")["points"], 9_997)
        self.assertEqual(self.vexfsctl.json("vector", "search", "words", "--like", 7, "--exact")["hits"], before)

    def test_importing_the_same_file_again_adds_nothing_unless_asked_to(self):
        again = self.vexfsctl.run("import", "words", words.VECTORS_FILE, "--metadata", words.METADATA_FILE)
        self.assertEqual(again.returncode, 0)
        self.assertIn("all 10000 rows", again.stderr)
        self.assertEqual(self.vexfsctl.json("collection", "info", "words")["points"], 10_000)
        self.vexfsctl("import", "words", words.VECTORS_FILE, "--restart")
        self.assertEqual(self.vexfsctl.json("collection", "info", "words")["points"], 20_000)

    def test_a_deleted_collection_is_gone(self):
        self.assertTrue(self.vexfsctl.json("collection", "delete", "words", "--yes")["deleted"])
        self.assertEqual(self.vexfsctl.json("collection", "list")["collections"], [])
        # Its files go with the last who uses them, such as the thread that indexes them.
        wait_for(lambda: not list((self.daemon.data_dir / "collections").iterdir()), "its files to go")


if __name__ == "__main__":
    unittest.main()
