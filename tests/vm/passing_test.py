# SPDX-License-Identifier: Apache-2.0
"""vectors.npy, which the module reads from the files that its daemon has mapped."""
import io
import mmap
import os
import random
import unittest

import genl
import numpy as np
from module import Daemon, device_of
from mounted import Call, Mounted, rows


class Passing(Mounted):
    def setUp(self):
        self.family = genl.Family()
        self.addCleanup(self.family.close)

    def counted(self, name):
        return self.family.mount(device_of())[name]

    def filled(self, points=3000, dimension=100):
        path, vectors = self.collection(dimension=dimension, algorithm="flat"), rows(points, dimension)
        self.insert(path, vectors, ids=list(range(points)))
        return path, vectors

    def delete(self, path, ids):
        with Call(path / "call") as asked:
            asked.call("delete", {"ids": np.array(ids, "<u8")})

    def opened(self, path):
        file = open(path / "vectors.npy", "rb", buffering=0)
        self.addCleanup(file.close)
        return file

    def test_it_is_read_without_the_daemon(self):
        path, vectors = self.filled()
        with self.opened(path) as file:
            passed, read = self.counted("bytes_passed"), self.counted("bytes_read")
            whole = b"".join(iter(lambda: file.read(1 << 17), b""))
            self.assertEqual(self.counted("bytes_passed") - passed, len(whole))
            self.assertEqual(self.counted("bytes_read"), read)
        np.testing.assert_array_equal(np.load(io.BytesIO(whole)), vectors)

    def test_it_is_read_from_anywhere(self):
        path, vectors = self.filled(points=300)
        self.delete(path, range(0, 300, 2))  # each of the others is a piece then
        file = self.opened(path)
        whole = os.pread(file.fileno(), 1 << 20, 0)
        np.testing.assert_array_equal(np.load(io.BytesIO(whole)), vectors[1::2])
        chance = random.Random(1)
        for _ in range(300):
            first, size = chance.randrange(len(whole) + 10), chance.randrange(1, 3000)
            self.assertEqual(os.pread(file.fileno(), size, first), whole[first:first + size])

    def test_it_is_spliced(self):
        path, vectors = self.filled()
        file = self.opened(path)
        taken, given = os.pipe()
        whole = b""
        while count := os.splice(file.fileno(), given, 1 << 16):
            while count:
                whole += (some := os.read(taken, count))
                count -= len(some)
        os.close(taken)
        os.close(given)
        np.testing.assert_array_equal(np.load(io.BytesIO(whole)), vectors)

    def test_it_is_mapped(self):
        path, vectors = self.filled()
        passed, read = self.counted("bytes_passed"), self.counted("bytes_read")
        np.testing.assert_array_equal(np.load(path / "vectors.npy", mmap_mode="r"), vectors)
        self.assertEqual(self.counted("bytes_read"), read)
        self.assertLess(self.counted("bytes_passed") - passed, vectors.nbytes)

    def test_it_is_read_into_a_mapping_of_itself(self):
        path, _ = self.filled()
        file = self.opened(path)
        whole = os.pread(file.fileno(), 1 << 22, 0)
        with mmap.mmap(file.fileno(), len(whole), mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
            half = len(whole) // 2
            self.assertEqual(os.preadv(file.fileno(), [memoryview(memory)[half:]], 0), len(whole) - half)
            self.assertEqual(memory[half:], whole[:len(whole) - half])
            self.assertEqual(memory[:half], whole[:half])

    def test_it_stays_what_it_was_and_needs_no_daemon(self):
        path, vectors = self.filled()
        file = self.opened(path)
        shown = np.load(path / "vectors.npy", mmap_mode="r")
        self.delete(path, range(2900))
        Daemon.running.kill()
        np.testing.assert_array_equal(np.load(io.BytesIO(os.pread(file.fileno(), 1 << 22, 0))), vectors)
        np.testing.assert_array_equal(shown, vectors)
        Daemon.running.start()
        np.testing.assert_array_equal(np.load(path / "vectors.npy"), vectors[2900:])

    def test_what_isnt_there_as_it_is_shown_comes_from_the_daemon(self):
        path, vectors = self.filled()
        passed, read = self.counted("bytes_passed"), self.counted("bytes_read")
        self.assertEqual(np.load(path / "ids.npy").tolist(), list(range(len(vectors))))
        self.assertEqual(self.counted("bytes_passed"), passed)
        self.assertGreater(self.counted("bytes_read"), read)


if __name__ == "__main__":
    unittest.main()
