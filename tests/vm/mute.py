# SPDX-License-Identifier: Apache-2.0
"""A daemon of the module's that tells names and waits for one request, which it doesn't answer, or late."""
import ctypes
import fcntl
import os
import stat
import struct
import threading

import genl

MKDIR = 13  # of enum vexfs_op
ONLY_REPLY = 1  # VEXFS_NEXT_ONLY_REPLY
IOC_SERVE, IOC_NEXT, IOC_LEAVE = 0xC110FA10, 0xC098FA11, 0xFA12
PROTOCOL_VERSION = 2
SERVE = struct.Struct("=IIII256s")
REQUEST_BEGINS = struct.Struct("=QI")
# struct vexfs_reply with its opened and entry, and what of struct vexfs_next_args is behind it
NEXT = struct.Struct("=QiIQQQII QII QQIIIIIIqQ QQQII")
ROOT = 1


class MuteDaemon:
    def __init__(self, instance, names=(), answer=None):
        """`answer` is called with what was asked, in the one thread that comes for requests, and says a reply's errno."""
        self.answer = answer
        self.device = os.open("/dev/vexfs", os.O_RDWR)
        self.family = genl.Family()
        self.family.tell(self.device, None, ROOT, stat.S_IFDIR | 0o755)
        for number, name in enumerate(names, ROOT + 1):
            self.tell(name, number)
        fcntl.ioctl(self.device, IOC_SERVE, bytearray(SERVE.pack(PROTOCOL_VERSION, 1 << 20, 0, 0, instance.encode())))
        self.asked = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        fcntl.ioctl(self.device, IOC_LEAVE)
        self.thread.join()
        self.family.close()
        os.close(self.device)

    def tell(self, name, number, mode=0o755, uid=0):
        self.family.tell(self.device, name, number, stat.S_IFDIR | mode, genl.ENTRY_COLLECTION, uid)

    def forget(self, name):
        self.family.forget(self.device, name)

    def asked_last(self):
        return self.asked[-1]

    def serve(self):
        buffer = ctypes.create_string_buffer(1 << 16)
        try:
            self.next(0, 0, ctypes.addressof(buffer), len(buffer), 0)
        except OSError:  # it was told to leave
            return
        number, asked = REQUEST_BEGINS.unpack_from(buffer)
        self.asked.append(asked)
        if self.answer:
            self.next(number, -self.answer(asked), 0, 0, ONLY_REPLY)

    def next(self, replied, error, buffer, room, flags):
        fcntl.ioctl(self.device, IOC_NEXT, bytearray(NEXT.pack(replied, error, *[0] * 19, buffer, room, 0, flags, 0)))
