# SPDX-License-Identifier: Apache-2.0
"""`vexfsctl bench ann` tells recall and speed, and keeps what it found so that anyone can check."""
import unittest

import numpy

import words
from harness import Ctl, EndToEnd

LIMIT = 10


class BenchAnn(EndToEnd):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(11)
        self.base = words.vectors()
        # Near words, but none of them.
        picked = self.base[random.choice(len(self.base), 400, replace=False)]
        self.queries = picked + random.standard_normal(picked.shape, numpy.float32) * picked.std() / 2
        self.truth = words.exact_neighbours(self.base, self.queries, 20)
        self.files = {name: self.directory / f"{name}.npy" for name in ("queries", "truth", "results")}
        numpy.save(self.files["queries"], self.queries)
        numpy.save(self.files["truth"], self.truth.astype(numpy.int64))

    def bench(self, *options):
        return ("bench", "ann", "--base", words.VECTORS_FILE, "--queries", self.files["queries"], "--truth",
                self.files["truth"], "--metric", "cosine", "--preset", "balanced", *options)

    def test_a_sweep_tells_recall_and_speed_for_each_ef_search(self):
        answer = Ctl().json(*self.bench("--ef-sweep", "10,40,160", "--threads", 2,
                                        "--results", self.files["results"]))
        build = answer["build"]
        self.assertEqual(list(build), ["seconds", "vectors_per_second", "indexed_vectors_per_second",
                                       "bytes_per_vector", "threads"])
        self.assertEqual(build["threads"], 2)
        # Inserted first, then covered by the index, then refined.
        self.assertGreaterEqual(build["vectors_per_second"] + 1, build["indexed_vectors_per_second"])
        self.assertGreaterEqual(build["indexed_vectors_per_second"] + 1, len(self.base) / build["seconds"])
        self.assertGreater(build["bytes_per_vector"], 0)

        points = answer["points"]
        self.assertEqual([point["ef_search"] for point in points], [10, 40, 160])
        for point in points:
            self.assertEqual(list(point), ["ef_search", "path", "recall", "qps", "p50_us", "p99_us"])
            self.assertEqual(point["path"], "graph")
            self.assertGreater(point["qps"], 0)
            self.assertLessEqual(point["p50_us"], point["p99_us"])
        self.assertEqual(sorted(point["recall"] for point in points), [point["recall"] for point in points])
        self.assertGreaterEqual(points[-1]["recall"], 0.95)

        results = numpy.load(self.files["results"])
        self.assertEqual((results.dtype, results.shape), (numpy.int64, (len(self.queries), LIMIT)))
        self.assertAlmostEqual(words.recall(results, self.truth[:, :LIMIT]), points[-1]["recall"], places=5)

    def test_several_threads_find_what_one_does(self):
        answer = Ctl().json(*self.bench("--ef-sweep", "160", "--search-threads", 3,
                                        "--results", self.files["results"]))
        self.assertEqual(answer["search_threads"], 3)
        results = numpy.load(self.files["results"])
        self.assertAlmostEqual(words.recall(results, self.truth[:, :LIMIT]), answer["points"][0]["recall"],
                               places=5)
        self.assertGreaterEqual(answer["points"][0]["recall"], 0.95)

    def test_without_a_sweep_the_preset_decides(self):
        point, = Ctl().json(*self.bench())["points"]
        self.assertGreaterEqual(point["recall"], 0.95)

    def test_a_truth_of_another_shape_is_refused(self):
        numpy.save(self.files["truth"], self.truth[:-1].astype(numpy.int64))
        self.assert_failure(Ctl().failure(*self.bench()), 5, "invalid_argument",
                            r"truth.npy has the shape \[399, 20\]")

    def test_nothing_is_left_in_the_directory_it_was_given(self):
        embedded = Ctl("--embedded", self.directory / "data")
        embedded(*self.bench())
        self.assertEqual(embedded.json("collection", "list")["collections"], [])


if __name__ == "__main__":
    unittest.main()
