# SPDX-License-Identifier: Apache-2.0
"""The request format of vexfs-protocol(7), written down a second time so that it is tested as well."""
import json
import socket
import struct

import numpy

DTYPES = {"f32": "<f4", "u64": "<u8", "u8": "u1"}


class RequestError(Exception):
    """An error reply: code, errno, message, hint."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.__dict__.update(error)


def frame(header, body=b""):
    text = json.dumps(header).encode()
    return b"VXF2" + struct.pack("<IQ", len(text), len(body)) + text + body


def request(op, arrays=None, **fields):
    """A frame; arrays are numpy's."""
    header, body = {"op": op, **fields}, b""
    for name, array in (arrays or {}).items():
        dtype = next(key for key, value in DTYPES.items() if numpy.dtype(value) == array.dtype)
        header.setdefault("arrays", []).append({"name": name, "dtype": dtype, "shape": list(array.shape)})
        body += array.tobytes()
    return frame(header, body)


class Client:
    """One connection. A call's reply has its arrays, as numpy's, under their names in reply["arrays"]."""

    def __init__(self, path, timeout_s):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read_exactly(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError(f"the daemon closed the connection, {len(data)} bytes of {count} came")
            data += part
        return bytes(data)

    def receive(self):
        magic, header_bytes, body_bytes = struct.unpack("<4sIQ", self.read_exactly(16))
        assert magic == b"VXF2", magic
        reply = json.loads(self.read_exactly(header_bytes))
        body = self.read_exactly(body_bytes)
        return self.checked(reply, body)

    def receive_line(self):
        """The reply to a request of text."""
        line = b""
        while not line.endswith(b"\n"):
            line += self.read_exactly(1)
        return self.checked(json.loads(line), b"")

    @staticmethod
    def checked(reply, body):
        if not reply["ok"]:
            raise RequestError(reply["error"])
        arrays = {}
        for array in reply.get("arrays", []):
            count = int(numpy.prod(array["shape"]))
            values = numpy.frombuffer(body, DTYPES[array["dtype"]], count)
            arrays[array["name"]] = values.reshape(array["shape"])
            body = body[values.nbytes:]
        assert not body, f"{len(body)} bytes of the body belong to no array"
        return {**reply, "arrays": arrays}

    def call(self, op, arrays=None, **fields):
        self.send(request(op, arrays, **fields))
        return self.receive()

    def at_end(self):
        """Whether the daemon has closed the connection; waits for it."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
