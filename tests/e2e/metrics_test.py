# SPDX-License-Identifier: Apache-2.0
"""Metrics: Prometheus's own tools take them, and Prometheus itself gets the figures that a client counts. And what the
threads of the daemon use."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import numpy

from harness import SOURCE_DIR, EndToEnd, wait_for
from search_load import Load
from machine import only_root

DIMENSION = 8
has_prometheus = unittest.skipUnless(shutil.which("prometheus") and shutil.which("promtool"),
                                     "there is no prometheus")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=30) as reply:
        return reply.read().decode()


def dashboard_expressions():
    dashboard = json.loads((SOURCE_DIR / "config/grafana/vexfs.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$collection", ".*").replace("$__rate_interval", "30s")


class Metrics(EndToEnd):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.daemon = self.start_daemon(config=f"[metrics]\nport = {self.port}\n")
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        with self.daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=DIMENSION,
                        parameters={"target_recall": 0.9})
            vectors = numpy.random.default_rng(1).random((2000, DIMENSION), dtype=numpy.float32)
            client.call("insert", {"vectors": vectors}, collection="docs")
            client.call("collection.optimize", collection="docs", wait=True)

    @contextlib.contextmanager
    def prometheus(self):
        """Its API's address; it scrapes the daemon twice a second."""
        port = free_port()
        config = self.directory / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "evaluation_interval": "1s"},
            "scrape_configs": [{"job_name": "vexfs", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}]}))
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.directory / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], stdin=subprocess.DEVNULL,
            env={**os.environ, "GOMAXPROCS": "1"})
        try:
            yield f"http://127.0.0.1:{port}/api/v1"
        finally:
            process.terminate()
            process.wait()

    def query(self, api, expression):
        """The values of an instant query."""
        try:
            reply = json.loads(get(f"{api}/query?{urllib.parse.urlencode({'query': expression})}"))
        except urllib.error.HTTPError as error:
            self.assertEqual(error.code, 503, f"{expression}: {error.read().decode()}")  # it starts
            return []
        except urllib.error.URLError:
            return []
        self.assertEqual(reply["status"], "success", expression)
        return [float(result["value"][1]) for result in reply["data"]["result"]]

    @has_prometheus
    def test_promtool_finds_nothing_wrong_with_them(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=get(self.url), text=True, capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    @has_prometheus
    def test_promtool_finds_nothing_wrong_with_the_alert_rules(self):
        rules = SOURCE_DIR / "config/prometheus/vexfs.rules.yml"
        cases = self.directory / "cases.yml"
        cases.write_text((SOURCE_DIR / "tests/e2e/prometheus_rules.yml").read_text().replace("RULES", str(rules)))
        for command in (("check", "rules", rules), ("test", "rules", cases)):
            done = subprocess.run(["promtool", *command], text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_request_gives_the_same_names_as_the_port(self):
        names = lambda text: {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        with self.daemon.client() as client:
            self.assertEqual(names(client.call("metrics")["text"]), names(get(self.url)))

    @only_root
    def test_the_mount_has_the_same_as_the_port(self):
        mount = self.directory / "mnt"
        mount.mkdir()
        vexfsctl = self.ctl(self.daemon)
        vexfsctl("mount", mount, "--backend", "fuse")
        self.addCleanup(vexfsctl, "umount")
        # What changes while nobody asks for anything.
        moving = re.compile(r"(process|vexfs_(host|data_disk|sampling|clients|requests|mount_requests))_")

        def read_all():
            texts = get(self.url), (mount / ".vexfs/metrics").read_text(), get(self.url)
            of_the_port, of_the_mount, again = (
                [line for line in text.splitlines() if not moving.match(line)] for text in texts)
            return of_the_port == again and (of_the_port, of_the_mount)
        of_the_port, of_the_mount = wait_for(read_all, "a moment in which nothing happens")
        self.assertEqual(of_the_mount, of_the_port)
        self.assertIn("vexfs_collection_points{collection=\"docs\"} 2000", of_the_mount)

    def test_threads_are_told_as_the_kernel_counts_them(self):
        with Load(self.daemon, "docs", DIMENSION, per_second=1000):
            threads = self.ctl(self.daemon).json("stats", "--threads")["threads"]
        tasks = Path(f"/proc/{self.daemon.pid}/task")
        names = {int(task.name): (task / "comm").read_text().strip() for task in tasks.iterdir()}
        for thread in threads:
            self.assertEqual(thread["name"], names.get(thread["id"], thread["name"]))
        self.assertLessEqual({"vexfsd", "vexfs-watch", "vexfs-request"}, {thread["name"] for thread in threads})
        # The busiest come first.
        used = [thread["user_s"] + thread["system_s"] for thread in threads]
        self.assertEqual(used, sorted(used, reverse=True))
        self.assertGreater(used[0], 0)
        self.assertTrue(all(thread["cpu"] >= 0 for thread in threads))
        lines = self.ctl(self.daemon)("-o", "plain", "stats", "--threads").splitlines()
        self.assertLessEqual({"vexfs-watch", "vexfs-request"}, {line.split("\t")[1] for line in lines})

    @has_prometheus
    def test_prometheus_gets_the_rate_that_a_client_counts(self):
        with self.prometheus() as api, Load(self.daemon, "docs", DIMENSION, per_second=100) as load:
            queries = "vexfs_collection_queries_total{collection='docs'}"
            wait_for(lambda: sum(self.query(api, f"count_over_time({queries}[4s])")) >= 8, "four seconds of figures")
            told, = self.query(api, f"rate({queries}[4s])")
            self.assertAlmostEqual(told, load.rate(4), delta=0.1 * load.rate(4))
            load.stopped.set()
            load.thread.join()
            wait_for(lambda: self.query(api, queries) == [len(load.times)], "Prometheus to have them all")
            p99, = self.query(api, "histogram_quantile(0.99, vexfs_collection_search_duration_seconds_bucket)")
            self.assertGreater(p99, 0)
            for expression in dashboard_expressions():
                wait_for(lambda: self.query(api, expression), f"data of {expression}")

    def test_a_port_that_is_taken_is_said_at_the_start(self):
        (self.directory / "second").mkdir()
        second = self.daemon_in(self.directory / "second", config=f"[metrics]\nport = {self.port}\n")
        second.spawn()
        self.assertNotEqual(second.process.wait(60), 0)
        self.assertIn(f"listen for Prometheus at 127.0.0.1:{self.port}", second.log())


if __name__ == "__main__":
    unittest.main()
