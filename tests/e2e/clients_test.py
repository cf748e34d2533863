# SPDX-License-Identifier: Apache-2.0
"""64 clients at once for VEXFS_CLIENTS_SECONDS (6): half of them search, a quarter insert, a quarter delete. None
meets an error or is served much less often than its like; in the end the collection holds what they left."""
import os
import statistics
import time
import unittest
from multiprocessing import get_context
from concurrent.futures import ThreadPoolExecutor

import numpy

from harness import EndToEnd
from wire import Client

SECONDS = float(os.environ.get("VEXFS_CLIENTS_SECONDS", 6))
PROCESSES, CLIENTS, DIMENSION, BATCH = 8, 64, 32, 20
IDS_PER_CLIENT = 1_000_000
SLOWEST = 3  # times fewer calls than the median of those that do the same


def role_of(number):
    return ("search", "insert", "search", "delete")[number % 4]


class Busy:
    """One client until the time is over."""

    def __init__(self, number, socket):
        self.number, self.role = number, role_of(number)
        self.client = Client(socket, 120)
        self.random = numpy.random.default_rng(number)
        self.calls = 0
        # Of who deletes: points that were there before. Of who inserts: what there is to be.
        self.ids = list(range(number * IDS_PER_CLIENT, number * IDS_PER_CLIENT + 100_000))
        self.next = 0

    def call(self, op, arrays=None, **fields):
        self.calls += 1
        return self.client.call(op, arrays, collection="shared", **fields)

    def search(self):
        query = self.random.standard_normal((1, DIMENSION), numpy.float32)
        wanted = int(self.random.integers(0, CLIENTS))
        hits = self.call("search", {"vectors": query}, limit=5, filter={"client": wanted})["results"][0]
        distances = [hit["distance"] for hit in hits]
        assert distances == sorted(distances), hits
        assert all(hit["metadata"]["client"] == wanted for hit in hits), (wanted, hits)

    def insert(self):
        ids = self.ids[self.next:self.next + BATCH]
        self.next += BATCH
        put(self.call, self.number, ids, self.random)

    def delete(self):
        ids = self.ids[self.next:self.next + 2]
        self.next += 2
        assert self.call("delete", {"ids": numpy.uint64(ids)})["deleted"] == len(ids), ids

    def run(self, end):
        while time.time() < end:
            getattr(self, self.role)()
        self.client.socket.close()
        return self.number, self.calls, self.next


def put(call, number, ids, random):
    vectors = random.standard_normal((len(ids), DIMENSION), numpy.float32)
    call("insert", {"vectors": vectors, "ids": numpy.uint64(ids)}, metadata=[{"client": number}] * len(ids))


def run_some(numbers, socket, end):
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(lambda number: Busy(number, socket).run(end), numbers))


class Clients(EndToEnd):
    def test_clients_get_their_turns_and_the_collection_is_what_they_left(self):
        daemon = self.start_daemon()
        there = int(3_000 + 400 * SECONDS)  # for each client that deletes
        with daemon.client() as client:
            client.call("collection.create", collection="shared", dimension=DIMENSION)
            random = numpy.random.default_rng(99)
            for number in range(CLIENTS):
                if role_of(number) == "delete":
                    first = number * IDS_PER_CLIENT
                    put(lambda *args, **fields: client.call(*args, collection="shared", **fields), number,
                        list(range(first, first + there)), random)
        end = time.time() + SECONDS
        with get_context("spawn").Pool(PROCESSES) as pool:
            shares = [(range(first, CLIENTS, PROCESSES), daemon.socket, end) for first in range(PROCESSES)]
            done = [one for some in pool.starmap(run_some, shares) for one in some]
        for role in ("search", "insert", "delete"):
            calls = [made for number, made, _ in done if role_of(number) == role]
            self.assertGreaterEqual(min(calls) * SLOWEST, statistics.median(calls), (role, sorted(calls)))
        expected = set()
        for number, _, used in done:
            first = number * IDS_PER_CLIENT
            if role_of(number) == "insert":
                expected.update(range(first, first + used))
            elif role_of(number) == "delete":
                self.assertLess(used, there, "there was too little to delete")
                expected.update(range(first + used, first + there))
        found, cursor = set(), 0
        with daemon.client() as client:
            while cursor is not None:
                page = client.call("scroll", collection="shared", cursor=cursor, limit=10_000)
                found.update(point["id"] for point in page["points"])
                self.assertTrue(all(point["metadata"]["client"] == point["id"] // IDS_PER_CLIENT
                                    for point in page["points"]))
                cursor = page["cursor"]
        self.assertEqual(found, expected)


if __name__ == "__main__":
    unittest.main()
