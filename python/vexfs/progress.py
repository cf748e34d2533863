# SPDX-License-Identifier: Apache-2.0
"""How far an insert has come, on standard error."""
from __future__ import annotations

import sys
import time
from typing import Optional

_EVERY_S = 0.2


class Progress:
    def __init__(self, shown: bool, name: str, total: Optional[int] = None) -> None:
        self._shown = shown
        self._name = name
        self._of = "" if total is None else f" of {total:,}"
        self._started = time.monotonic()
        self._shown_at = 0.0
        self._done = 0

    def add(self, vectors: int) -> None:
        self._done += vectors
        if self._shown and time.monotonic() - self._shown_at >= _EVERY_S:
            self._show("\r")

    def end(self) -> None:
        if self._shown:
            self._show("\r", "\n")

    def _show(self, begin: str, end: str = "") -> None:
        self._shown_at = time.monotonic()
        rate = self._done / max(self._shown_at - self._started, 1e-9)
        print(f"{begin}{self._name}: {self._done:,}{self._of} vectors, {rate:,.0f}/s", end=end, file=sys.stderr,
              flush=True)
