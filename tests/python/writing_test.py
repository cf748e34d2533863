# SPDX-License-Identifier: Apache-2.0
"""Points: inserted, replaced, changed, deleted."""
import contextlib
import io
import unittest

import numpy as np
from served import Served, rows, vexfs


class Writing(Served):
    def test_a_point_comes_back_as_it_was_inserted(self):
        docs = self.docs(dimension=3)
        id = docs.insert(vector=np.array([1, 2, 3]), metadata={"word": "king\nor queen", "n": np.int64(7)})
        point = docs.get_vector(id)
        self.assertEqual((point.id, point.vector.tolist(), point.metadata),
                         (id, [1, 2, 3], {"word": "king\nor queen", "n": 7}))
        self.assertIsNone(docs.get_vector(docs.insert([4, 5, 6])).metadata)

    def test_ids_are_assigned_or_given(self):
        docs = self.docs()
        self.assertEqual(docs.insert([1, 1], id=2**64 - 2), 2**64 - 2)
        self.assertEqual(docs.insert_batch([[1, 2], [3, 4]], ids=[7, 5]), [7, 5])
        self.assert_code("already_exists", docs.insert, [1, 1], id=7)
        self.assertEqual(docs.insert([9, 9], id=7, replace=True), 7)
        self.assertEqual(docs.get_vector(7).vector.tolist(), [9, 9])
        self.assert_code("invalid_argument", docs.insert, [1, 1], id=-1)

    def test_a_batch_goes_in_in_parts_and_keeps_its_order(self):
        docs = self.docs(dimension=8)
        vectors = rows(1050, 8)
        ids = docs.insert_batch(vectors, [{"n": n} if n % 2 else None for n in range(1050)], batch_size=100)
        self.assertEqual(ids, list(range(1050)))
        self.assertEqual(docs.get_stats().vector_count, 1050)
        for n in (0, 99, 100, 1049):
            point = docs.get_vector(ids[n])
            np.testing.assert_array_equal(point.vector, vectors[n])
            self.assertEqual(point.metadata, {"n": n} if n % 2 else None)

    def test_batches_go_in_side_by_side(self):
        docs = self.docs(dimension=8)
        docs.configure_parallelism(insert_workers=4)
        vectors = rows(1000, 8)
        ids = docs.insert_batch(vectors, [{"n": n} for n in range(1000)], batch_size=30)
        self.assertEqual(sorted(ids), list(range(1000)))
        for n in (0, 29, 30, 777, 999):
            point = docs.get_vector(ids[n])
            np.testing.assert_array_equal(point.vector, vectors[n])
            self.assertEqual(point.metadata, {"n": n})

    def test_an_empty_batch_is_no_error(self):
        self.assertEqual(self.docs().insert_batch(np.zeros((0, 2), "f4")), [])

    def test_a_batch_that_fails_in_the_middle_tells_what_is_in(self):
        docs = self.docs()
        docs.insert([0, 0], id=25)
        for workers in (1, 3):
            docs.configure_parallelism(insert_workers=workers)
            error = self.assert_code("already_exists", docs.insert_batch, rows(40, 2), batch_size=10,
                                     ids=list(range(40)))
            self.assertLessEqual(set(range(20)), set(error.inserted_ids))
            self.assertFalse(set(range(20, 30)) & set(error.inserted_ids))
            self.assertEqual(docs.delete_vectors(error.inserted_ids), len(error.inserted_ids))
            self.assertEqual(docs.get_stats().vector_count, 1)

    def test_a_stream_of_points_goes_in_as_it_comes(self):
        docs = self.docs()
        stream = (point for point in ([1, 1], ([2, 2], {"n": 2}), {"vector": np.array([3, 3]), "metadata": {"n": 3}},
                                      {"vector": (4, 4)}))
        self.assertEqual(docs.insert_stream(stream, batch_size=3), 4)
        self.assertEqual([docs.get_vector(id).metadata for id in range(4)], [None, {"n": 2}, {"n": 3}, None])
        self.assertEqual(docs.insert_stream({"vector": [5, 5], "id": 50 + n} for n in range(5)), 5)
        self.assertEqual(docs.get_vector(54).vector.tolist(), [5, 5])
        self.assert_code("invalid_argument", docs.insert_stream, [{"vector": [1, 1], "id": 1}, [2, 2]])
        self.assert_code("invalid_argument", docs.insert_stream, [{"vectors": [1, 1]}])

    def test_progress_is_shown_on_standard_error(self):
        docs = self.docs()
        with contextlib.redirect_stderr(io.StringIO()) as shown:
            docs.insert_batch(rows(2500, 2), batch_size=1000, show_progress=True)
        self.assertRegex(shown.getvalue(), rf"{docs.name}: 2,500 of 2,500 vectors, [\d,]+/s\n$")
        with contextlib.redirect_stderr(io.StringIO()) as shown:
            docs.insert_batch(rows(10, 2))
        self.assertEqual(shown.getvalue(), "")

    def test_vectors_of_another_dimension_are_refused(self):
        docs = self.docs()
        for call in (lambda: docs.insert([1, 2, 3]), lambda: docs.insert_batch(np.zeros((2, 3))),
                     lambda: docs.search([1]), lambda: docs.insert_batch([[1, 2], [1]]),
                     lambda: docs.insert([[1, 2], [3, 4]]), lambda: docs.insert("king")):
            with self.assertRaises(vexfs.VectorDimensionError):
                call()
        self.assertEqual(docs.get_stats().vector_count, 0)

    def test_what_is_no_number_is_refused(self):
        docs = self.docs()
        self.assert_code("not_finite", docs.insert, [1, float("nan")])
        with self.assertRaises(ValueError):
            docs.insert([1, 2], metadata={"score": float("inf")})
        self.assert_code("invalid_argument", docs.insert_batch, rows(2, 2), metadata=[{}])

    def test_metadata_are_merged_or_replaced(self):
        docs = self.docs()
        id = docs.insert([1, 2], {"a": 1, "b": 2})
        docs.update_metadata(id, {"b": None, "c": 3})
        self.assertEqual(docs.get_vector(id).metadata, {"a": 1, "c": 3})
        docs.update_metadata(id, {"d": 4}, replace=True)
        self.assertEqual(docs.get_vector(id).metadata, {"d": 4})
        self.assert_code("not_found", docs.update_metadata, id + 1, {})

    def test_a_deleted_point_is_gone(self):
        docs = self.docs()
        ids = docs.insert_batch(rows(5, 2))
        self.assertTrue(docs.delete_vector(ids[0]))
        self.assertFalse(docs.delete_vector(ids[0]))
        self.assertEqual(docs.delete_vectors(ids), 4)
        self.assert_code("not_found", docs.get_vector, ids[1])

    def test_large_batches_arrive_whole(self):
        docs = self.docs(dimension=1000)
        vectors = rows(8000, 1000)
        ids = docs.insert_batch(vectors, batch_size=8000)
        for n in (0, 4321, 7999):
            np.testing.assert_array_equal(docs.get_vector(ids[n]).vector, vectors[n])


if __name__ == "__main__":
    unittest.main()
