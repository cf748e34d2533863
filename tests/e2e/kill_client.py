# SPDX-License-Identifier: Apache-2.0
"""A client of kill_test.py, in a process of its own: it writes until the daemon is gone, and keeps a journal of
what it asked for and what was acknowledged.

usage: kill_client.py SOCKET NUMBER SEED JOURNAL

Per line of its input it goes on: "applied" or "lost" says what became of the write that was not acknowledged,
"start" that there was none. When the daemon has gone it says "down". The journal has a line of JSON for each
write before it is sent, and the line "acknowledged" behind it when it was."""
import json
import random
import sys

import numpy

import wire

DIMENSION = 128
IDS_PER_CLIENT = 1_000_000
LIVE_MAX = 600
TIMEOUT_S = 240


def vectors_of(points):
    """float32 [rows, DIMENSION] of (id, version) pairs: the same for the same pair, others for others."""
    numbers = numpy.array(points, numpy.float64).reshape(-1, 2)
    phase = numbers[:, :1] * 0.7390851 + numbers[:, 1:] * 1.6180339
    return numpy.sin(phase * (1 + numpy.arange(DIMENSION))).astype(numpy.float32)


def metadata_of(identity, version, edit):
    return {"id": identity, "version": version, "edit": edit}


def apply(points, write):
    """What a write makes of points, {id: (version, edit)}."""
    for identity in write["ids"]:
        if write["op"] == "delete":
            del points[identity]
        elif write["op"] == "update_metadata":
            points[identity] = points[identity][0], write["version"]
        else:
            points[identity] = write["version"], 0


class Writer:
    def __init__(self, number, seed, journal):
        self.random = random.Random(f"{seed} {number}")
        self.journal = journal
        self.points = {}
        self.next_id = number * IDS_PER_CLIENT
        self.version = 0

    def next_write(self):
        self.version += 1
        op = self.random.choice(["insert", "insert", "upsert", "upsert", "delete", "update_metadata"])
        if len(self.points) > LIVE_MAX:
            op = self.random.choice(["upsert", "delete"])
        count = self.random.choice([1, 1, 3, 20, 60])
        if op == "insert" or len(self.points) < count:
            ids = list(range(self.next_id, self.next_id + count))
            self.next_id += count
            op = "insert"
        else:
            ids = self.random.sample(sorted(self.points), 1 if op == "update_metadata" else count)
        return {"op": op, "ids": ids, "version": self.version}

    def send(self, client, write):
        op, ids, version = write["op"], write["ids"], write["version"]
        durability = self.random.choice(["sync", "group"])
        if op == "update_metadata":  # as durable as the collection says
            client.call(op, collection="docs", id=ids[0], metadata={"edit": version})
            return
        arrays = {"ids": numpy.uint64(ids)}
        if op == "delete":
            reply = client.call(op, arrays, collection="docs", durability=durability)
            assert reply["deleted"] == len(ids), reply
            return
        arrays["vectors"] = vectors_of([(identity, version) for identity in ids])
        client.call(op, arrays, collection="docs", durability=durability,
                    metadata=[metadata_of(identity, version, 0) for identity in ids])

    def run(self, path):
        """Writes until the daemon is gone; the write that was not acknowledged, if there is one."""
        write = None
        try:
            with wire.Client(path, TIMEOUT_S) as client:
                while True:
                    write = self.next_write()
                    self.note(json.dumps(write))
                    self.send(client, write)
                    self.note("acknowledged")
                    apply(self.points, write)
                    write = None
        except (ConnectionError, FileNotFoundError):
            return write

    def note(self, line):
        self.journal.write(line + "\n")
        self.journal.flush()


def main(path, number, seed, journal):
    with open(journal, "a", encoding="ascii") as file:
        writer = Writer(int(number), seed, file)
        pending = None
        for line in sys.stdin:
            if line == "applied\n":
                apply(writer.points, pending)
            pending = writer.run(path)
            print("down", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
