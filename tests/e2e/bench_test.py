# SPDX-License-Identifier: Apache-2.0
"""vexfsctl bench run, scenarios and report, through the daemon and without one."""
import json
import signal
import time
import unittest
from html.parser import HTMLParser

from harness import Ctl, EndToEnd, wait_for

SMALL = ("--size", "200,400", "--dimension", "16", "--repeats", "2")


class Tags(HTMLParser):
    """Checks that tags are closed as they were opened, and keeps what would be fetched."""
    EMPTY = {"meta", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_startendtag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href")]

    def handle_starttag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href") and value != "data:,"]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class Bench(EndToEnd):
    def measured(self, vexfsctl, *arguments):
        path = self.directory / "result.json"
        shown = vexfsctl.json("bench", *arguments, "--results", path)
        result = json.loads(path.read_text())
        self.assertEqual({key: value for key, value in shown.items() if key != "version"}, result)
        return path, result

    def assert_measured(self, case):
        for insert in case["insert"]:
            self.assertGreater(insert["vectors_per_second"], 0)
            self.assertEqual(len(insert["repeats"]), 2)
        self.assertEqual(case["insert"][-1]["rows"], case["rows"])
        for search in case["search"]:
            self.assertLessEqual(search["p50_us"], search["p99_us"])
            self.assertGreater(search["recall"], 0.5)
            self.assertNotEqual(search["path"], "cache")
        self.assertGreater(case["index"]["disk_bytes"], 0)

    def test_a_run_through_the_daemon_and_its_report(self):
        vexfsctl = self.ctl(self.start_daemon())
        path, result = self.measured(vexfsctl, "run", *SMALL)
        self.assertEqual([case["name"] for case in result["cases"]], ["hnsw 200", "lsh 200", "hnsw 400", "lsh 400"])
        self.assertEqual(result["through"], "daemon")
        for case in result["cases"]:
            self.assertEqual(case["preset"], {"hnsw": "balanced", "lsh": "high-recall-lsh"}[case["algorithm"]])
            self.assertGreater(len(case["parameters"]), 2)
            self.assert_measured(case)
            self.assertEqual(case["cache"]["hit_rate"], 1)
        self.assertEqual(vexfsctl.json("collection", "list")["collections"], [])
        report = vexfsctl("bench", "report", path)
        for title in ("Searches", "Inserts", "Cost as data grow", "Claims of the performance reference"):
            self.assertIn(f"## {title}\n", report)
        page = self.directory / "report.html"
        vexfsctl("bench", "report", path, path, "--html", page)
        tags = Tags()
        tags.feed(page.read_text())
        self.assertEqual((tags.open, tags.fetched), ([], []))
        self.assertRegex(page.read_text(), r"\b0 of \d\d figures got worse and 0 better")

    def test_scenarios_without_a_daemon(self):
        embedded = Ctl("--embedded", self.directory / "data")
        _, result = self.measured(embedded, "scenarios", "--scale", "0.002", "--repeats", "2")
        self.assertEqual([(case["name"], case["rows"]) for case in result["cases"]],
                         [("documents", 200), ("images", 100), ("recommendations", 2000)])
        for case in result["cases"]:
            self.assert_measured(case)
            self.assertIsNone(case["cache"]["hit_rate"])
        report = embedded("bench", "report", self.directory / "result.json")
        self.assertRegex(report, r"(?m)^\| documents \| .* \| - \| [\d.]+ \|$")

    def test_an_interrupted_run_leaves_nothing_behind(self):
        vexfsctl = self.ctl(self.start_daemon())
        run = vexfsctl.start("bench", "run", "--size", "20000", "--dimension", "64")
        wait_for(lambda: vexfsctl.json("collection", "list")["collections"], "the first collection")
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        self.assertIn("interrupted", run.communicate()[1])
        self.assertEqual(run.returncode, 130)
        self.assertEqual(vexfsctl.json("collection", "list")["collections"], [])

    def test_what_is_no_result_is_refused(self):
        path = self.directory / "nothing.json"
        path.write_text("{}")
        failure = Ctl().failure("bench", "report", path)
        self.assert_failure(failure, 5, "invalid_argument", "is no result of a benchmark", "bench run --results")
        self.assertEqual(Ctl().failure("bench", "report", self.directory / "absent.json").code, "not_found")


if __name__ == "__main__":
    unittest.main()
