# SPDX-License-Identifier: Apache-2.0
"""Requests to the daemon of a mount."""
from __future__ import annotations

import errno
import os
import time
from typing import Any, Dict, List, Mapping, Optional, Tuple

from . import errors, frames
from .connection import Connection
from .deadline import within

# What a mount answers whose daemon stops, is gone, or has not mounted yet.
_GONE = (errno.ENOTCONN, errno.ECONNABORTED, errno.ECONNRESET, errno.ENODEV, errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
_RESTART_S = 10.0  # in which a daemon is back that was found gone
_RETRY_EVERY_S = 0.05
_IDLE_MAX = 64  # connections that are kept for the next request

# Nothing is different where the daemon did one of these twice.
_REPEATABLE = frozenset(("collection.list", "collection.info", "collection.configure", "collection.optimize", "get",
                         "search", "search_range", "stats", "io_stats", "health", "upsert", "update_metadata"))


class Calls:
    """Thread-safe; as many requests are under way as there are threads that make some."""

    def __init__(self, mount_path: str, timeout_s: Optional[float]) -> None:
        self._mount_path = mount_path
        self._path = os.path.join(mount_path, ".vexfs", "call")
        self._timeout_s = timeout_s
        self._idle: List[Connection] = []
        self._process = os.getpid()
        try:
            self._put_back(Connection(self._path))  # a wrong path is told at once
        except OSError as error:
            raise self._unavailable(_Gone(error, False, True)) from error

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def __call__(self, operation: str, arrays: Optional[Mapping[str, frames.Array]] = None, *,
                 timeout_s: Optional[float] = None, **fields: Any) -> Tuple[Dict[str, Any], frames.Arrays]:
        """The reply's fields and arrays. Fields that are None are left out; timeout_s is instead of the client's."""
        header = {"op": operation, **{name: value for name, value in fields.items() if value is not None}}
        parts = frames.encode(header, arrays or {})
        repeatable = (operation in _REPEATABLE or (operation == "collection.create" and fields.get("exist_ok"))
                      or (operation == "insert" and arrays is not None and "ids" in arrays))
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            reply, replied, again = within(limit_s, lambda: self._persistent(operation, parts, repeatable))
        except TimeoutError:
            kind = errors.SearchTimeoutError if operation.startswith("search") else errors.VexFSError
            raise kind(f"{operation} was not answered in {limit_s} s", "timed_out",
                       "" if repeatable else "it may be done all the same") from None
        if not reply["ok"]:
            error = errors.from_reply(reply["error"], operation, self._lacks(operation, fields.get("collection")))
            error.asked_again = again
            raise error
        return reply, replied

    def _lacks(self, operation: str, collection: Optional[str]) -> bool:
        return (collection is not None and operation != "collection.create"
                and not os.path.isdir(os.path.join(self._mount_path, collection)))

    def _persistent(self, operation: str, parts: List[frames.Buffer],
                    repeatable: bool) -> Tuple[Dict[str, Any], frames.Arrays, bool]:
        """Tries again while the daemon restarts, as long as nothing can be done twice by that. The last is whether the
        request may have been done before."""
        give_up = None  # the call may have taken long before the daemon went
        again = False
        while True:
            try:
                reply, replied = self._once(operation, parts, repeatable)
                return reply, replied, again
            except _Gone as gone:
                if give_up is None:
                    give_up = time.monotonic() + _RESTART_S
                if not gone.repeatable or time.monotonic() > give_up:
                    raise self._unavailable(gone) from gone.cause
                again = again or gone.sent
            time.sleep(_RETRY_EVERY_S)

    def _once(self, operation: str, parts: List[frames.Buffer],
              repeatable: bool) -> Tuple[Dict[str, Any], frames.Arrays]:
        sent = False
        connection = None
        try:
            connection = self._take()
            connection.send(parts)
            sent = True
            reply = connection.receive()
        except OSError as error:
            if connection is not None:
                connection.close()
            if error.errno in _GONE:
                # A request is done when its reply is read.
                raise _Gone(error, sent, repeatable) from error
            raise _refused(error, operation) from error
        except BaseException:
            if connection is not None:
                connection.close()  # its stream is in the middle of something
            raise
        self._put_back(connection)
        return reply

    def _take(self) -> Connection:
        if self._process != os.getpid():  # after a fork they are the parent's
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return Connection(self._path)

    def _put_back(self, connection: Connection) -> None:
        if len(self._idle) < _IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.close()

    def _unavailable(self, gone: "_Gone") -> errors.VexFSError:
        if gone.repeatable:
            return errors.VexFSError(f"no VexFS is mounted on {self._mount_path}: {gone.cause.strerror}", "unavailable",
                                     f"vexfsctl mount {self._mount_path}")
        return errors.VexFSError("the daemon went away before it replied", "unavailable", "it may be done all the same")


class _Gone(Exception):
    def __init__(self, cause: OSError, sent: bool, repeatable: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.sent = sent  # it may have been done
        self.repeatable = repeatable or not sent


def _refused(error: OSError, operation: str) -> errors.VexFSError:
    if error.errno == errno.ENOMEM:
        return errors.InsufficientMemoryError(f"the daemon has no room for {operation}", "too_large",
                                              "fewer at a time, or a larger server.max_inflight_bytes")
    if error.errno == errno.EMSGSIZE:
        return errors.VexFSError(f"{operation} is larger than the daemon takes", "too_large",
                                 "fewer at a time, or a larger server.max_request_bytes")
    if error.errno in (errno.EACCES, errno.EPERM):
        return errors.VexFSError(f"{operation}: {error.strerror}", "permission_denied")
    return errors.VexFSError(f"{operation}: {error.strerror}", "io_error")
