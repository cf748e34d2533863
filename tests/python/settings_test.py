# SPDX-License-Identifier: Apache-2.0
"""Settings do what their names say, or tell that they don't."""
import inspect
import re
import threading
import unittest
from pathlib import Path

from served import Served, rows, vexfs


class Settings(Served):
    def schema(self, docs):
        schema = docs.get_stats().details["schema"]
        return {**schema, **schema["parameters"]}

    def told(self, why, function, *arguments, **more):
        with self.assertWarnsRegex(vexfs.SettingWarning, why) as told:
            result = function(*arguments, **more)
        self.assertEqual(Path(told.filename).parent, Path(__file__).parent)  # it names its caller
        return result

    def test_the_breadth_of_searches_is_configured(self):
        docs = self.docs(preset="balanced")
        docs.configure_search(ef_search=50)
        self.assertEqual((self.schema(docs)["ef_search"], docs.get_stats().target_recall), (50, 0))
        docs.configure_search(target_recall=0.9)
        self.assertEqual((self.schema(docs)["ef_search"], docs.get_stats().target_recall), (50, 0.9))
        self.assert_code("invalid_argument", docs.configure_search, ef_search=0)

    def test_the_use_of_the_disk_is_configured(self):
        docs = self.docs(durability="async")
        docs.configure_io(read_ahead_kb=512, sync_frequency=3, use_direct_io=True)
        schema = self.schema(docs)
        self.assertEqual((schema["read_ahead_kb"], schema["sync_frequency"], schema["use_direct_io"]), (512, 3, True))
        docs.configure_io(durability="group", write_batch_size=7)
        self.assertEqual((self.schema(docs)["durability"], self.schema(docs)["write_batch_size"]), ("group", 7))

    def test_direct_io_is_told_by_the_statistics(self):
        docs = self.docs(use_direct_io=True)
        self.assertEqual(docs.get_io_stats().direct_io, "not used yet")
        docs.insert_batch(rows(2000, 2))
        docs.optimize()
        self.assertIn(docs.get_io_stats().direct_io, ("on", "refused by the file system"))

    def test_what_depends_on_the_durability_is_told(self):
        docs = self.docs()
        self.told("sync_frequency has no effect: it is for the durability async, this collection's is group",
                  docs.configure_io, sync_frequency=10)
        self.told("write_batch_size has no effect", docs.configure, durability="sync", write_batch_size=10)

    def test_parameters_of_another_algorithm_are_told(self):
        lsh = self.told("ef_construction has no effect: the algorithm lsh has none", self.docs, algorithm="lsh",
                        parameters={"ef_construction": 100})
        self.told("max_m has no effect: the algorithm lsh has none", lsh.configure, ef_search=5, max_m=32)

    def test_what_a_graph_that_is_built_in_bulk_does_not_have_is_told(self):
        docs = self.told("m has no effect: the graph of the metric euclidean is built in bulk", self.docs,
                         parameters={"m": 8})
        self.told("ml has no effect", docs.reindex, ml=1.5)

    def test_what_no_collection_has_is_told(self):
        docs = self.told("cache_size has no effect: .*queries.cache_bytes", self.docs, cache_size="2.5GB")
        self.told("io_workers has no effect", docs.configure_parallelism, insert_workers=2, search_workers=1,
                  io_workers=4)

    def test_nothing_is_told_of_what_has_an_effect(self):
        docs = self.docs(distance_metric="manhattan", parameters={"m": 8, "ml": "auto"}, max_m=20)
        docs.configure(ef_search=10, durability="async", sync_frequency=5)
        docs.configure_parallelism(insert_workers=2, search_workers=2)

    def test_workers_have_requests_under_way_side_by_side(self):
        docs = self.docs()
        docs.configure_parallelism(insert_workers=3, search_workers=3)
        together = threading.Barrier(3, timeout=60)
        calls = docs._calls

        def waiting(operation, *arguments, **more):
            together.wait()  # only passes when three are there
            return calls(operation, *arguments, **more)

        docs._calls = waiting
        self.assertEqual(len(docs.insert_batch(rows(30, 2), batch_size=10)), 30)
        self.assertEqual(len(docs.search_batch(rows(30, 2), limit=1)), 30)
        self.assert_code("invalid_argument", docs.configure_parallelism, insert_workers=-1)

    def test_the_best_instructions_are_always_on(self):
        docs = self.docs()
        simd = self.client.get_stats().simd
        if simd == "scalar":
            self.told("SIMD has no effect", docs.enable_simd_optimization)
        else:
            self.assertEqual(docs.enable_simd_optimization(True), simd)
        self.assert_code("unsupported", docs.enable_simd_optimization, False)

    def test_a_setting_that_there_is_not_is_an_error(self):
        self.assert_code("invalid_argument", self.docs().configure, ef_serach=10)

    def test_the_index_is_built_anew(self):
        docs = self.docs()
        docs.insert_batch(rows(2000, 2))
        docs.reindex("lsh", {"num_tables": 3})
        self.assertEqual((docs.algorithm, self.schema(docs)["num_tables"]), ("lsh", 3))
        docs.reindex(preset="balanced")
        self.assertEqual((docs.algorithm, docs.get_stats().target_recall), ("hnsw", 0.96))
        self.assertEqual(len(docs.search([0.5, 0.5])), 10)

    def test_every_setting_is_described_where_it_is_set(self):
        for function in (vexfs.Client.create_collection, vexfs.Collection.configure_io,
                         vexfs.Collection.configure_search, vexfs.Collection.configure_parallelism):
            for name in list(inspect.signature(function).parameters)[1:]:
                if name in ("name", "more_parameters"):
                    continue
                self.assertTrue(re.search(rf"^ *{name}  ", function.__doc__, re.MULTILINE) or
                                f"{name} is" in function.__doc__ or name == "dimension", (function, name))


if __name__ == "__main__":
    unittest.main()
