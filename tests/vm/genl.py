# SPDX-License-Identifier: Apache-2.0
"""Generic netlink, as far as the tests of the module's family need it."""
import os
import socket
import struct

import numpy

NETLINK_GENERIC, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_ADD_MEMBERSHIP, SOL_NETLINK = 16, 10, 11, 1, 270
NLMSG_ERROR, NLMSG_DONE, GENL_ID_CTRL = 2, 3, 16
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_ACK_TLVS = 1, 4, 0x300, 0x200
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 3, 1, 2, 7
CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID, NLMSGERR_ATTR_MSG = 1, 2, 1

HEADER, GENL = struct.Struct("=IHHII"), struct.Struct("=BBH")
# struct vexfs_entry: number, point, kind, flags, mode, uid, gid, changed, size
ENTRY_BYTES = struct.Struct("=QQIIIIIIqQ")
ENTRY_LASTING, ENTRY_COLLECTION = 1, 2

# enum vexfs_command, vexfs_attribute, vexfs_counter and vexfs_event of kmod/uapi/vexfs.h
(GET_INSTANCES, GET_MOUNTS, GET_COLLECTIONS, GET_CPUS, GET_PARAMETERS, SET_PARAMETER, GET_CACHE, EVENT, SET_NAME,
 REMOVE_NAME) = range(1, 11)
(INSTANCE, SERVED, EPOCH, IN_WORK, DEVICE, COLLECTION, CPU, COUNTERS, PARAMETER, VALUE, MINIMUM, MAXIMUM, CACHE_BYTES,
 CACHE_ENTRIES, CACHE_EVICTIONS, EVENT_KIND, CHANNEL, NAME, ENTRY) = range(2, 21)
COUNTER_NAMES = ["requests", "errors", "bytes_written", "bytes_read", "parked", "replayed", "lost", "expired", "waited",
                 "refused", "cache_hits", "cache_misses", "spun", "spun_in_vain", "bytes_passed"]
LATENCY = 1 + len(COUNTER_NAMES)
MOUNTED, UNMOUNTED, DAEMON_LOST, DAEMON_BACK, OVERLOAD = range(1, 6)


class Refused(OSError):
    """With the kernel's own words, where it has some."""


def attribute(kind, data):
    if isinstance(data, str):
        data = data.encode() + b"\0"
    elif isinstance(data, int):
        data = struct.pack("=I", data)
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def text(data):
    return data.rstrip(b"\0").decode()


def number(data):
    return int.from_bytes(data, "little")


def counters(data):
    """By name; `latency` is a list."""
    found = attributes(data)
    counted = {name: number(found[1 + i]) for i, name in enumerate(COUNTER_NAMES)}
    counted["latency"] = [number(found[LATENCY][i:i + 8]) for i in range(0, len(found[LATENCY]), 8)]
    return counted


class Socket:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sequence = 0

    def close(self):
        self.socket.close()

    def send(self, family, payload, flags):
        self.sequence += 1
        self.socket.send(HEADER.pack(HEADER.size + len(payload), family, NLM_F_REQUEST | flags, self.sequence, 0) + payload)

    def receive(self):
        """Messages as (type, sequence, payload, flags)."""
        data = self.socket.recv(1 << 18)
        while data:
            size, kind, flags, sequence, _ = HEADER.unpack_from(data)
            yield kind, sequence, data[HEADER.size:size], flags
            data = data[(size + 3) & ~3:]

    def ask(self, family, command, payload=b"", flags=NLM_F_ACK, version=1):
        """The attributes of each message of the answer, until it is acknowledged."""
        self.send(family, GENL.pack(command, version, 0) + payload, flags)
        answered = []
        while True:
            for kind, sequence, data, head_flags in self.receive():
                if sequence != self.sequence:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    error = struct.unpack_from("=i", data)[0]
                    if error:
                        said = attributes(data[20:]) if head_flags & NLM_F_ACK_TLVS and kind == NLMSG_ERROR else {}
                        raise Refused(-error, text(said.get(NLMSGERR_ATTR_MSG, b"")) or os.strerror(-error))
                    return answered
                answered.append(attributes(data[GENL.size:]))


class Family(Socket):
    """The module's."""

    def __init__(self, name="vexfs"):
        super().__init__()
        described = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, name))[0]
        self.family = number(described[CTRL_ATTR_FAMILY_ID])
        self.groups = {}
        for group in attributes(described.get(CTRL_ATTR_MCAST_GROUPS, b"")).values():
            told = attributes(group)
            self.groups[text(told[CTRL_ATTR_MCAST_GRP_NAME])] = number(told[CTRL_ATTR_MCAST_GRP_ID])

    def dump(self, command):
        return self.ask(self.family, command, flags=NLM_F_DUMP)

    def do(self, command, payload=b""):
        return self.ask(self.family, command, payload)

    def parameters(self):
        return {text(told[PARAMETER]): tuple(number(told[kind]) for kind in (VALUE, MINIMUM, MAXIMUM))
                for told in self.dump(GET_PARAMETERS)}

    def set(self, name, value):
        self.do(SET_PARAMETER, attribute(PARAMETER, name) + attribute(VALUE, value))

    def tell(self, channel, name, number, mode, flags=0, uid=0):
        """A directory below the root, or the root itself where there is no name."""
        self.do(SET_NAME, attribute(CHANNEL, channel) + (attribute(NAME, name) if name else b"") + attribute(
            ENTRY, ENTRY_BYTES.pack(number, 0, 0, flags, mode, uid, 0, 0, 0, 0)))

    def tell_many(self, channel, prefix, count, mode, at_once=512):
        """Directories whose names end with their number, of seven digits: many messages at once, the last acknowledged."""
        payload = GENL.pack(SET_NAME, 1, 0) + attribute(CHANNEL, channel) + attribute(NAME, f"{prefix}{0:07}") + attribute(
            ENTRY, ENTRY_BYTES.pack(5, 0, 0, 0, mode, 0, 0, 0, 0, 0))
        one = HEADER.pack(HEADER.size + len(payload), self.family, NLM_F_REQUEST, 0, 0) + payload
        flags_at, digits_at = 6, one.index(b"0" * 7)
        for first in range(0, count, at_once):
            numbers = numpy.arange(first, min(first + at_once, count))
            messages = numpy.tile(numpy.frombuffer(one, numpy.uint8), (len(numbers), 1))
            for digit in range(7):
                messages[:, digits_at + 6 - digit] = ord("0") + numbers // 10**digit % 10
            messages[-1, flags_at] |= NLM_F_ACK
            self.socket.send(messages.tobytes())
            for _, _, data, _ in self.receive():
                if error := struct.unpack_from("=i", data)[0]:
                    raise Refused(-error, os.strerror(-error))

    def forget(self, channel, name):
        self.do(REMOVE_NAME, attribute(CHANNEL, channel) + attribute(NAME, name))

    def mount(self, device):
        """The counters of one mount."""
        return next(counters(told[COUNTERS]) for told in self.dump(GET_MOUNTS) if number(told[DEVICE]) == device)

    def cache(self):
        told = self.do(GET_CACHE)[0]
        return {name: number(told[kind]) for name, kind in
                (("bytes", CACHE_BYTES), ("entries", CACHE_ENTRIES), ("evictions", CACHE_EVICTIONS))}


class Events(Family):
    def __init__(self):
        super().__init__()
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups["events"])
        self.socket.settimeout(60)
        self.waiting = []

    def next(self):
        """(event, instance, device or None)"""
        while not self.waiting:
            self.waiting += [attributes(data[GENL.size:]) for _, _, data, _ in self.receive()]
        told = self.waiting.pop(0)
        return number(told[EVENT_KIND]), text(told[INSTANCE]), number(told[DEVICE]) if DEVICE in told else None
