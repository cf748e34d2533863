# SPDX-License-Identifier: Apache-2.0
"""Collections: made, found, listed, deleted."""
import os
import unittest

import numpy as np
from served import Served, vexfs


class Collections(Served):
    def test_one_that_is_made_is_listed_and_found_until_it_is_deleted(self):
        made = self.docs(dimension=3, distance_metric="cosine")
        self.assertIn(made.name, self.client.list_collections())
        found = self.client.get_collection(made.name)
        self.assertEqual((found.name, found.dimension, found.algorithm, found.distance_metric),
                         (made.name, 3, "hnsw", "cosine"))
        self.client.delete_collection(made.name)
        self.assertNotIn(made.name, self.client.list_collections())
        self.assertFalse(os.path.exists(self.mount / made.name))

    def test_parameters_are_those_of_the_daemon(self):
        docs = self.docs(algorithm="lsh", parameters={"num_tables": np.int64(5), "projection_type": "learned"},
                         bucket_size=50, durability="async")
        schema = docs.get_stats().details["schema"]
        self.assertEqual((schema["algorithm"], schema["durability"]), ("lsh", "async"))
        self.assertEqual({name: schema["parameters"][name] for name in ("num_tables", "projection_type", "bucket_size")},
                         {"num_tables": 5, "projection_type": "learned", "bucket_size": 50})

    def test_a_preset_brings_its_parameters(self):
        stats = self.docs(preset="high-recall").get_stats()
        self.assertEqual(stats.target_recall, 0.99)
        self.assertEqual(stats.details["schema"]["preset"], "high-recall")

    def test_a_name_that_is_taken_is_an_error_unless_it_is_welcome(self):
        docs = self.docs()
        self.assert_code("already_exists", self.client.create_collection, docs.name, 2, distance_metric="euclidean")
        again = self.client.create_collection(docs.name, 2, distance_metric="euclidean", exist_ok=True)
        self.assertEqual(again.name, docs.name)

    def test_one_that_there_is_not_is_not_found_by_any_call(self):
        docs = self.docs()
        self.client.delete_collection(docs.name)
        for call in (lambda: self.client.get_collection(docs.name), lambda: self.client.delete_collection(docs.name),
                     lambda: docs.insert([1, 2]), lambda: docs.search([1, 2]), docs.get_stats, docs.get_io_stats,
                     lambda: docs.get_vector(1), lambda: docs.update_metadata(1, {}),
                     lambda: docs.configure(ef_search=9)):
            with self.assertRaises(vexfs.CollectionNotFoundError):
                call()

    def test_what_the_daemon_refuses_is_an_error_in_its_words(self):
        error = self.assert_code("invalid_argument", self.client.create_collection, "docs", 0)
        self.assertIn("dimension must be a whole number", str(error))
        error = self.assert_code("invalid_argument", self.client.create_collection, "docs", 2, parameters={"m": 1})
        self.assertIn("m must be a whole number from 2 to 128", str(error))
        error = self.assert_code("not_found", self.client.create_collection, "docs", 2, preset="frugal")
        self.assertNotIsInstance(error, vexfs.CollectionNotFoundError)

    def test_a_path_without_a_mount_is_told_at_once(self):
        with self.assertRaisesRegex(vexfs.VexFSError, f"no VexFS is mounted on {self.mount.parent}"):
            vexfs.Client(str(self.mount.parent))

    def test_a_client_that_was_closed_opens_again(self):
        with vexfs.Client(str(self.mount)) as client:
            client.list_collections()
        self.assertIsInstance(client.list_collections(), list)


if __name__ == "__main__":
    unittest.main()
