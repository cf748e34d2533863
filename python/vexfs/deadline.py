# SPDX-License-Identifier: Apache-2.0
"""Waiting for a call no longer than so many seconds."""
from __future__ import annotations

import queue
import threading
from typing import Callable, Optional, Tuple, TypeVar, cast

T = TypeVar("T")


def within(timeout_s: Optional[float], call: Callable[[], T]) -> T:
    """What call() returns or raises; TimeoutError when it has done neither in time.

    A read from a mounted file can't be given up by who reads, so with a timeout the call runs in a thread of its own,
    which goes on to its end.
    """
    if timeout_s is None:
        return call()
    outcome: queue.SimpleQueue[Tuple[Optional[T], Optional[BaseException]]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except BaseException as error:  # for the one who waits
            outcome.put((None, error))

    threading.Thread(target=run, name="vexfs-call", daemon=True).start()
    try:
        value, error = outcome.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return cast(T, value)
