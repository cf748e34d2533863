# SPDX-License-Identifier: Apache-2.0
"""Searches and what they find."""
import os
import threading
import unittest

import numpy as np
from served import Served, rows


class Searching(Served):
    def setUp(self):
        super().setUp()
        self.line = self.docs()
        self.line.insert_batch([[n, 0] for n in range(10)], [{"n": n} for n in range(10)])

    def ids(self, hits):
        return [hit.id for hit in hits]

    def test_hits_are_the_nearest_in_their_order(self):
        hits = self.line.search(vector=np.array([3.1, 0]), limit=3)
        self.assertEqual(self.ids(hits), [3, 4, 2])
        self.assertAlmostEqual(hits[1].distance, 0.9, places=5)
        self.assertEqual(hits[0].metadata, {"n": 3})
        self.assertIsNone(hits[0].vector)
        self.assertEqual(len(self.line.search([0, 0])), 10)

    def test_vectors_come_where_they_are_asked_for_and_metadata_unless_not(self):
        hit, = self.line.search([3, 0], limit=1, include_vectors=True, include_metadata=False)
        self.assertEqual((hit.vector.tolist(), hit.vector.dtype, hit.metadata), ([3, 0], np.float32, None))

    def test_a_filter_is_held(self):
        hits = self.line.search([0, 0], limit=3, filter={"$and": [{"n": {"$gte": 5}}, {"n": {"$ne": 6}}]})
        self.assertEqual(self.ids(hits), [5, 7, 8])
        self.assert_code("invalid_argument", self.line.search, [0, 0], filter={"n": {"$near": 1}})

    def test_many_queries_are_answered_in_their_order(self):
        queries = [[n + 0.1, 0] for n in range(10)]
        for workers in (0, 1, 4):
            self.line.configure_parallelism(search_workers=workers)
            found = self.line.search_batch(queries, limit=2, include_vectors=True)
            self.assertEqual([hits[0].id for hits in found], list(range(10)))
            self.assertEqual(found[7][1].vector.tolist(), [8, 0])
        self.assertEqual(self.line.search_batch(np.zeros((0, 2), "f4")), [])

    def test_more_hits_than_one_request_may_have_come_in_several(self):
        self.line.insert_batch(rows(2000, 2))
        found = self.line.search_batch(rows(120, 2), limit=2000, include_metadata=False)
        self.assertEqual({len(hits) for hits in found}, {2000})

    def test_a_range_has_all_within_the_distance(self):
        self.assertEqual(sorted(self.ids(self.line.search_range([3, 0], 1.5))), [2, 3, 4])
        self.assertEqual(self.ids(self.line.search_range([3, 0], max_distance=5, limit=1)), [3])
        self.assertEqual(self.ids(self.line.search_range([3, 0], 2, filter={"n": {"$gt": 4}})), [5])

    def test_an_exact_search_finds_what_comparing_with_all_finds(self):
        docs = self.line
        vectors = rows(3000, 2, seed=3) + 20
        ids = docs.insert_batch(vectors)
        nearest = np.argsort(((vectors - 20.5) ** 2).sum(1))[:20]
        self.assertEqual(self.ids(docs.search([20.5, 20.5], 20, exact=True)), [ids[n] for n in nearest])

    def test_limits_are_those_of_the_daemon(self):
        self.assert_code("invalid_argument", self.line.search, [0, 0], limit=0)
        self.assert_code("invalid_argument", self.line.search, [0, 0], limit=10_001)
        self.assert_code("invalid_argument", self.line.search, [0, 0], ef_search=0)

    def test_threads_share_a_client(self):
        wrong = []

        def search(n):
            for _ in range(50):
                if self.ids(self.line.search([n, 0], limit=1)) != [n]:
                    wrong.append(n)

        threads = [threading.Thread(target=search, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_a_process_that_was_forked_has_answers_of_its_own(self):
        self.line.search([1, 0])
        child = os.fork()
        if child == 0:
            try:
                right = all(self.ids(self.line.search([5, 0], limit=1)) == [5] for _ in range(100))
            finally:
                os._exit(0 if right else 1)
        for _ in range(100):
            self.assertEqual(self.ids(self.line.search([2, 0], limit=1)), [2])
        self.assertEqual(os.waitpid(child, 0)[1], 0)


if __name__ == "__main__":
    unittest.main()
