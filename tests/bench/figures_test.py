# SPDX-License-Identifier: Apache-2.0
"""How figures come from curves: QPS at a recall, the best of rounds, ratios."""
import unittest

import figures


def points(*pairs):
    return [{"recall": recall, "qps": qps} for recall, qps in pairs]


def run(*pairs, vectors_per_second=100, indexed=50, resident=700):
    return {"points": points(*pairs),
            "build": {"vectors_per_second": vectors_per_second, "indexed_vectors_per_second": indexed,
                      "resident_bytes_per_vector": resident, "bytes_per_vector": resident - 400}}


class QpsAtRecall(unittest.TestCase):
    def test_between_two_points_the_logarithm_of_qps_is_linear_in_recall(self):
        curve = points((0.90, 10000), (1.00, 100))
        self.assertAlmostEqual(figures.qps_at_recall(curve, 0.95), 1000)
        self.assertAlmostEqual(figures.qps_at_recall(curve, 0.925), 10000 / 10**0.5)

    def test_at_a_point_it_is_the_points(self):
        self.assertAlmostEqual(figures.qps_at_recall(points((0.9, 800), (0.95, 500), (0.99, 100)), 0.95), 500)

    def test_the_order_of_points_does_not_matter(self):
        self.assertAlmostEqual(figures.qps_at_recall(points((1.00, 100), (0.90, 10000)), 0.95), 1000)

    def test_a_recall_that_is_not_reached_has_none(self):
        self.assertIsNone(figures.qps_at_recall(points((0.90, 10000), (0.94, 100)), 0.95))

    def test_where_all_points_are_above_the_fastest_counts(self):
        self.assertEqual(figures.qps_at_recall(points((0.97, 900), (0.99, 400)), 0.95), 900)

    def test_a_point_that_another_beats_in_both_is_left_out(self):
        disturbed = points((0.90, 10000), (0.949, 20), (1.00, 100))
        self.assertAlmostEqual(figures.qps_at_recall(disturbed, 0.95), 1000)

    def test_points_of_equal_recall_count_by_the_fastest(self):
        self.assertEqual(figures.frontier(points((1.0, 50), (1.0, 70), (0.9, 90))),
                         points((0.9, 90), (1.0, 70)))


class BestOfRounds(unittest.TestCase):
    slow = run((0.90, 9000), (1.00, 90), vectors_per_second=120, resident=710)
    fast = run((0.90, 10000), (1.00, 100), indexed=60, resident=690)

    def test_each_figure_is_the_best_of_any_round(self):
        best = figures.best_figures([self.slow, self.fast])
        self.assertAlmostEqual(best.pop("qps@0.95"), 1000)
        self.assertAlmostEqual(best.pop("qps@0.99"), 100 * 100**0.1)
        self.assertEqual(best, {"inserted/s": 120, "indexed/s": 60, "bytes/vector": 690, "bytes of index": 290})

    def test_a_round_that_missed_a_recall_does_not_hide_one_that_reached_it(self):
        missed = run((0.90, 9000), (0.98, 90))
        self.assertAlmostEqual(figures.best_figures([missed, self.fast])["qps@0.99"], 100 * 100**0.1)
        self.assertIsNone(figures.best_figures([missed])["qps@0.99"])

    def test_the_curve_drawn_is_the_fastest_at_the_hardest_recall(self):
        self.assertIs(figures.best_points([self.slow, self.fast]), self.fast["points"])


class Ratios(unittest.TestCase):
    def test_each_figure_is_over_the_references(self):
        self.assertEqual(figures.ratios({"qps": 300, "bytes": 50}, {"qps": 100, "bytes": 100}),
                         {"qps": 3.0, "bytes": 0.5})

    def test_what_either_lacks_has_none(self):
        self.assertEqual(figures.ratios({"a": None, "b": 1, "c": 1}, {"a": 1, "b": None}),
                         {"a": None, "b": None, "c": None})


if __name__ == "__main__":
    unittest.main()
