# SPDX-License-Identifier: Apache-2.0
"""A daemon of the module's that answers what is asked before a directory is made, and then nothing any more."""
import ctypes
import errno
import fcntl
import os
import stat
import struct
import threading

LOOKUP, GETATTR, MKDIR = 1, 2, 13  # of enum vexfs_op
IOC_SERVE, IOC_NEXT, IOC_LEAVE = 0xC110FA10, 0xC098FA11, 0xFA12
SERVE = struct.Struct("=IIII256s")
REQUEST_BEGINS = struct.Struct("=QI")
# struct vexfs_reply with its opened and entry, and what of struct vexfs_next_args is behind it
NEXT = struct.Struct("=QiIQQQII QII QQIIIIIIqQ QQQII")
ROOT = 1


class MuteDaemon:
    def __init__(self, instance):
        self.device = os.open("/dev/vexfs", os.O_RDWR)
        fcntl.ioctl(self.device, IOC_SERVE, bytearray(SERVE.pack(1, 1 << 20, 0, 0, instance.encode())))
        self.asked = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        fcntl.ioctl(self.device, IOC_LEAVE)
        self.thread.join()
        os.close(self.device)

    def asked_last(self):
        return self.asked[-1]

    def serve(self):
        buffer = ctypes.create_string_buffer(1 << 16)
        reply = (0, 0)
        while self.asked[-1:] != [MKDIR]:
            entry = (ROOT, 0, 0, 0, stat.S_IFDIR | 0o777, 0, 0, 0, 0, 0)
            args = bytearray(NEXT.pack(*reply, 0, 0, 0, 0, 0, 0, 0, 0, 0, *entry, ctypes.addressof(buffer), len(buffer),
                                       0, 0, 0))
            fcntl.ioctl(self.device, IOC_NEXT, args)
            number, op = REQUEST_BEGINS.unpack_from(buffer)
            self.asked.append(op)
            reply = number, 0 if op == GETATTR else -errno.ENOENT
