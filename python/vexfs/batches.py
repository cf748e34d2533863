# SPDX-License-Identifier: Apache-2.0
"""Vectors, ids and metadata as a request carries them, and requests side by side."""
from __future__ import annotations

import itertools
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, TypeVar

import numpy as np

from .errors import VectorDimensionError, VexFSError
from .frames import Array, to_json

T = TypeVar("T")


def rows(vectors: Any) -> Array:
    """float32 [n, dimension] of anything that NumPy makes an array of; of one vector, n is 1."""
    try:
        array = np.ascontiguousarray(vectors, "<f4")
    except ValueError as error:
        raise VectorDimensionError(f"the vectors are no array of numbers: {error}", "dimension_mismatch") from error
    if array.ndim == 1 and array.size:
        return array.reshape(1, -1)
    if array.ndim != 2:
        raise VectorDimensionError(f"vectors of the shape {array.shape} are no rows", "dimension_mismatch")
    return array


def one_row(vector: Any) -> Array:
    row = rows(vector)
    if len(row) != 1:
        raise VectorDimensionError(f"one vector is taken, not {len(row)}", "dimension_mismatch")
    return row


def id_array(ids: Iterable[int]) -> Array:
    array = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids))
    if array.ndim != 1 or (array.size and (array.dtype.kind not in "iu" or array.min() < 0)):
        raise VexFSError("ids are whole numbers from 0 to 2^64 - 1", "invalid_argument")
    return array.astype("<u8")


def metadata_lines(metadata: Sequence[Optional[Mapping[str, Any]]]) -> Array:
    """A line of JSON for each, blank for None."""
    lines = "".join("\n" if entry is None else to_json(entry) + "\n" for entry in metadata)
    return np.frombuffer(lines.encode(), "u1")


def spans(count: int, most: int) -> List[slice]:
    """Parts of at most so many, in their order."""
    if most < 1:
        raise ValueError(f"a batch of {most}")
    return [slice(begin, min(begin + most, count)) for begin in range(0, count, most)]


def side_by_side(workers: int, work: Callable[[slice], T], parts: Sequence[slice]) -> Iterator[Tuple[slice, T]]:
    """Each part with what came of it, as they get done, `workers` at a time. With the first that fails no other begins;
    its error is raised when those under way are done."""
    if workers <= 1 or len(parts) <= 1:
        for part in parts:
            yield part, work(part)
        return
    waiting = iter(parts)
    running: "dict[Future[T], slice]" = {}
    failure: Optional[BaseException] = None
    with ThreadPoolExecutor(workers, "vexfs-worker") as pool:
        while True:
            for part in itertools.islice(waiting, 0 if failure else workers - len(running)):
                running[pool.submit(work, part)] = part
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                part = running.pop(future)
                if future.exception() is not None:
                    failure = failure or future.exception()
                else:
                    yield part, future.result()
    if failure is not None:
        raise failure
