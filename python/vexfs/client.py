# SPDX-License-Identifier: Apache-2.0
"""The collections of a mount."""
from __future__ import annotations

from types import TracebackType
from typing import Any, List, Mapping, Optional, Type

from . import settings
from .calls import Calls
from .collection import Collection
from .statistics import SystemStats


class Client:
    """A mounted VexFS.

    mount_path  where it is mounted
    timeout     seconds that a call may take, None for as long as it takes; searches raise SearchTimeoutError then,
                others VexFSError with the code "timed_out", and may be done all the same

    While the daemon restarts, calls wait for it, up to 10 seconds, unless they may have been done and would be done twice:
    an insert whose ids are assigned, and what deletes. Thread-safe.
    """

    def __init__(self, mount_path: str = "/mnt/vexfs", timeout: Optional[float] = None) -> None:
        self.mount_path = mount_path
        self._calls = Calls(mount_path, timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files that it has open; the next call opens one again."""
        self._calls.close()

    def create_collection(self, name: str, dimension: int, algorithm: Optional[str] = None,
                          parameters: Optional[Mapping[str, Any]] = None, *, distance_metric: Optional[str] = None,
                          preset: Optional[str] = None, exist_ok: bool = False, cache_size: Any = None,
                          **more_parameters: Any) -> Collection:
        """Makes a collection; it belongs to the caller.

        dimension        1 to 65,536
        algorithm        "hnsw", "lsh" or "flat"; else the preset's, or the daemon's configured one
        parameters       of vexfsctl-collection(1), such as ef_search, num_tables or durability, over the preset's; they
                         can be given as keywords, too. Those that have no effect are told by a SettingWarning: m and
                         ml, as graphs are built in bulk (but for the metric manhattan), and those of another algorithm
        distance_metric  "cosine" (the default), "euclidean", "dot" or "manhattan"
        preset           "balanced", "high-recall" and so on, vexfsctl-preset(1)
        exist_ok         no error where one with the same dimension, metric and algorithm exists
        cache_size       has no effect, and a SettingWarning says so: no collection has a cache of its own
        """
        asked = {**(parameters or {}), **more_parameters}
        reply, _ = self._calls("collection.create", collection=name, dimension=dimension, metric=distance_metric,
                               algorithm=algorithm, preset=preset, parameters=settings.to_send(asked),
                               exist_ok=exist_ok)
        settings.warn_of(reply["schema"], settings.given({**asked, "cache_size": cache_size}), 2)
        return Collection(self._calls, reply)

    def get_collection(self, name: str) -> Collection:
        """CollectionNotFoundError where there is none."""
        reply, _ = self._calls("collection.info", collection=name)
        return Collection(self._calls, reply)

    def list_collections(self) -> List[str]:
        """The names of those that the caller may read."""
        reply, _ = self._calls("collection.list")
        return [collection["name"] for collection in reply["collections"]]

    def delete_collection(self, name: str) -> None:
        """Deletes it and all its points; its snapshots are kept."""
        self._calls("collection.delete", collection=name)

    def get_stats(self) -> SystemStats:
        stats, _ = self._calls("stats")
        health, _ = self._calls("health")
        return SystemStats.of(stats, health)
