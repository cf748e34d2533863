# SPDX-License-Identifier: Apache-2.0
"""`insert` and `import/`: vectors on their way in."""
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

import numpy as np
from mounted import Call, Mounted, request, rows


class Vectors(Mounted):
    def vectors(self, path):
        return np.load(path / "vectors.npy")

    def error(self, path):
        return os.getxattr(path, "user.vexfs.error").decode()


class Inserts(Vectors):
    def test_raw_rows_are_inserted(self):
        path = self.collection(dimension=5)
        wanted = rows(1000, 5)
        with open(path / "insert", "wb") as insert:
            insert.write(wanted.tobytes())
        np.testing.assert_array_equal(self.vectors(path), wanted)

    def test_rows_may_come_in_any_pieces(self):
        path = self.collection(dimension=3)
        wanted = rows(100, 3)
        descriptor = os.open(path / "insert", os.O_WRONLY)
        data = wanted.tobytes()
        for begin in range(0, len(data), 7):
            os.write(descriptor, data[begin:begin + 7])
        os.close(descriptor)
        np.testing.assert_array_equal(self.vectors(path), wanted)

    def test_more_than_a_batch(self):
        path = self.collection(dimension=100)
        wanted = rows(30_000, 100)
        with open(path / "insert", "wb", buffering=0) as insert:
            view = memoryview(wanted.tobytes())
            while view:
                view = view[insert.write(view):]
        np.testing.assert_array_equal(self.vectors(path), wanted)

    def test_json_lines_have_ids_and_metadata(self):
        path = self.collection()
        (path / "insert").write_text('{"vector":[1,2],"id":7,"metadata":{"word":"king"}}\n'
                                     '{"vector":[3,4],"id":9}\n[5,6]\n')
        self.assertEqual(sorted(os.listdir(path / "points"), key=int), ["7", "9", "10"])
        self.assertEqual(os.getxattr(path / "points/7", "user.vexfs.metadata"), b'{"word":"king"}')
        self.assertEqual((path / "metadata.jsonl").read_text(), '{"word":"king"}\n\n\n')

    def test_a_line_needs_no_newline_at_the_end(self):
        path = self.collection()
        (path / "insert").write_text('{"vector":[1,2]}')
        self.assertEqual(self.vectors(path).tolist(), [[1, 2]])

    def test_frames_are_inserted(self):
        path = self.collection()
        with open(path / "insert", "wb") as insert:
            for i in range(3):
                insert.write(request("upsert", {"vectors": np.array([[i, 1]], "<f4"), "ids": np.array([5], "<u8")}))
        self.assertEqual(self.vectors(path).tolist(), [[2, 1]])

    def test_who_can_read_is_told_what_came_of_it(self):
        path = self.collection()
        with open(path / "insert", "r+b", buffering=0) as insert:
            insert.write(b"[1,2]\n[3,4]\n")
            self.assertEqual(json.loads(insert.read(1 << 16)), {"ok": True, "inserted": 2, "ids": [0, 1]})
            self.assertEqual(insert.read(100), b"")
            insert.write(b"[1,2,3]\n")
            self.assertIn("dimension 2", json.loads(insert.read(1 << 16))["error"]["message"])

    def test_fsync_has_everything_in(self):
        path = self.collection()
        with open(path / "insert", "wb", buffering=0) as insert:
            insert.write(np.array([[1, 2], [3, 4]], "<f4").tobytes())
            os.fsync(insert.fileno())
            self.assertEqual(len(os.listdir(path / "points")), 2)

    def test_close_fails_and_says_why_where_rows_can_not_be_inserted(self):
        path = self.collection()
        for data, number, message in ((np.array([[1, np.nan]], "<f4").tobytes(), errno.EDOM, "NaN"),
                                      (b"[1,2,3]\n", errno.EINVAL, "dimension 2"),
                                      (b'{"vector":"x"}\n', errno.EBADMSG, "line 1"),
                                      (np.array([1, 2, 3], "<f4").tobytes(), errno.EINVAL, "4 bytes behind")):
            descriptor = os.open(path / "insert", os.O_WRONLY)
            try:
                os.write(descriptor, data)
            except OSError as error:
                self.assertEqual(error.errno, number)  # what is whole may be looked at before it is closed
            self.assert_errno(number, os.close, descriptor)
            self.assertIn(message, self.error(path / "insert"))
        self.assertEqual(len(os.listdir(path / "points")), 1)  # the row before the half one

    def test_of_a_writer_that_dies_in_the_middle_whole_rows_are_in(self):
        path = self.collection(dimension=4)
        program = "import os, signal, sys; os.write(1, bytes(16) + b'x' * 5); os.kill(os.getpid(), signal.SIGKILL)"
        with open(path / "insert", "wb") as insert:
            done = subprocess.run([sys.executable, "-c", program], stdout=insert)
            self.assertEqual(done.returncode, -signal.SIGKILL)
            os.write(insert.fileno(), b"x" * 11)  # the rest of it, of one who still has it open
        self.assertEqual(self.vectors(path).shape, (2, 4))


class Imports(Vectors):
    def npy(self, array, name="vectors.npy"):
        source = self.mount.parent / f"{self.id()}-{name}"
        with open(source, "wb") as file:
            np.save(file, array)
        self.addCleanup(source.unlink)
        return source

    def test_an_npy_file_that_is_copied_in_is_imported(self):
        path = self.collection(dimension=100)
        wanted = rows(20_000, 100)
        shutil.copy(self.npy(wanted), path / "import/vectors.npy")
        np.testing.assert_array_equal(self.vectors(path), wanted)
        self.assertEqual(os.listdir(path / "import"), [])

    def test_each_format_is_imported(self):
        path = self.collection(dimension=2)
        contents = {"a.fvecs": np.int32(2).tobytes() + np.array([1, 2], "<f4").tobytes(),
                    "a.fbin": np.array([1, 2], "<u4").tobytes() + np.array([3, 4], "<f4").tobytes(),
                    "a.jsonl": b'{"vector":[5,6],"id":77,"metadata":{"n":1}}\n'}
        for name, content in contents.items():
            (path / "import" / name).write_bytes(content)
        self.assertEqual(self.vectors(path).tolist(), [[1, 2], [3, 4], [5, 6]])
        self.assertIn("77", os.listdir(path / "points"))

    def test_numpy_saves_into_it(self):
        path = self.collection()
        np.save(path / "import/x.npy", np.array([[1, 2]], "<f4"))
        self.assertEqual(self.vectors(path).tolist(), [[1, 2]])

    def test_cp_and_mv(self):
        path = self.collection()
        source = self.npy(np.array([[1, 2]], "<f4"))
        subprocess.run(["cp", "--preserve=all", source, path / "import/x.npy"], check=True)
        copy = source.with_suffix(".2.npy")
        shutil.copy(source, copy)
        subprocess.run(["mv", copy, path / "import/y.npy"], check=True)
        self.assertFalse(copy.exists())
        self.assertEqual(self.vectors(path).tolist(), [[1, 2], [1, 2]])

    def test_a_file_that_is_no_such_file_fails_at_close_and_is_gone(self):
        path = self.collection()
        for name, content, number, message in (("x.npy", b"garbage", errno.EBADMSG, "no readable .npy"),
                                               ("x.txt", b"hello", errno.EINVAL, "x.txt"),
                                               ("x.fvecs", b"\x03\0\0\0" + bytes(12), errno.EINVAL, "dimension 2")):
            descriptor = os.open(path / "import" / name, os.O_WRONLY | os.O_CREAT)
            os.write(descriptor, content)
            self.assert_errno(number, os.close, descriptor)
            self.assertIn(message, self.error(path / "import"))
        self.assertEqual(self.vectors(path).shape, (0, 2))
        self.assertEqual(os.listdir(path / "import"), [])

    def test_the_same_file_twice_is_imported_twice(self):
        path = self.collection()
        source = self.npy(rows(3, 2))
        for count in (3, 6, 9):
            shutil.copy(source, path / "import/x.npy")
            self.assertEqual(len(self.vectors(path)), count)

    def test_writing_here_and_there(self):
        path = self.collection()
        data = self.npy(rows(100, 2)).read_bytes()
        descriptor = os.open(path / "import/x.npy", os.O_RDWR | os.O_CREAT)
        os.pwrite(descriptor, data[50:], 50)
        os.pwrite(descriptor, data[:50], 0)
        self.assertEqual(os.pread(descriptor, 6, 0), b"\x93NUMPY")
        self.assertEqual(os.fstat(descriptor).st_size, len(data))
        os.pwrite(descriptor, b"more", len(data))
        os.ftruncate(descriptor, len(data))
        os.close(descriptor)
        np.testing.assert_array_equal(self.vectors(path), rows(100, 2))

    def test_a_file_that_is_removed_while_it_is_written_is_not_imported_under_its_name(self):
        path = self.collection()
        with open(path / "import/x.npy", "wb") as file:
            os.unlink(path / "import/x.npy")
            self.assertEqual(os.listdir(path / "import"), [])
        self.assertEqual(self.vectors(path).shape, (0, 2))


if __name__ == "__main__":
    unittest.main()
