# SPDX-License-Identifier: Apache-2.0
"""The ingest is measured whole, over few vectors; fio's part by what it is asked."""
import tempfile
import unittest
from unittest import mock

import numpy

import fio
import ingest


class Ingest(unittest.TestCase):
    def test_a_small_ingest_has_all_figures_and_finds_what_was_acknowledged(self):
        with tempfile.TemporaryDirectory() as directory, \
                mock.patch("fio.bytes_per_second", return_value=1e8) as disk:
            options = ingest.arguments(["--directory", directory, "--batch", "50", "--set", "ef_search=50",
                                        "--searches-per-second", "200"])
            row, missing = ingest.measure(ingest.clustered(5000, 16, 10), options)
            wanted = disk.call_args.args[1]
        self.assertEqual(missing, 0)
        found, asked = row["found"].split("/")
        self.assertEqual(found, asked)
        self.assertGreater(int(asked), 0)
        self.assertEqual(wanted["records"], 100)
        self.assertGreater(wanted["record_bytes"], 50 * 16 * 4)
        self.assertGreaterEqual(wanted["records_per_sync"], 1)
        for figure in ("vectors/s", "syncs", "p50 ms", "p99 ms", "restart s"):
            self.assertGreater(float(row[figure].split()[0].replace(",", "")), 0, figure)

    def test_fio_syncs_as_often_as_the_log_did(self):
        wanted = fio.pattern({"log_bytes": 1_000_000, "log_syncs": 50}, 100)
        self.assertEqual(wanted, {"record_bytes": 10_000, "records": 100, "records_per_sync": 2})
        self.assertEqual(fio.pattern({"log_bytes": 1000, "log_syncs": 0}, 10)["records_per_sync"], 10)

    def test_synthetic_vectors_are_the_same_each_time_and_lie_in_clusters(self):
        vectors = ingest.clustered(2000, 16, 5)
        numpy.testing.assert_array_equal(vectors, ingest.clustered(2000, 16, 5))
        distances = numpy.linalg.norm(vectors[:1] - vectors[1:], axis=1)
        near = numpy.sort(distances)[:200].mean()  # of its own cluster, which has some 400
        self.assertLess(near, 0.8 * distances.mean())


if __name__ == "__main__":
    unittest.main()
