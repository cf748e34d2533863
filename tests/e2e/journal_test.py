# SPDX-License-Identifier: Apache-2.0
"""What the daemon writes to the journal: fields, and ids that the catalog explains."""
import re
import shutil
import signal
import socket
import struct
import subprocess
import unittest

from harness import PATIENCE_S, SOURCE_DIR, EndToEnd
from machine import only_root

SOURCE = SOURCE_DIR / "vexfsd/log.h"
CATALOG = SOURCE_DIR / "systemd/vexfs.catalog"


def ids():
    """The events' names in the sources, and their ids."""
    return {name: id for name, id in re.findall(r'constexpr .*?(\w+)(?: = |\{)"([0-9a-f]{32})"', SOURCE.read_text())}


def fields_of(entry):
    """An entry in the journal's native protocol."""
    fields = {}
    while entry:
        line, _, entry = entry.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size, = struct.unpack("<Q", entry[:8])
            value, entry = entry[8:8 + size], entry[9 + size:]
        fields[name.decode()] = value.decode()
    return fields


class Catalog(EndToEnd):
    def test_each_event_is_explained(self):
        self.assertEqual(sorted(ids().values()), sorted(re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.MULTILINE)))

    @unittest.skipUnless(shutil.which("journalctl"), "there is no journalctl")
    def test_journalctl_takes_it(self):
        place = self.directory / "usr/lib/systemd/catalog"
        place.mkdir(parents=True)
        (self.directory / "var/lib/systemd/catalog").mkdir(parents=True)
        shutil.copy(CATALOG, place)
        # A catalog of the machine's own is none of ours.
        for arguments in (["--update-catalog"], ["--list-catalog"]):
            done = subprocess.run(["journalctl", f"--root={self.directory}", *arguments], capture_output=True, text=True,
                                  timeout=PATIENCE_S, check=True)
        listed = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        for name, id in ids().items():
            self.assertIn("VexFS: ", listed[id], name)

    def test_it_speaks_of_fields_that_there_are(self):
        sources = "".join((SOURCE_DIR / "vexfsd" / name).read_text() for name in ("daemon.cpp", "mount.cpp", "alert_hook.cpp"))
        sent = set(re.findall(r'\{"(VEXFS_\w+)",', sources))
        self.assertLessEqual(set(re.findall(r"@(VEXFS_\w+)@", CATALOG.read_text())), sent)


@only_root
class Journal(EndToEnd):
    def setUp(self):
        super().setUp()
        directory = self.directory / "journal"
        directory.mkdir()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(str(directory / "socket"))
        self.socket.settimeout(PATIENCE_S)
        self.wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                        'mount -t tmpfs journal /run && mkdir -p /run/systemd/journal && '
                        'mount --bind "$0" /run/systemd/journal && exec "$@"', str(directory)]

    def next_of(self, name):
        while True:
            fields = fields_of(self.socket.recv(1 << 16))
            if fields.get("MESSAGE_ID") == ids()[name]:
                return fields

    def test_events_have_ids_and_fields(self):
        daemon = self.daemon_in(self.directory, config='[log]\ntarget = "journal"\n',
                                wrapper=self.wrapper)
        command = [word for word in daemon.command() if word != "--foreground"]
        daemon.command = lambda: command
        daemon.spawn()
        ready = self.next_of("ready")
        self.assertEqual((ready["VEXFS_DATA_DIR"], ready["VEXFS_COLLECTIONS"]), (str(daemon.data_dir), "0"))
        self.assertEqual((ready["PRIORITY"], ready["SYSLOG_IDENTIFIER"]), ("6", "vexfsd"))
        (self.directory / "vexfsd.toml").write_text('[log]\ntarget = "journal"\n[server]\nmax_clint = 1\n')
        daemon.process.send_signal(signal.SIGHUP)
        refused = self.next_of("reload_refused")
        self.assertRegex(refused["VEXFS_REASON"], r"vexfsd\.toml:4:")
        self.assertEqual(refused["PRIORITY"], "3")
        (self.directory / "vexfsd.toml").write_text('[log]\ntarget = "journal"\n[collections]\nmode = "0600"\n')
        daemon.process.send_signal(signal.SIGHUP)
        self.assertIn("collections.mode", self.next_of("reloaded")["VEXFS_CHANGED"])
        daemon.stop()
        self.assertEqual(self.next_of("stopped")["MESSAGE"], "stopped")


if __name__ == "__main__":
    unittest.main()
