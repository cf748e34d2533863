# SPDX-License-Identifier: Apache-2.0
"""What the tests of a mount have in common.

They are about a mount point, whoever serves it: VEXFS_MOUNT names one that is there; without it each file of tests
starts a vexfsd with one of its own, in a directory of its own, and takes both away at the end.
"""
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import PATIENCE_S, Daemon, wait_for  # noqa: E402,F401
from wire import Client, frame, request  # noqa: E402,F401

NOBODY = 65534


class MountingDaemon(Daemon):
    """A vexfsd with a mount below its directory."""

    def __init__(self, directory, options=(), **more):
        super().__init__(directory, **more)
        self.mount = self.directory / "mnt"
        self.mount.mkdir(exist_ok=True)
        self.options = list(options)

    def command(self):
        return [*super().command(), "--mount", str(self.mount), *self.options]

    def clean_up(self):
        """Ends it, whatever state it is in, and leaves nothing mounted that it mounted."""
        if self.running():
            self.kill()
        while mounted_types(self.mount):
            subprocess.run(["umount", "--lazy", self.mount], check=True, timeout=PATIENCE_S)
        shutil.rmtree(self.directory)


def mounted_types(directory):
    """Of the file systems mounted on a directory, by /proc, which needs no answer from those who serve them."""
    rows = [line.split(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [after.split()[0] for before, after in rows if before.split()[4] == str(directory)]


class Call:
    """A descriptor of a file `call`, used as a connection is."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.close(self.descriptor)
        except OSError as error:
            if error.errno not in (errno.ENOTCONN, errno.ECONNABORTED):  # the daemon is gone
                raise

    def read_exactly(self, count):
        data = bytearray()
        while len(data) < count:
            part = os.read(self.descriptor, count - len(data))
            assert part, f"the reply ends after {len(data)} bytes of {count}"
            data += part
        return bytes(data)

    def receive(self):
        head = self.read_exactly(16)
        assert head[:4] == b"VXF2", head
        header = json.loads(self.read_exactly(int.from_bytes(head[4:8], "little")))
        return Client.checked(header, self.read_exactly(int.from_bytes(head[8:16], "little")))

    def call(self, op, arrays=None, **fields):
        os.write(self.descriptor, request(op, arrays, **fields))
        return self.receive()


class Mounted(unittest.TestCase):
    daemon = None

    @classmethod
    def setUpClass(cls):
        if "VEXFS_MOUNT" in os.environ:
            cls.mount = Path(os.environ["VEXFS_MOUNT"])
            return
        cls.daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-mount-"), config='[server]\nsocket_mode = "0666"\n')
        cls.daemon.directory.chmod(0o711)
        cls.addClassCleanup(cls.daemon.clean_up)
        cls.daemon.start()
        cls.mount = cls.daemon.mount

    @classmethod
    def tearDownClass(cls):
        if cls.daemon:
            status = cls.daemon.stop()
            print(cls.daemon.log(), file=sys.stderr, end="")  # ctest shows it where a test fails
            assert status == 0, f"vexfsd ended with status {status}"
            assert mounted_types(cls.mount) == [], "the mount is still there"

    def collection(self, dimension=2, name=None, **settings):
        """A new collection's directory; it is emptied and removed at the end of the test."""
        path = self.mount / (name or self.id().rpartition(".")[2][:100])
        path.mkdir()
        self.addCleanup(self.remove, path)
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
        (path / "config").write_text(f"dimension = {dimension}\n{lines}")
        return path

    def remove(self, path):
        with Call(self.mount / ".vexfs/call") as call:
            call.call("collection.delete", collection=path.name, missing_ok=True)

    def insert(self, path, vectors, **fields):
        """Through the collection's `call`; the ids."""
        vectors = np.asarray(vectors, "<f4")
        arrays = {"vectors": vectors}
        if "ids" in fields:
            arrays["ids"] = np.asarray(fields.pop("ids"), "<u8")
        with Call(path / "call") as call:
            return call.call("insert", arrays, **fields)["arrays"]["ids"].tolist()

    def assert_errno(self, number, function, *arguments, **more):
        with self.assertRaises(OSError) as raised:
            function(*arguments, **more)
        self.assertEqual(os.strerror(raised.exception.errno), os.strerror(number))


def rows(count, dimension, seed=1):
    return np.random.default_rng(seed).random((count, dimension), "f4")
