# SPDX-License-Identifier: Apache-2.0
"""A client that asks and counts."""
import threading
import time


class Load:
    """Searches at a steady pace in a thread, and counts them."""

    def __init__(self, daemon, collection, dimension, per_second):
        self.daemon, self.collection, self.dimension = daemon, collection, dimension
        self.pause_s = 1 / per_second
        self.times = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with self.daemon.client() as client:
            begun = time.monotonic()
            while not self.stopped.is_set():
                client.call("search", collection=self.collection,
                            vector=[len(self.times) % 97 + 1] * self.dimension)
                self.times.append(time.monotonic())
                time.sleep(max(0, begun + len(self.times) * self.pause_s - time.monotonic()))

    def rate(self, last_s):
        now = time.monotonic()
        return sum(now - last_s <= when for when in self.times) / last_s

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
