# SPDX-License-Identifier: Apache-2.0
"""What the tests of the module have in common: loading it, a daemon that serves it, and its system call."""
import ctypes
import fcntl
import json
import os
import signal
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
LIBC = ctypes.CDLL(None, use_errno=True)
SYS_DELETE_MODULE, SYS_FINIT_MODULE = 176, 313  # of x86-64
CALL_ARGS = struct.Struct("=QQQQII")
IOC_CALL = 0xC028FA00
REPEATABLE = 1
REPLY_BYTES = 1 << 20


def load(*parameters):
    for needed in sorted(MODULES.glob("*.ko")):
        if needed.stem != NAME and not Path("/sys/module", needed.stem).exists():
            subprocess.run(["insmod", needed], check=True)
    insert(*parameters)


def insert(*parameters, check=True):
    return subprocess.run(["insmod", MODULES / f"{NAME}.ko", *parameters], check=check, capture_output=not check,
                          text=True)


def remove(check=True):
    return subprocess.run(["rmmod", NAME], check=check, capture_output=not check, text=True)


def parameter(name):
    return Path("/sys/module", NAME, "parameters", name)


def device_of(mount=MOUNT):
    """As the module's netlink family has it, without asking the file system."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if fields[4] == str(mount):
            major, minor = map(int, fields[2].split(":"))
            return major << 20 | minor
    raise AssertionError(f"nothing is mounted on {mount}")


class Starter:
    """starter.py, begun before there is a mount."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-B", Path(__file__).with_name("starter.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, order, argument):
        self.process.stdin.write(json.dumps([order, argument]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Daemon:
    """A vexfsd that serves a mount, by the module unless another backend is named."""

    running = None  # of the suite
    starter = None
    pid = None

    def __init__(self, mount=MOUNT, data=DATA, backend="module"):
        self.mount, self.data, self.backend = mount, data, backend
        self.config = Path(f"{data}.toml")
        self.config.write_text('[server]\nsocket_mode = "0666"\n')
        if not Daemon.starter:
            Daemon.starter = Starter()

    def start(self):
        self.pid = self.starter.order("start", [
            "vexfsd", "--foreground", "--config", str(self.config), "--data-dir", self.data, "--socket",
            f"{self.data}.sock", "--mount", str(self.mount), "--mount-backend", self.backend])
        wait_for(self.serves, "the daemon's mount")
        return self

    def serves(self):
        status = self.starter.order("poll", self.pid)
        if status is not None:
            raise AssertionError(f"vexfsd ended with status {status}")
        types = {"module": ["vexfs"], "fuse": ["fuse.vexfs"]}
        return mounted_types(self.mount) == types[self.backend] and (self.mount / ".vexfs").is_dir()

    def stop(self):
        return self.end(signal.SIGTERM)

    def kill(self):
        return self.end(signal.SIGKILL)

    def end(self, number):
        os.kill(self.pid, number)
        return self.starter.order("wait", self.pid)


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
