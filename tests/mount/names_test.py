# SPDX-License-Identifier: Apache-2.0
"""Names, directories and attributes."""
import errno
import os
import stat
import unittest

from mounted import Call, Mounted, wait_for

FILES = {"call", "search", "insert", "config", "stats", "io_stats", "vectors.npy", "ids.npy", "metadata.jsonl",
         "import", "points"}


class Names(Mounted):
    def test_a_collection_is_a_directory_with_its_files(self):
        path = self.collection()
        self.assertIn(path.name, os.listdir(self.mount))
        self.assertEqual(set(os.listdir(path)), FILES)
        self.assertEqual(set(os.listdir(self.mount / ".vexfs")), {"version", "health", "stats", "metrics", "call"})

    def test_what_is_not_there_is_not_found(self):
        path = self.collection()
        for missing in (self.mount / "nothing", path / "nothing", path / "points" / "7", path / "points" / "x",
                        path / "points" / "07", path / "import" / "x.npy", self.mount / ".vexfs" / "nothing"):
            self.assert_errno(errno.ENOENT, os.stat, missing)

    def test_a_name_is_at_most_255_bytes_long(self):
        path = self.collection()
        self.assert_errno(errno.ENOENT, os.stat, path / ("n" * 255))
        for function in (os.stat, os.mkdir):
            self.assert_errno(errno.ENAMETOOLONG, function, self.mount / ("n" * 256))
        self.assert_errno(errno.ENAMETOOLONG, open, path / "import" / ("n" * 256), "wb")
        self.assertEqual(os.statvfs(self.mount).f_namemax, 255)

    def test_a_collection_has_a_name_of_128_bytes_of_letters_digits_and_marks(self):
        longest = self.collection(name="n" * 128)
        self.assertTrue(longest.is_dir())
        self.assert_errno(errno.ENAMETOOLONG, os.mkdir, self.mount / ("n" * 129))
        for name in ("two words", ".hidden", "-x", "ümlaut", "a\nb", b"\xff\xfe"):
            self.assert_errno(errno.EINVAL, os.mkdir, os.path.join(os.fsencode(self.mount), os.fsencode(name)))

    def test_a_file_to_import_has_a_name_of_any_bytes(self):
        path = self.collection()
        for name in (b"a b", b"\xff\x01\\'\"", b"\n", "ä€".encode(), b"n" * 255):
            with open(os.path.join(os.fsencode(path), b"import", name), "xb"):
                self.assertEqual(os.listdir(os.path.join(os.fsencode(path), b"import")), [name])
            wait_for(lambda: os.listdir(path / "import") == [], "the end of a file that was closed")

    def test_a_name_that_is_taken_is_not_made_again(self):
        path = self.collection()
        self.assert_errno(errno.EEXIST, os.mkdir, path)
        self.assert_errno(errno.EEXIST, os.mkdir, self.mount / ".vexfs")

    def test_rmdir_removes_an_empty_collection_alone(self):
        path = self.collection()
        (identity,) = self.insert(path, [[1, 2]])
        self.assert_errno(errno.ENOTEMPTY, path.rmdir)
        (path / "points" / str(identity)).unlink()
        path.rmdir()
        self.assertNotIn(path.name, os.listdir(self.mount))
        self.assert_errno(errno.ENOENT, os.stat, path / "call")

    def test_the_tree_s_own_names_stay(self):
        path = self.collection()
        for name in ("points", "import"):
            self.assert_errno(errno.EPERM, os.rmdir, path / name)
        self.assert_errno(errno.EPERM, os.rmdir, self.mount / ".vexfs")
        for name in ("call", "vectors.npy", "config"):
            self.assert_errno(errno.EPERM, os.unlink, path / name)
        self.assert_errno(errno.EPERM, os.mkdir, path / "more")
        self.assert_errno(errno.EPERM, open, path / "more", "w")
        self.assert_errno(errno.EPERM, os.rename, path, self.mount / "other")
        self.assert_errno(errno.EPERM, os.symlink, "call", path / "link")
        self.assert_errno(errno.EPERM, os.link, path / "call", path / "link")

    def test_a_name_has_one_inode_number_for_good(self):
        path = self.collection()
        names = [path, path / "call", path / "points", path / "config", self.mount, self.mount / ".vexfs"]
        before = [os.stat(name).st_ino for name in names]
        self.assertEqual(len(set(before)), len(names))
        self.remove(path)
        path.mkdir()
        self.assertEqual([os.stat(name).st_ino for name in names], before)

    def test_what_is_listed_has_the_number_and_kind_that_stat_tells(self):
        path = self.collection()
        self.insert(path, [[1, 2]])
        for directory in (self.mount, path, path / "points"):
            with os.scandir(directory) as entries:
                for entry in entries:
                    self.assertEqual(entry.is_dir(follow_symlinks=False), stat.S_ISDIR(os.stat(entry.path).st_mode))
                    if not entry.name.endswith((".npy", ".jsonl")):
                        self.assertEqual(entry.inode(), os.stat(entry.path).st_ino, entry.path)

    def test_what_is_there_all_the_while_is_listed_once_while_others_come_and_go(self):
        path = self.collection()
        stay = set(self.insert(path, [[i, 1] for i in range(5000)]))
        with Call(path / "call") as call:
            call.call("delete", ids=list(range(0, 5000, 7)))
        stay -= set(range(0, 5000, 7))
        seen = []
        with os.scandir(path / "points") as entries:
            for count, entry in enumerate(entries):
                seen.append(int(entry.name))
                if count % 500 == 0:
                    self.insert(path, [[0, 1]])
                    (path / "points" / str(seen[-1])).unlink()
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(stay, set(seen))

    def test_a_listing_can_be_begun_again(self):
        path = self.collection()
        descriptor = os.open(self.mount, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, descriptor)
        first = set(os.listdir(descriptor))
        other = self.collection(name=path.name[:90] + "-2")
        self.assertEqual(set(os.listdir(descriptor)), first | {other.name})

    def test_touching_is_no_error(self):
        path = self.collection()
        os.utime(path / "call")
        os.utime(path)


if __name__ == "__main__":
    unittest.main()
