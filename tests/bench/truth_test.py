# SPDX-License-Identifier: Apache-2.0
"""The truth that recall is measured by, and the data that uniform.py makes with it."""
import tempfile
import unittest
from pathlib import Path

import numpy

import truth
import uniform


def by_definition(base, queries, metric, limit):
    """Written down as the metrics are defined, a query at a time, in double precision."""
    base, queries = base.astype(numpy.float64), queries.astype(numpy.float64)
    norm = numpy.linalg.norm
    far = {"euclidean": lambda query: norm(base - query, axis=1),
           "dot": lambda query: -(base @ query),
           "cosine": lambda query: 1 - base @ query / norm(base, axis=1) / norm(query)}
    return numpy.array([numpy.argsort(far[metric](query), kind="stable")[:limit] for query in queries])


class ExactNeighbours(unittest.TestCase):
    def test_they_are_the_nearest_by_each_metric_across_blocks(self):
        random = numpy.random.default_rng(5)
        base = random.standard_normal((truth.ROWS_AT_ONCE + 1000, 8), numpy.float32)
        queries = random.standard_normal((20, 8), numpy.float32)
        for metric in truth.METRICS:
            with self.subTest(metric):
                numpy.testing.assert_array_equal(truth.exact_neighbours(base, queries, metric, 15),
                                                 by_definition(base, queries, metric, 15))

    def test_of_equally_near_ones_the_first_row_comes_first(self):
        base = numpy.ones((10 + truth.SPARE, 4), numpy.float32)
        numpy.testing.assert_array_equal(truth.exact_neighbours(base, base[:1], "euclidean", 10), [range(10)])


class Uniform(unittest.TestCase):
    def test_it_writes_normalised_positive_vectors_other_queries_and_their_truth(self):
        with tempfile.TemporaryDirectory() as directory:
            uniform.make(directory, rows=500, queries=20, dimension=16, limit=10, seed=3)
            base, queries, found = (numpy.load(Path(directory) / f"{name}.npy")
                                    for name in ("base", "queries", "truth"))
        self.assertEqual((base.shape, base.dtype), ((500, 16), numpy.float32))
        self.assertEqual(queries.shape, (20, 16))
        numpy.testing.assert_allclose(numpy.linalg.norm(base, axis=1), 1, rtol=1e-5)
        self.assertGreaterEqual(base.min(), 0)
        self.assertFalse((queries[:, None] == base[None]).all(axis=2).any())
        numpy.testing.assert_array_equal(found, by_definition(base, queries, "cosine", 10))


if __name__ == "__main__":
    unittest.main()
