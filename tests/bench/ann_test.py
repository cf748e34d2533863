# SPDX-License-Identifier: Apache-2.0
"""ann.py, presets.py and growth.py from end to end, on 2,000 random vectors and without the peers."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import uniform

HERE = Path(__file__).resolve().parent
ROWS = 2000


class Measuring(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        uniform.make(self.directory, rows=ROWS, queries=50, dimension=16, limit=10, seed=7)
        self.data = [str(self.directory / f"{name}.npy") for name in ("base", "queries", "truth")]

    def run_program(self, name, *options):
        return self.run_alone(name, *self.data, "--metric", "cosine", *options)

    def run_alone(self, name, *options):
        ran = subprocess.run([sys.executable, "-B", HERE / name, *options],
                             env={**os.environ, "MPLCONFIGDIR": str(self.directory)},
                             capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def test_ann_writes_figures_a_table_and_a_plot(self):
        out = self.directory / "out"
        printed = self.run_program("ann.py", "--systems", "vexfs", "--rounds", "2", "--ef-sweep", "10,40,400",
                                   "--out", str(out))
        results = json.loads((out / "results.json").read_text())
        best, rounds = results["best"]["vexfs"], results["rounds"]["vexfs"]
        self.assertEqual(len(rounds), 2)
        self.assertEqual([point["ef_search"] for point in rounds[0]["points"]], [10, 40, 400])
        self.assertGreaterEqual(rounds[0]["points"][-1]["recall"], 0.99)
        self.assertGreaterEqual(best["qps@0.95"], best["qps@0.99"])
        self.assertGreater(best["qps@0.99"], 0)
        self.assertEqual(best["indexed/s"],
                         max(run["build"]["indexed_vectors_per_second"] for run in rounds))
        self.assertIn("2,000 vectors of dimension 16, 50 queries, metric cosine", printed)
        self.assertRegex(printed, r"\| vexfs +\| +[\d,]+ \|")
        self.assertEqual(printed.strip(), (out / "results.md").read_text().strip())
        self.assertNotIn(str(self.directory), printed)
        self.assertTrue(ElementTree.parse(out / "recall-qps.svg").getroot().tag.endswith("svg"))

    def test_presets_tells_what_each_preset_gives(self):
        printed = self.run_program("presets.py")
        _, _, *rows = [line for line in printed.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
        self.assertEqual([row[0] for row in cells], ["high-throughput", "balanced", "high-recall",
                                                     "memory-efficient", "high-recall-lsh"])
        for name, target, recall, *_ in cells:
            self.assertGreaterEqual(float(recall), float(target) - 0.03, name)  # few queries: by chance

    def test_growth_measures_each_size(self):
        drawn = self.directory / "growth.svg"
        printed = self.run_alone("growth.py", "--rows", "500,2000", "--dimension", "8", "--clusters", "5", "--queries",
                                 "50", "--systems", "vexfs", "--directory", str(self.directory), "--plot", str(drawn))
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines()
                if re.match(r"\| [\d,]+ ", line)]
        self.assertEqual([row[:2] for row in rows], [["500", "vexfs"], ["2,000", "vexfs"]])
        for _, _, qps, *_ in rows:
            self.assertGreater(int(qps.replace(",", "")), 0)
        self.assertTrue(ElementTree.parse(drawn).getroot().tag.endswith("svg"))
        self.assertEqual(sorted(path.name for path in self.directory.glob("tmp*")), [])


if __name__ == "__main__":
    unittest.main()
