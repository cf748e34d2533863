# SPDX-License-Identifier: Apache-2.0
"""`config`, owners and modes."""
import errno
import json
import os
import stat
import subprocess
import sys
import tomllib
import unittest

import numpy as np
from mounted import NOBODY, Call, Mounted


class Config(Mounted):
    def config(self, path):
        return tomllib.loads((path / "config").read_text())

    def refused(self, path, text):
        """The errno with which close fails, and why."""
        descriptor = os.open(path / "config", os.O_WRONLY | os.O_TRUNC)
        os.write(descriptor, text.encode())
        with self.assertRaises(OSError) as raised:
            os.close(descriptor)
        return raised.exception.errno, os.getxattr(path / "config", "user.vexfs.error").decode()

    def test_mkdir_makes_a_collection_with_the_configured_defaults(self):
        path = self.mount / "defaults"
        path.mkdir()
        self.addCleanup(self.remove, path)
        config = self.config(path)
        self.assertEqual((config["dimension"], config["metric"], config["algorithm"]), (384, "cosine", "hnsw"))

    def test_an_empty_collection_gets_another_dimension_metric_and_algorithm(self):
        path = self.collection(dimension=5, metric="euclidean", algorithm="flat")
        config = self.config(path)
        self.assertEqual((config["dimension"], config["metric"], config["algorithm"]), (5, "euclidean", "flat"))
        self.insert(path, [[1, 2, 3, 4, 5]])
        number, why = self.refused(path, "dimension = 6\n")
        self.assertEqual(number, errno.EINVAL)
        self.assertIn("holds 1 points", why)
        (path / "config").write_text("dimension = 5\n")  # as it is
        self.assertEqual(np.load(path / "vectors.npy").tolist(), [[1, 2, 3, 4, 5]])

    def test_what_an_index_is_built_with_changes_while_the_collection_is_empty(self):
        path = self.collection()
        (path / "config").write_text("[parameters]\nm = 8\nef_construction = 50\n")
        self.assertEqual(self.config(path)["parameters"]["m"], 8)
        self.insert(path, [[1, 2]])
        self.assertEqual(self.refused(path, "[parameters]\nm = 9\n")[0], errno.EOPNOTSUPP)

    def test_what_can_change_while_it_serves(self):
        path = self.collection()
        self.insert(path, [[1, 2]])
        (path / "config").write_text('durability = "async"\nmode = "0600"\n[parameters]\nef_search = 77\n')
        config = self.config(path)
        self.assertEqual((config["durability"], config["mode"], config["parameters"]["ef_search"]),
                         ("async", "0600", 77))

    def test_a_mistake_changes_nothing(self):
        path = self.collection()
        before = (path / "config").read_text()
        for text, number, message in (("dimension = ", errno.EBADMSG, "line 1"), ("frob = 1\n", errno.EINVAL, "frob"),
                                      ('durability = "none"\n', errno.EINVAL, "durability"),
                                      ("mode = 600\n", errno.EINVAL, "octal"),
                                      ('durability = "sync"\ndimension = 0\n', errno.EINVAL, "dimension")):
            got, why = self.refused(path, text)
            self.assertEqual(got, number, text)
            self.assertIn(message, why)
            self.assertEqual((path / "config").read_text(), before)

    def test_it_is_edited_in_place(self):
        path = self.collection()
        with open(path / "config", "r+") as config:
            text = config.read().replace('durability = "group"', 'durability = "async"')
            config.seek(0)
            config.write(text)
            config.truncate()
        self.assertEqual(self.config(path)["durability"], "async")
        self.assertEqual(os.stat(path / "config").st_size, len((path / "config").read_bytes()))

    def test_what_is_appended_is_added(self):
        path = self.collection(algorithm="flat")
        text = (path / "config").read_text().replace('durability = "group"\n', "")
        with open(path / "config", "w") as config:
            config.write(text)
            config.flush()
        with open(path / "config", "a") as config:
            config.write("\n# a remark\n")
        self.assertEqual(self.config(path)["algorithm"], "flat")

    def test_emptying_it_changes_nothing(self):
        path = self.collection(dimension=7)
        os.truncate(path / "config", 0)
        (path / "config").write_text("")
        self.assertEqual(self.config(path)["dimension"], 7)


@unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
class Owners(Mounted):
    def nobody(self, program, *groups):
        """Runs Python as another user; what it prints."""
        done = subprocess.run([sys.executable, "-c", "import os, sys, errno, json\n" + program], user=NOBODY,
                              group=NOBODY, extra_groups=list(groups), cwd="/", capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def error_of_nobody(self, expression, *groups):
        return self.nobody(f"try:\n    {expression}\n    print('done')\n"
                           "except OSError as error:\n    print(errno.errorcode[error.errno])", *groups)

    def test_a_directory_shows_owner_and_mode(self):
        path = self.collection()
        with Call(path / "call") as call:
            call.call("collection.configure", parameters={"uid": 1234, "gid": 5678, "mode": 0o640})
        status = path.stat()
        self.assertEqual((status.st_uid, status.st_gid, stat.filemode(status.st_mode)), (1234, 5678, "drwxr-x---"))
        modes = {name: stat.filemode((path / name).stat().st_mode) for name in os.listdir(path)}
        self.assertEqual(modes, {"call": "-rw-rw----", "search": "-rw-rw----", "insert": "-rw-------",
                                 "config": "-rw-r-----", "stats": "-r--r-----", "io_stats": "-r--r-----",
                                 "vectors.npy": "-r--r-----", "ids.npy": "-r--r-----", "metadata.jsonl": "-r--r-----",
                                 "import": "drwxr-x---", "points": "drwxr-x---"})

    def test_chmod_and_chown_are_those_of_the_collection(self):
        path = self.collection()
        path.chmod(0o750)
        os.chown(path, NOBODY, NOBODY)
        with Call(path / "call") as call:
            schema = call.call("collection.info")["schema"]
        self.assertEqual((schema["uid"], schema["gid"], schema["mode"]), (NOBODY, NOBODY, 0o640))
        self.assert_errno(errno.EPERM, os.chmod, path / "call", 0o777)
        self.assertEqual(self.error_of_nobody(f"os.chmod('{path}', 0o700)"), "done")
        self.assertEqual(self.error_of_nobody(f"os.chown('{path}', 0, 0)"), "EPERM")

    def test_others_may_what_the_mode_grants(self):
        path = self.collection()
        self.insert(path, [[1, 2]], ids=[7])
        path.chmod(0o700)
        for expression in (f"os.listdir('{path}')", f"open('{path}/vectors.npy')", f"open('{path}/call', 'r+')",
                           f"open('{path}/insert', 'w')", f"os.unlink('{path}/points/7')", f"os.rmdir('{path}')"):
            self.assertIn(self.error_of_nobody(expression), ("EACCES", "EPERM"), expression)
        self.assertNotIn(path.name, self.nobody(f"print(os.listdir('{self.mount}'))"))
        path.chmod(0o704 | 0o001)
        self.assertEqual(self.error_of_nobody(f"open('{path}/vectors.npy')"), "done")
        self.assertEqual(self.error_of_nobody(f"open('{path}/points/7')"), "done")
        for expression in (f"open('{path}/insert', 'w')", f"os.unlink('{path}/points/7')",
                           f"open('{path}/points/8', 'w')", f"open('{path}/import/x.npy', 'w')",
                           f"os.setxattr('{path}/points/7', 'user.vexfs.metadata', b'{{}}')",
                           f"open('{path}/config', 'w')"):
            self.assertEqual(self.error_of_nobody(expression), "EACCES", expression)
        path.chmod(0o707)
        self.assertEqual(self.error_of_nobody(f"os.unlink('{path}/points/7')"), "done")
        self.assertEqual(self.error_of_nobody(f"open('{path}/config', 'w')"), "EACCES")

    def test_a_group_counts_also_where_it_is_one_of_several(self):
        path = self.collection()
        os.chown(path, 0, 4321)
        path.chmod(0o770)
        program = f"call = os.open('{path}/call', os.O_RDWR)\n" \
                  "os.write(call, b'{\"op\":\"stats\"}\\n')\nprint(json.loads(os.read(call, 9999))['ok'])"
        self.assertEqual(self.nobody(program, 4321), "True")
        self.assertEqual(self.error_of_nobody(f"open('{path}/call', 'r+')"), "EACCES")

    def test_a_request_is_that_of_the_user_who_opened_the_file(self):
        path = self.collection()
        path.chmod(0o700)
        program = f"call = os.open('{self.mount}/.vexfs/call', os.O_RDWR)\n" \
                  f"os.write(call, b'{{\"op\":\"stats\",\"collection\":\"{path.name}\"}}\\n')\n" \
                  "print(json.loads(os.read(call, 9999))['error']['code'])"
        self.assertEqual(self.nobody(program), "permission_denied")

    def test_who_makes_a_directory_owns_it_and_alone_removes_it(self):
        path = self.mount / "theirs"
        self.addCleanup(self.remove, path)
        self.assertEqual(self.error_of_nobody(f"os.umask(0); os.mkdir('{path}')"), "done")
        self.assertEqual((path.stat().st_uid, stat.filemode(path.stat().st_mode)), (NOBODY, "drwxr-x---"))
        mine = self.collection()
        mine.chmod(0o777)
        self.assertIn(self.error_of_nobody(f"os.rmdir('{mine}')"), ("EPERM", "EACCES"))
        self.assertEqual(self.error_of_nobody(f"os.rmdir('{path}')"), "done")

    def test_the_umask_takes_away(self):
        path = self.mount / "masked"
        self.addCleanup(self.remove, path)
        self.nobody(f"os.umask(0o077); os.mkdir('{path}')")
        self.assertEqual(stat.filemode(path.stat().st_mode), "drwx------")


if __name__ == "__main__":
    unittest.main()
