# SPDX-License-Identifier: Apache-2.0
"""Clients that load a daemon: writers that insert as fast as they are answered, and a reader that looks for
what was just acknowledged. Each is a process of its own, so that none waits for another's interpreter."""
import multiprocessing
import random
import time

import numpy

import served

fork = multiprocessing.get_context("fork")  # they share the vectors without a copy


def insert(client, vectors, first):
    """Rows under their own numbers. The array goes to the socket as it lies."""
    ids = numpy.arange(first, first + len(vectors), dtype=numpy.uint64)
    header = {"op": "insert", "collection": "docs",
              "arrays": [{"name": "ids", "dtype": "u64", "shape": [len(ids)]},
                         {"name": "vectors", "dtype": "f32", "shape": list(vectors.shape)}]}
    start = served.wire.frame(header, ids.tobytes())
    # The prefix counts the vectors as well.
    body_bytes = ids.nbytes + vectors.nbytes
    client.socket.sendall(start[:8] + body_bytes.to_bytes(8, "little") + start[16:])
    client.socket.sendall(vectors)
    reply = client.receive()
    assert reply["inserted"] == len(ids), reply


class Load:
    def __init__(self, daemon, vectors, writers, batch, searches_per_s):
        self.daemon, self.vectors, self.batch = daemon, vectors, batch
        self.pause_s = 1 / searches_per_s
        self.acknowledged = [fork.Value("q", -1) for _ in range(writers)]  # the last batch of each writer
        self.finished = fork.Event()
        self.found = fork.Queue()

    def write(self, number):
        with self.daemon.client() as client:
            for start in range(number * self.batch, len(self.vectors), self.batch * len(self.acknowledged)):
                insert(client, self.vectors[start:start + self.batch], start)
                self.acknowledged[number].value = start

    def read(self):
        """At a steady rate: each turn's search begins when it is due, and its time counts from then."""
        choose, times, missing = random.Random(1), [], 0
        with self.daemon.client() as client:
            due = time.perf_counter()
            while not self.finished.is_set():
                time.sleep(max(0.0, due - time.perf_counter()))
                start = choose.choice(self.acknowledged).value
                if start >= 0:
                    row = choose.randrange(start, min(start + self.batch, len(self.vectors)))
                    reply = client.call("search", {"vectors": self.vectors[row:row + 1]}, collection="docs",
                                        limit=1, with_metadata=False)
                    times.append(time.perf_counter() - due)
                    hits, = reply["results"]
                    same = hits and (self.vectors[hits[0]["id"]] == self.vectors[row]).all()
                    missing += not same
                due += self.pause_s
        self.found.put((times, missing))

    def alone(self, seconds):
        """The reader's times while nobody writes."""
        reader = fork.Process(target=self.read)
        self.finished.clear()
        reader.start()
        time.sleep(seconds)
        self.finished.set()
        times, _ = self.found.get()
        reader.join()
        return times

    def run(self):
        """Seconds of the ingest; the reader's times in seconds, and how many vectors it did not find."""
        reader = fork.Process(target=self.read)
        writers = [fork.Process(target=self.write, args=(number,))
                   for number in range(len(self.acknowledged))]
        reader.start()
        started = time.perf_counter()
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        seconds = time.perf_counter() - started
        self.finished.set()
        times, missing = self.found.get()
        reader.join()
        if any(process.exitcode != 0 for process in [reader, *writers]):
            raise SystemExit(f"a client failed; the daemon's log:\n{self.daemon.log()}")
        return seconds, times, missing
