# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm, or die: nobody else is harmed."""
import errno
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
import unittest

import numpy as np
from mounted import Call, Mounted, rows

DESCRIPTORS = 10_000


class Hostile(Mounted):
    def assert_serves(self):
        with Call(self.mount / ".vexfs/call") as call:
            self.assertEqual(call.call("health")["status"], "ok")

    def test_garbage_in_every_file(self):
        path = self.collection(dimension=4)
        self.insert(path, rows(10, 4))
        generator = random.Random(1)
        names = [path / name for name in os.listdir(path)] + [self.mount / ".vexfs" / name
                                                              for name in os.listdir(self.mount / ".vexfs")]
        names += [path / "points/3", path / "points/999", path / "import/x.npy", path / "import/x.jsonl"]
        for _ in range(20):
            for name in names:
                if name.is_dir():
                    continue
                data = generator.choice([generator.randbytes(generator.randrange(5000)), b"{" * 300, b"VXF2" + bytes(12),
                                         b"VXF2" + struct.pack("<IQ", 0xffffffff, (1 << 64) - 1), b"[" * 5000, b"\n" * 100,
                                         b'{"op":' + b'"' * 100])
                try:
                    descriptor = os.open(name, generator.choice([os.O_WRONLY, os.O_RDWR]) | os.O_CREAT)
                except OSError:
                    continue
                for act in (lambda: os.write(descriptor, data), lambda: os.read(descriptor, 1 << 16),
                            lambda: os.fsync(descriptor), lambda: os.close(descriptor)):
                    try:
                        act()
                    except OSError:
                        pass
        self.assert_serves()
        self.assertGreaterEqual(len(np.load(path / "vectors.npy")), 9)

    def test_ten_thousand_descriptors(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < DESCRIPTORS + 100:
            self.skipTest(f"a process may have {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS + 100, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        path = self.collection(dimension=16)
        self.insert(path, rows(100, 16))
        names = [path / name for name in ("call", "search", "vectors.npy", "points/5", "stats")]
        opened = [os.open(names[i % len(names)], os.O_RDONLY) for i in range(DESCRIPTORS)]
        self.assert_serves()
        for descriptor in opened:
            os.close(descriptor)

    def test_promises_of_large_requests_take_no_memory(self):
        path = self.collection()
        head = b"VXF2" + struct.pack("<IQ", 100, 1 << 29)
        opened = [os.open(path / name, os.O_RDWR) for name in ("call", "insert") for _ in range(200)]
        for descriptor in opened:
            os.write(descriptor, head)
        self.assert_serves()
        self.insert(path, [[1, 2]])
        for descriptor in opened:
            try:
                os.close(descriptor)
            except OSError as error:
                self.assertEqual(error.errno, errno.EBADMSG)  # the frame isn't whole

    def test_a_client_that_is_killed_in_the_middle(self):
        path = self.collection(dimension=100)
        program = "import os, sys\ndescriptor = os.open(sys.argv[1], os.O_RDWR)\nwhile True: os.write(descriptor, os.urandom(4000))"
        for name in ("call", "insert", "search", "import/x.npy", "config"):
            target = path / name
            if name.startswith("import"):
                program_here = program.replace("os.O_RDWR", "os.O_RDWR | os.O_CREAT")
            else:
                program_here = program
            client = subprocess.Popen([sys.executable, "-c", program_here, target], stderr=subprocess.DEVNULL)
            time.sleep(0.2)
            client.send_signal(signal.SIGKILL)
            client.wait(60)
        self.assert_serves()

    def test_long_requests_leave_room_for_short_ones(self):
        path = self.collection(dimension=64, metric="euclidean")
        self.insert(path, rows(20_000, 64))
        program = "import os, sys\nfor _ in range(200):\n    d = os.open(sys.argv[1], os.O_RDWR)\n" \
                  "    os.write(d, b'{\"op\":\"search\",\"limit\":10000,\"exact\":true,\"like\":{\"id\":1}}\\n')\n    os.read(d, 100)"
        clients = [subprocess.Popen([sys.executable, "-c", program, path / "call"]) for _ in range(8)]
        try:
            for _ in range(20):
                started = time.monotonic()
                os.listdir(path)
                os.stat(path / "call")
                self.assertLess(time.monotonic() - started, 5)
        finally:
            for client in clients:
                client.kill()
                client.wait(60)
        self.assert_serves()


if __name__ == "__main__":
    unittest.main()
