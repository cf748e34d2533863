# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as exceptions."""
from __future__ import annotations

from typing import Any, Dict, List, Type


class VexFSError(Exception):
    """Any failure of VexFS, and the base of the others.

    `code` is one of those that vexfs-protocol(7) lists, such as "already_exists"; `hint` says what to do, or is empty.
    `inserted_ids` are those of an insert in several batches that failed in the middle: what had gone in by then.
    """

    def __init__(self, message: str, code: str = "internal", hint: str = "") -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.code = code
        self.hint = hint
        self.inserted_ids: List[int] = []
        self.asked_again = False  # the daemon went away before it replied to the same request


class VectorDimensionError(VexFSError):
    """Vectors of another dimension than the collection's."""


class CollectionNotFoundError(VexFSError):
    """There is no collection of that name."""


class SearchTimeoutError(VexFSError):
    """A search was not answered within its timeout."""


class InsufficientMemoryError(VexFSError):
    """The daemon has no room for the request or its reply, see server.max_inflight_bytes in vexfsd.toml(5)."""


class SettingWarning(UserWarning):
    """A setting has no effect here; the message says why."""


def from_reply(error: Dict[str, Any], operation: str, collection_missing: bool) -> VexFSError:
    """The exception for the error of a reply."""
    code = error["code"]
    kind: Type[VexFSError] = VexFSError
    if code == "dimension_mismatch":
        kind = VectorDimensionError
    elif code == "not_found" and collection_missing:
        kind = CollectionNotFoundError
    elif code == "timed_out" and operation.startswith("search"):
        kind = SearchTimeoutError
    return kind(error["message"], code, error["hint"])
