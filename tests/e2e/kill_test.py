# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the daemon again and again, under the load of several clients. Their journals, outside of VexFS,
say what was acknowledged: all of that is there after each restart, and of what was not, all or nothing."""
import json
import os
import random
import subprocess
import sys
import time
import unittest

import numpy

import kill_client
from harness import EndToEnd, PATIENCE_S

CLIENTS = 4
ROUNDS = int(os.environ.get("VEXFS_KILL_ROUNDS", 50))
LOAD_S_MAX = 1.0
START_S_MAX = 0.1
# Small segments, so that many kills meet one being sealed, indexed or compacted.
CONFIG = "[storage]\nsegment_bytes = 1_048_576\n"
SEED = int(os.environ.get("VEXFS_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)


class Client:
    """A client's process, and by its journal what must be there of its points."""

    def __init__(self, number, directory, socket):
        self.journal_file = directory / f"journal-{number}"
        self.journal_file.touch()
        self.journal = open(self.journal_file, encoding="ascii")
        self.process = subprocess.Popen(
            [sys.executable, "-B", kill_client.__file__, str(socket), str(number), str(SEED),
             str(self.journal_file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.points = {}  # id: (version, edit)
        self.pending = None
        self.acknowledged = 0

    def go_on(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def wait_until_down(self):
        word = self.process.stdout.readline()
        assert word == "down\n", f"the client ended: {word!r}"
        self.pending = None
        for line in self.journal:
            if line != "acknowledged\n":
                self.pending = json.loads(line)
                continue
            kill_client.apply(self.points, self.pending)
            self.pending = None
            self.acknowledged += 1

    def settle(self, found):
        """Whether the write that was not acknowledged is there, by the points found; "start" for none."""
        if self.pending is None:
            return "start"
        applied = dict(self.points)
        kill_client.apply(applied, self.pending)
        def state(points):
            return [points.get(identity) for identity in self.pending["ids"]]
        if state(found) == state(self.points) != state(applied):
            return "lost"
        self.points = applied
        return "applied"

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.journal.close()


class Kill(EndToEnd):
    def setUp(self):
        super().setUp()
        print(f"VEXFS_TEST_SEED={SEED}", flush=True)
        self.random = random.Random(SEED)
        self.daemon = self.start_daemon(config=CONFIG)
        self.ctl(self.daemon)("collection", "create", "docs", "--dimension", kill_client.DIMENSION,
                              "--metric", "euclidean", "--set", "durability=group")
        self.clients = [Client(number, self.directory, self.daemon.socket) for number in range(CLIENTS)]
        for client in self.clients:
            self.addCleanup(client.end)

    def kill_under_load(self, words):
        for client, word in zip(self.clients, words):
            client.go_on(word)
        time.sleep(self.random.uniform(0, LOAD_S_MAX))
        self.daemon.kill()
        for client in self.clients:
            client.wait_until_down()
        if self.random.random() < 0.25:  # once more, while it recovers
            self.daemon.spawn()
            time.sleep(self.random.uniform(0, START_S_MAX))
            self.daemon.kill()

    def found_points(self):
        """{id: (version, edit)} of all points; each has the vector of its id and version."""
        found, cursor = {}, None
        with self.daemon.client() as client:
            while True:
                more = {} if cursor is None else {"cursor": cursor}
                page = client.call("scroll", collection="docs", limit=1000, with_vector=True, **more)
                pairs = []
                for point in page["points"]:
                    identity, metadata = point["id"], point["metadata"]
                    self.assertNotIn(identity, found, "a point is there once")
                    found[identity] = metadata["version"], metadata["edit"]
                    self.assertEqual(metadata, kill_client.metadata_of(identity, *found[identity]))
                    pairs.append((identity, metadata["version"]))
                numpy.testing.assert_array_equal(page["arrays"]["vectors"], kill_client.vectors_of(pairs))
                cursor = page["cursor"]
                if cursor is None:
                    return found

    def check_searches(self, points):
        """Whatever a search finds is there now, and each point is found by its own vector."""
        some = self.random.sample(sorted(points), min(5, len(points)))
        queries = kill_client.vectors_of([(identity, points[identity][0]) for identity in some])
        with self.daemon.client() as client:
            for exact in (True, False):
                reply = client.call("search", {"vectors": queries}, collection="docs", limit=10, exact=exact)
                for identity, hits in zip(some, reply["results"]):
                    for hit in hits:
                        version, edit = points[hit["id"]]
                        self.assertEqual(hit["metadata"], kill_client.metadata_of(hit["id"], version, edit))
                    self.assertTrue(not exact or hits[0]["id"] == identity, (identity, hits))

    def test_what_was_acknowledged_survives_every_kill_and_the_rest_is_there_whole_or_not_at_all(self):
        words, unacknowledged = ["start"] * CLIENTS, {"applied": 0, "lost": 0, "start": 0}
        for round_number in range(ROUNDS):
            with self.subTest(round=round_number):
                self.kill_under_load(words)
                self.daemon.start()
                found = self.found_points()
                words = [client.settle(found) for client in self.clients]
                expected = {key: point for client in self.clients for key, point in client.points.items()}
                self.assertEqual(found, expected)
                with self.daemon.client() as client:
                    self.assertEqual(client.call("collection.info", collection="docs")["points"], len(found))
                    self.assertEqual(client.call("health")["status"], "ok")
                if expected:
                    self.check_searches(expected)
            if not self._outcome.success:
                break  # what follows would only say so again
            for word in words:
                unacknowledged[word] += 1
        acknowledged = sum(client.acknowledged for client in self.clients)
        print(f"{ROUNDS} kills, {acknowledged} writes acknowledged; of those in flight {unacknowledged}")
        self.assertGreater(acknowledged, ROUNDS)
        self.assertGreater(unacknowledged["applied"] + unacknowledged["lost"], 0, "no kill met a write")


if __name__ == "__main__":
    unittest.main()
