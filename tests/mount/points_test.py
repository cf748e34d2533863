# SPDX-License-Identifier: Apache-2.0
"""Points as files, and a collection's points as arrays."""
import errno
import json
import mmap
import os
import subprocess
import threading
import unittest

import numpy as np
from mounted import PATIENCE_S, Call, Mounted, rows


class Points(Mounted):
    def test_a_point_is_its_vector(self):
        path = self.collection(dimension=3)
        self.insert(path, [[1, 2, 3]], ids=[7])
        self.assertEqual(np.fromfile(path / "points/7", "<f4").tolist(), [1, 2, 3])
        self.assertEqual(os.stat(path / "points/7").st_size, 12)
        descriptor = os.open(path / "points/7", os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.assertEqual(os.lseek(descriptor, -4, os.SEEK_END), 8)
        self.assertEqual(np.frombuffer(os.read(descriptor, 100), "<f4").tolist(), [3])
        self.assertEqual(os.read(descriptor, 100), b"")

    def test_a_vector_that_is_written_takes_its_place_and_the_metadata_stay(self):
        path = self.collection()
        self.insert(path, [[1, 2]], ids=[7], metadata=[{"word": "king"}])
        (path / "points/7").write_bytes(np.array([3, 4], "<f4").tobytes())
        self.assertEqual(np.fromfile(path / "points/7", "<f4").tolist(), [3, 4])
        self.assertEqual(os.getxattr(path / "points/7", "user.vexfs.metadata"), b'{"word":"king"}')

    def test_a_new_point_is_written(self):
        path = self.collection()
        (path / "points/18446744073709551615").write_bytes(np.array([3, 4], "<f4").tobytes())
        self.assertEqual(os.listdir(path / "points"), ["18446744073709551615"])
        self.assert_errno(errno.EINVAL, open, path / "points/x", "wb")
        self.assert_errno(errno.EINVAL, open, path / "points/18446744073709551616", "wb")

    def test_half_a_vector_is_refused(self):
        path = self.collection()
        self.insert(path, [[1, 2]], ids=[7])
        descriptor = os.open(path / "points/7", os.O_WRONLY | os.O_TRUNC)
        os.write(descriptor, bytes(4))
        self.assert_errno(errno.EINVAL, os.close, descriptor)
        descriptor = os.open(path / "points/7", os.O_WRONLY)
        self.assert_errno(errno.EFBIG, os.write, descriptor, bytes(12))
        os.close(descriptor)
        self.assertEqual(np.fromfile(path / "points/7", "<f4").tolist(), [1, 2])

    def test_metadata_are_an_extended_attribute(self):
        path = self.collection()
        self.insert(path, [[1, 2]], ids=[7])
        point = path / "points/7"
        self.assertEqual(os.listxattr(point), [])
        self.assert_errno(errno.ENODATA, os.getxattr, point, "user.vexfs.metadata")
        os.setxattr(point, "user.vexfs.metadata", b'{"a": 1}', os.XATTR_CREATE)
        self.assertEqual(os.listxattr(point), ["user.vexfs.metadata"])
        self.assertEqual(json.loads(os.getxattr(point, "user.vexfs.metadata")), {"a": 1})
        self.assert_errno(errno.EEXIST, os.setxattr, point, "user.vexfs.metadata", b"{}", os.XATTR_CREATE)
        self.assert_errno(errno.EBADMSG, os.setxattr, point, "user.vexfs.metadata", b"[1]")
        self.assert_errno(errno.EOPNOTSUPP, os.setxattr, point, "user.other", b"x")
        os.removexattr(point, "user.vexfs.metadata")
        self.assert_errno(errno.ENODATA, os.removexattr, point, "user.vexfs.metadata")
        self.assertEqual((path / "metadata.jsonl").read_text(), "\n")

    def test_a_point_that_is_removed_while_it_is_open_is_still_read(self):
        path = self.collection()
        self.insert(path, [[1, 2]], ids=[7])
        with open(path / "points/7", "rb") as point:
            (path / "points/7").unlink()
            self.assertFalse((path / "points/7").exists())
            self.assertEqual(np.frombuffer(point.read(), "<f4").tolist(), [1, 2])
        self.assert_errno(errno.ENOENT, os.unlink, path / "points/7")


class Arrays(Mounted):
    def test_arrays_are_what_was_inserted(self):
        path = self.collection(dimension=16)
        vectors = rows(1000, 16)
        ids = np.random.default_rng(2).permutation(10_000)[:1000].astype("<u8")
        self.insert(path, vectors, ids=ids, metadata=[{"n": i, "text": "ä" * (i % 50)} if i % 3 else None
                                                      for i in range(1000)])
        np.testing.assert_array_equal(np.load(path / "vectors.npy"), vectors)
        np.testing.assert_array_equal(np.load(path / "ids.npy"), ids)
        lines = (path / "metadata.jsonl").read_text().split("\n")
        self.assertEqual([json.loads(line)["n"] if line else None for line in lines[:-1]],
                         [i if i % 3 else None for i in range(1000)])
        self.assertEqual(lines[-1], "")
        self.assertEqual(np.load(path / "vectors.npy").dtype, np.dtype("<f4"))

    def test_sizes_are_told_without_opening(self):
        path = self.collection(dimension=16)
        self.insert(path, rows(10, 16), metadata=[{"n": i} for i in range(10)])
        with Call(path / "call") as call:
            call.call("delete", ids=[3])
        for name in ("vectors.npy", "ids.npy", "metadata.jsonl"):
            self.assertEqual((path / name).stat().st_size, len((path / name).read_bytes()), name)

    def test_an_empty_collection_has_empty_arrays(self):
        path = self.collection(dimension=16)
        self.assertEqual(np.load(path / "vectors.npy").shape, (0, 16))
        self.assertEqual(np.load(path / "ids.npy").shape, (0,))
        self.assertEqual((path / "metadata.jsonl").read_bytes(), b"")

    def test_what_is_open_stays_as_it_was_and_who_opens_it_sees_what_is_now(self):
        path = self.collection(dimension=4)
        first = rows(5000, 4)
        self.insert(path, first)
        with open(path / "vectors.npy", "rb") as before:
            mapped = np.load(path / "vectors.npy", mmap_mode="r")
            self.insert(path, rows(10, 4, seed=2))
            with Call(path / "call") as call:
                call.call("delete", ids=list(range(2500)))
                call.call("collection.optimize", wait=True)
            np.testing.assert_array_equal(np.load(before), first)
            np.testing.assert_array_equal(mapped, first)
        now = np.load(path / "vectors.npy", mmap_mode="r")
        np.testing.assert_array_equal(now, np.concatenate([first[2500:], rows(10, 4, seed=2)]))
        np.testing.assert_array_equal(mapped, first)

    def test_parts_of_an_array_are_read_from_anywhere(self):
        path = self.collection(dimension=3)
        self.insert(path, rows(10_000, 3))
        whole = (path / "vectors.npy").read_bytes()
        descriptor = os.open(path / "vectors.npy", os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        for offset, count in ((0, 5), (120, 20), (127, 1), (128, 12), (50_001, 4099), (len(whole) - 3, 100)):
            self.assertEqual(os.pread(descriptor, count, offset), whole[offset:offset + count])
        self.assertEqual(os.pread(descriptor, 10, len(whole)), b"")
        self.assertEqual(os.lseek(descriptor, 0, os.SEEK_END), len(whole))
        with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as mapped:
            self.assertEqual(mapped[:], whole)

    def test_a_map_equals_what_was_imported_while_a_writer_inserts(self):
        path = self.collection(dimension=32)
        imported = rows(20_000, 32)
        self.insert(path, imported)
        stop = threading.Event()

        def write():
            with Call(path / "call") as call:
                while not stop.is_set():
                    call.call("insert", {"vectors": rows(3, 32, seed=3)})

        writer = threading.Thread(target=write)
        writer.start()
        try:
            sizes = []
            for _ in range(30):
                mapped = np.load(path / "vectors.npy", mmap_mode="r")
                np.testing.assert_array_equal(mapped[:len(imported)], imported)
                sizes.append(len(mapped))
        finally:
            stop.set()
            writer.join(PATIENCE_S)
        self.assertEqual(sizes, sorted(sizes))
        self.assertGreater(sizes[-1], sizes[0])

    def test_cat_and_cp_copy_it_out(self):
        path = self.collection(dimension=8)
        vectors = rows(3000, 8)
        self.insert(path, vectors)
        copy = self.mount.parent / f"{self.id()}.npy"
        self.addCleanup(copy.unlink)
        subprocess.run(["cp", path / "vectors.npy", copy], check=True)
        np.testing.assert_array_equal(np.load(copy), vectors)
        done = subprocess.run(["cat", path / "vectors.npy"], check=True, stdout=subprocess.PIPE)
        self.assertEqual(done.stdout, copy.read_bytes())


if __name__ == "__main__":
    unittest.main()
