# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python client have in common: a daemon with a mount, as those of the mount have it, and a client."""
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mount"))
from mounted import PATIENCE_S, Mounted, MountingDaemon, mounted_types, rows, wait_for  # noqa: E402,F401

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import vexfs  # noqa: E402


class Served(Mounted):
    def setUp(self):
        warnings.simplefilter("error", vexfs.SettingWarning)  # none that a test doesn't expect
        self.addCleanup(warnings.resetwarnings)
        self.client = vexfs.Client(str(self.mount))
        self.addCleanup(self.client.close)

    def docs(self, dimension=2, distance_metric="euclidean", **more):
        """A new collection, deleted at the end of the test."""
        name = self.id().rpartition(".")[2][:100]
        self.addCleanup(self.remove, self.mount / name)
        return self.client.create_collection(name, dimension, distance_metric=distance_metric, **more)

    def assert_code(self, code, function, *arguments, **more):
        with self.assertRaises(vexfs.VexFSError) as raised:
            function(*arguments, **more)
        self.assertEqual(raised.exception.code, code, raised.exception)
        return raised.exception
