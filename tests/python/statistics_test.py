# SPDX-License-Identifier: Apache-2.0
"""Statistics are what was done."""
import unittest

from served import Served, rows, vexfs


class Statistics(Served):
    def test_a_collection_counts_what_was_done_in_it(self):
        docs = self.docs(dimension=64)
        ids = docs.insert_batch(rows(3000, 64))
        docs.optimize()
        for query in rows(20, 64, seed=2):
            docs.search(query)
        docs.delete_vectors(ids[:10])
        docs.update_metadata(ids[20], {"n": 1})
        stats = docs.get_stats()
        self.assertEqual((stats.vector_count, stats.search_count, stats.insert_count, stats.delete_count,
                          stats.update_count, stats.backlog_count), (2990, 20, 3000, 10, 1, 0))
        self.assertGreater(stats.disk_size_mb, 3000 * 64 * 4 / (1 << 20))
        self.assertGreater(stats.index_size_mb, 0)
        self.assertGreaterEqual(stats.max_search_time_ms, stats.avg_search_time_ms)
        self.assertGreater(stats.avg_search_time_ms, 0)
        self.assertEqual(stats.details["name"], docs.name)

    def test_vectors_that_are_not_indexed_yet_are_part_of_what_searches_go_through(self):
        docs = self.docs(dimension=64)
        docs.insert_batch(rows(100, 64))
        stats = docs.get_stats()
        self.assertEqual(stats.backlog_count, 100)
        self.assertGreaterEqual(stats.index_size_mb, 100 * 64 * 4 / (1 << 20))

    def test_a_query_that_comes_again_is_a_hit_of_the_cache(self):
        docs = self.docs()
        docs.insert_batch(rows(10, 2))
        before = self.client.get_stats()
        first = docs.search([0.5, 0.5])
        self.assertEqual(docs.search([0.5, 0.5]), first)
        stats = docs.get_stats()
        self.assertEqual((stats.cache_hits, stats.cache_misses, stats.search_count), (1, 1, 2))
        after = self.client.get_stats()
        self.assertEqual((after.cache_hits - before.cache_hits, after.cache_misses - before.cache_misses,
                          after.search_count - before.search_count), (1, 1, 2))
        docs.insert([0.5, 0.5])
        self.assertNotEqual(docs.search([0.5, 0.5]), first)

    def test_the_system_tells_of_the_daemon(self):
        before = self.client.get_stats()
        docs = self.docs()
        docs.insert_batch(rows(10, 2))
        stats = self.client.get_stats()
        self.assertEqual((stats.collection_count - before.collection_count, stats.insert_count - before.insert_count),
                         (1, 10))
        self.assertEqual(stats.version, vexfs.__version__)
        self.assertGreater(stats.memory_usage_mb, 1)
        if self.daemon:
            resident_kb, = (int(line.split()[1]) for line in open(f"/proc/{self.daemon.pid}/status")
                            if line.startswith("VmRSS:"))
            self.assertAlmostEqual(stats.memory_usage_mb, resident_kb / 1024, delta=20)

    def test_reads_and_writes_are_measured(self):
        docs = self.docs(durability="sync")
        before = docs.get_io_stats()
        for n in range(5):
            docs.insert([n, 0])
        stats = docs.get_io_stats()
        self.assertGreaterEqual(stats.details["syncs"] - before.details["syncs"], 5)
        self.assertGreater(stats.write_mb, before.write_mb)
        for figure in (stats.write_iops, stats.sync_iops, stats.avg_latency_ms, stats.sync_latency_ms):
            self.assertGreater(figure, 0)
        self.assertGreaterEqual(stats.read_iops, 0)
        self.assertEqual(stats.direct_io, "off")


if __name__ == "__main__":
    unittest.main()
