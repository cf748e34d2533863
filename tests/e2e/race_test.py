# SPDX-License-Identifier: Apache-2.0
"""Eight clients insert, search, change and delete at once; a ninth has the collection indexed meanwhile. At the
end the collection is what all of them have done."""
import os
import random
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import numpy

from harness import EndToEnd

THREADS, STEPS, BATCH, DIMENSION = 8, 40, 25, 64
IDS_PER_THREAD = 1_000_000
SEED = int(os.environ.get("VEXFS_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)


class Writer:
    """One client with ids of its own, and a model of what it did: id to (vector, metadata)."""

    def __init__(self, number, client):
        self.number, self.client = number, client
        self.random = numpy.random.default_rng([SEED, number])
        self.points = {}
        self.next_id = number * IDS_PER_THREAD

    def run(self):
        for _ in range(STEPS):
            self.insert()
            self.random.choice([self.search, self.replace, self.edit, self.delete])()
        return self.points

    def call(self, op, arrays=None, **fields):
        return self.client.call(op, arrays, collection="shared", **fields)

    def some_ids(self, count):
        return self.random.choice(list(self.points), min(count, len(self.points)), replace=False).tolist()

    def put(self, op, ids):
        vectors = self.random.standard_normal((len(ids), DIMENSION), numpy.float32)
        metadata = [{"writer": self.number, "op": op, "id": identity} for identity in ids]
        reply = self.call(op, {"vectors": vectors, "ids": numpy.uint64(ids)}, metadata=metadata)
        assert reply["arrays"]["ids"].tolist() == ids
        self.points.update(zip(ids, zip(map(bytes, vectors), metadata)))

    def insert(self):
        self.put("insert", list(range(self.next_id, self.next_id + BATCH)))
        self.next_id += BATCH

    def replace(self):
        self.put("upsert", self.some_ids(5))

    def edit(self):
        identity, = self.some_ids(1)
        vector, metadata = self.points[identity]
        self.call("update_metadata", id=identity, metadata={"edited": True})
        self.points[identity] = vector, metadata | {"edited": True}

    def delete(self):
        ids = self.some_ids(5)
        assert self.call("delete", {"ids": numpy.uint64(ids)})["deleted"] == len(ids)
        for identity in ids:
            del self.points[identity]

    def search(self):
        """What this client wrote is found at once, whatever the others do."""
        ids = self.some_ids(3)
        queries = numpy.float32([numpy.frombuffer(self.points[identity][0], numpy.float32) for identity in ids])
        for exact in (True, False):
            reply = self.call("search", {"vectors": queries}, limit=5, exact=exact, with_metadata=True)
            for identity, hits in zip(ids, reply["results"]):
                distances = [hit["distance"] for hit in hits]
                assert distances == sorted(distances) and len(hits) == 5, hits
                assert all(hit["metadata"]["id"] == hit["id"] for hit in hits), hits
                assert not exact or hits[0]["id"] == identity, (identity, hits)


class Race(EndToEnd):
    def test_concurrent_clients_leave_what_each_of_them_did(self):
        print(f"VEXFS_TEST_SEED={SEED}", flush=True)
        # Segments of 1 MiB: some are sealed and indexed meanwhile.
        daemon = self.start_daemon(config="[storage]\nsegment_bytes = 1_048_576\n[server]\nworker_threads = 4\n")
        clients = [daemon.client() for _ in range(THREADS + 1)]
        clients[-1].call("collection.create", collection="shared", dimension=DIMENSION, metric="euclidean")
        finished = threading.Event()

        def index_again_and_again():
            while not finished.is_set():
                clients[-1].call("collection.optimize", collection="shared", wait=True)
                clients[-1].call("stats")

        with ThreadPoolExecutor(THREADS + 1) as pool:
            indexing = pool.submit(index_again_and_again)
            writers = [pool.submit(Writer(number, clients[number]).run) for number in range(THREADS)]
            try:
                model = {identity: point for writer in writers for identity, point in writer.result().items()}
            finally:
                finished.set()
            indexing.result()

        self.assert_is(daemon, model)
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assert_is(daemon, model)
        for client in clients:
            client.socket.close()

    def assert_is(self, daemon, model):
        found, cursor = {}, None
        with daemon.client() as client:
            self.assertEqual(client.call("collection.info", collection="shared")["points"], len(model))
            while True:
                more = {} if cursor is None else {"cursor": cursor}
                page = client.call("scroll", collection="shared", limit=500, with_vector=True, **more)
                for point, vector in zip(page["points"], page["arrays"]["vectors"]):
                    self.assertNotIn(point["id"], found)
                    found[point["id"]] = bytes(vector), point["metadata"]
                cursor = page["cursor"]
                if cursor is None:
                    break
        self.assertEqual(found.keys(), model.keys())
        self.assertEqual(found, model)


if __name__ == "__main__":
    unittest.main()
