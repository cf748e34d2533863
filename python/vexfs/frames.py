# SPDX-License-Identifier: Apache-2.0
"""Requests and replies as vexfs-protocol(7) has them: a JSON header and raw arrays behind it."""
from __future__ import annotations

import json
import struct
from typing import Any, Dict, List, Mapping, Tuple, Union

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Dict[str, Array]
Buffer = Union[bytes, memoryview]

PREFIX_BYTES = 16
_PREFIX = struct.Struct("<4sIQ")
_MAGIC = b"VXF2"
_ALIGNMENT = 4  # of a body that the daemon can use where it is
_DTYPES: Dict[str, "np.dtype[Any]"] = {"f32": np.dtype("<f4"), "u64": np.dtype("<u8"), "u8": np.dtype("u1")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def _plain(value: Any) -> Any:
    """NumPy's values as JSON can hold them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is nothing that JSON holds")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain)
to_json = _ENCODER.encode


def encode(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> List[Buffer]:
    """A frame in parts, so that arrays are not copied."""
    described = [{"name": name, "dtype": _NAMES[array.dtype], "shape": list(array.shape)}
                 for name, array in arrays.items()]
    text = to_json({**header, "arrays": described} if described else header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    body_bytes = sum(array.nbytes for array in arrays.values())
    parts: List[Buffer] = [_PREFIX.pack(_MAGIC, len(text), body_bytes) + text]
    parts += [array.data.cast("B") for array in arrays.values() if array.nbytes]
    return parts


def decode_prefix(prefix: Buffer) -> Tuple[int, int]:
    """The bytes of header and body that follow."""
    magic, header_bytes, body_bytes = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise ValueError(f"a reply begins with {magic!r}")
    return header_bytes, body_bytes


def decode(header: Buffer, body: Buffer) -> Tuple[Dict[str, Any], Arrays]:
    """A reply's fields and arrays; these lie in `body`."""
    fields = json.loads(bytes(header))
    arrays: Arrays = {}
    begin = 0
    for array in fields.pop("arrays", []):
        dtype, shape = _DTYPES[array["dtype"]], array["shape"]
        count = int(np.prod(shape, dtype=np.int64))
        arrays[array["name"]] = np.frombuffer(memoryview(body), dtype, count, begin).reshape(shape)
        begin += count * dtype.itemsize
    return fields, arrays
