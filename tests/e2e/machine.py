# SPDX-License-Identifier: Apache-2.0
"""A machine for what only root may change: this one, with directories of a test's own in the place of its own."""
import os
import subprocess
import unittest

from harness import PATIENCE_S, Ctl, clean_environment

only_root = unittest.skipUnless(os.geteuid() == 0, "only root can mount over directories of this machine")


class Machine:
    """Each command runs in a mount namespace, with `directory`/NAME mounted on each of `places`."""

    def __init__(self, directory, **places):
        self.mounts = []
        for name, place in places.items():
            made = directory / name
            made.mkdir()
            self.mounts.append((made, place))
            setattr(self, name, made)

    def wrapper(self):
        mounts = "".join(f'mount --bind "{made}" "{place}" && ' for made, place in self.mounts)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts + 'exec "$@"', "sh"]

    def run(self, *command, **options):
        return subprocess.run([*self.wrapper(), *map(str, command)], env=clean_environment(), text=True,
                              capture_output=True, timeout=PATIENCE_S, **options)

    def ctl(self, *options):
        vexfsctl = Ctl(*options)
        command = vexfsctl.command
        vexfsctl.command = lambda *arguments: [*self.wrapper(), *command(*arguments)]
        return vexfsctl
