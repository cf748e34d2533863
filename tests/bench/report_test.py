# SPDX-License-Identifier: Apache-2.0
"""The tables, and how they get into README.md."""
import unittest

import report


class Table(unittest.TestCase):
    def test_columns_are_aligned_names_left_and_numbers_right(self):
        self.assertEqual(report.table(["system", "qps"], [["a", "1,000"], ["longer-name", "7"]]),
                         "| system      |   qps |\n"
                         "| :---------- | ----: |\n"
                         "| a           | 1,000 |\n"
                         "| longer-name |     7 |")


class Comparison(unittest.TestCase):
    def test_each_figure_stands_with_its_ratio_to_the_reference(self):
        text = report.comparison({"vexfs": {"qps": 2500.0}, "hnswlib-16": {"qps": 1000.0}}, "hnswlib-16")
        self.assertIn("| vexfs      | 2,500 (2.50x) |", text)
        self.assertIn("| hnswlib-16 | 1,000 (1.00x) |", text)

    def test_without_the_reference_there_are_no_ratios(self):
        self.assertIn("| vexfs  | 2,500 |", report.comparison({"vexfs": {"qps": 2500.0}}, "hnswlib-16"))

    def test_a_recall_that_was_not_reached_is_a_dash(self):
        text = report.comparison({"vexfs": {"qps": None}, "hnswlib-16": {"qps": 10.0}}, "hnswlib-16")
        self.assertRegex(text, r"\| vexfs +\| +- \|")


class Section(unittest.TestCase):
    text = "before\n<!-- glove -->\nold\n<!-- end of glove -->\nafter\n"

    def test_what_stands_between_the_marks_is_replaced(self):
        self.assertEqual(report.replace_section(self.text, "glove", "new \\1\n"),
                         "before\n<!-- glove -->\nnew \\1\n<!-- end of glove -->\nafter\n")

    def test_an_unknown_section_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "there are 0 sections 'uniform'"):
            report.replace_section(self.text, "uniform", "new")

    def test_the_readme_has_each_section_that_record_sh_fills(self):
        readme = report.README.read_text()
        for name in ("glove", "presets glove", "presets uniform", "ingest 128", "ingest 384", "ingest 384 compact",
                     "growth"):
            with self.subTest(name):
                self.assertIn("new table", report.replace_section(readme, name, "new table"))


if __name__ == "__main__":
    unittest.main()
