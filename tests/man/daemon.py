# SPDX-License-Identifier: Apache-2.0
"""A vexfsd in a directory of its own, asked by lines of text."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from programs import TIMEOUT_S, VEXFSD


class Daemon:
    """As a context: it runs within, and must end cleanly."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="vexfs-man-"))
        self.socket = self.directory / "vexfsd.sock"
        self.process = None

    def __enter__(self):
        config = self.directory / "vexfsd.toml"
        config.touch()
        # Without what systemd may have set for ctest itself.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("LISTEN_", "NOTIFY_", "WATCHDOG_", "JOURNAL_"))}
        self.process = subprocess.Popen([VEXFSD, "--config", config, "--data-dir", self.directory / "data",
                                         "--socket", self.socket, "--foreground"], env=environment)
        deadline = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.ask({"op": "health"})
                return self
            except (FileNotFoundError, ConnectionError):
                time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory)
        raise AssertionError("the daemon doesn't answer")

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        shutil.rmtree(self.directory)
        assert status == 0, f"vexfsd ended with status {status}"

    def mount_point(self):
        """A directory that can be mounted on; the daemon unmounts at its end."""
        (self.directory / "mnt").mkdir(exist_ok=True)
        return self.directory / "mnt"

    def ask(self, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(connection.makefile("rb").readline())

    def ask_in_frame(self, request, data=None):
        """The reply's header; `data` is sent as the array of that name."""
        body = b"" if data is None else data.encode()
        arrays = {} if data is None else {"arrays": [{"name": "data", "dtype": "u8", "shape": [len(body)]}]}
        header = json.dumps({**request, **arrays}).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(self.socket))
            connection.sendall(b"VXF2" + struct.pack("<IQ", len(header), len(body)) + header + body)
            replied = connection.makefile("rb")
            _, size, _ = struct.unpack("<4sIQ", replied.read(16))
            reply = json.loads(replied.read(size))
            reply.pop("arrays", None)
            return reply
