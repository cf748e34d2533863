# SPDX-License-Identifier: Apache-2.0
"""One open file `.vexfs/call`: a request is written to it and its reply read."""
from __future__ import annotations

import os
from typing import Any, Dict, List, Tuple

from . import frames

_REPLY_BYTES = 64 << 10  # most replies come in one read
_PARTS_MAX = 1000  # of one writev, which takes IOV_MAX, 1024


class Connection:
    def __init__(self, path: str) -> None:
        self._descriptor = -1  # where open fails
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            os.close(descriptor)
        except OSError:
            pass  # the daemon is gone, and the descriptor is closed all the same

    def __del__(self) -> None:
        self.close()

    def send(self, parts: List[frames.Buffer]) -> None:
        rest = [memoryview(part) for part in parts]
        while rest:
            written = os.writev(self._descriptor, rest[:_PARTS_MAX])
            while rest and written >= len(rest[0]):
                written -= len(rest.pop(0))
            if written:
                rest[0] = rest[0][written:]

    def receive(self) -> Tuple[Dict[str, Any], frames.Arrays]:
        """Waits for the reply to what was sent."""
        first = os.read(self._descriptor, _REPLY_BYTES)
        if len(first) < frames.PREFIX_BYTES:
            raise ValueError(f"a reply of {len(first)} bytes")
        header_bytes, body_bytes = frames.decode_prefix(first[:frames.PREFIX_BYTES])
        body_begin = frames.PREFIX_BYTES + header_bytes
        whole = memoryview(bytearray(body_begin + body_bytes))
        whole[:len(first)] = first
        begin = len(first)
        while begin < len(whole):
            count = os.readv(self._descriptor, [whole[begin:]])
            if count == 0:
                raise ValueError(f"a reply ends after {begin} bytes of {len(whole)}")
            begin += count
        return frames.decode(whole[frames.PREFIX_BYTES:body_begin], whole[body_begin:])
