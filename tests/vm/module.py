# SPDX-License-Identifier: Apache-2.0
"""What the tests of the module have in common: loading it, a daemon that serves it, and its system call."""
import ctypes
import fcntl
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["VEXFS_SOURCE_DIR"]) / "tests/mount"))
from mounted import Client, mounted_types, request, wait_for  # noqa: E402,F401

MODULES = Path("/modules")  # what vexfs_v2 needs of the kernel lies beside it
NAME = "vexfs_v2"
MOUNT = Path("/mnt/vexfs")
DATA = "/var/lib/vexfs"
CALL_ARGS = struct.Struct("=QQQQII")
IOC_CALL = 0xC028FA00
REPLY_BYTES = 1 << 20


def load():
    for needed in sorted(MODULES.glob("*.ko")):
        if needed.stem != NAME:
            subprocess.run(["insmod", needed], check=True)
    subprocess.run(["insmod", MODULES / f"{NAME}.ko"], check=True)


def remove():
    subprocess.run(["rmmod", NAME], check=True)


class Daemon:
    """A vexfsd that serves the mount by the module."""

    def __init__(self):
        self.config = Path(f"{DATA}.toml")
        self.config.write_text('[server]\nsocket_mode = "0666"\n')
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["vexfsd", "--foreground", "--config", self.config, "--data-dir", DATA, "--socket", f"{DATA}.sock",
             "--mount", MOUNT, "--mount-backend", "module"])
        wait_for(self.serves, "the daemon's mount")
        return self

    def serves(self):
        if self.process.poll() is not None:
            raise AssertionError(f"vexfsd ended with status {self.process.returncode}")
        return mounted_types(MOUNT) == ["vexfs"] and (MOUNT / ".vexfs").is_dir()

    def stop(self):
        self.process.terminate()
        return self.process.wait()


def call(descriptor, data, flags=0, room=REPLY_BYTES):
    """VEXFS_IOC_CALL: the bytes of the reply."""
    reply = ctypes.create_string_buffer(room)
    asked = ctypes.create_string_buffer(data, len(data))
    args = bytearray(CALL_ARGS.pack(ctypes.addressof(asked), len(data), ctypes.addressof(reply), room, flags, 0))
    fcntl.ioctl(descriptor, IOC_CALL, args)
    return reply.raw[:CALL_ARGS.unpack(args)[3]]


def checked(reply):
    """The header of a reply that is a frame, with its arrays."""
    head_bytes = int.from_bytes(reply[4:8], "little")
    return Client.checked(json.loads(reply[16:16 + head_bytes]), reply[16 + head_bytes:])
