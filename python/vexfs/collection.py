# SPDX-License-Identifier: Apache-2.0
"""One collection."""
from __future__ import annotations

import itertools
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, cast

import numpy as np

from . import batches, settings
from .calls import Calls
from .errors import VexFSError
from .frames import Array
from .progress import Progress
from .results import Point, SearchResult, hits_of
from .statistics import CollectionStats, IoStats

Metadata = Mapping[str, Any]

_BATCH_ROWS = 5000  # some megabytes of the usual vectors, each batch one flush of the disk
_LIMIT_MAX = 10_000  # hits of one query
_HITS_PER_REQUEST = 100_000
_BYTES_PER_REQUEST = 16 << 20


class Collection:
    """Points of one dimension: an id, a vector, metadata. Made by Client.create_collection and Client.get_collection.

    Thread-safe. An id is a whole number of 64 bits without a sign.
    """

    def __init__(self, calls: Calls, info: Dict[str, Any]) -> None:
        self._calls = calls
        self._insert_workers = 1
        self._search_workers = 1
        self.name: str = info["name"]
        self.dimension: int = info["schema"]["dimension"]
        self.distance_metric: str = info["schema"]["metric"]
        self.algorithm: str = info["schema"]["algorithm"]

    def __repr__(self) -> str:
        return f"<vexfs.Collection {self.name}: {self.algorithm}, {self.dimension} dimensions, {self.distance_metric}>"

    # Writing

    def insert(self, vector: Any, metadata: Optional[Metadata] = None, id: Optional[int] = None, *,
               replace: bool = False, durability: Optional[str] = None) -> int:
        """Writes one point and returns its id, which is assigned where none is given.

        replace     put it in the place of one with that id, which is an error else
        durability  "sync", "group" or "async" instead of the collection's
        """
        entries = None if metadata is None else [metadata]
        ids = None if id is None else [id]
        return self._insert(batches.one_row(vector), entries, ids, replace, durability)[0]

    def insert_batch(self, vectors: Any, metadata: Optional[Sequence[Optional[Metadata]]] = None,
                     batch_size: int = _BATCH_ROWS, ids: Optional[Sequence[int]] = None, *, replace: bool = False,
                     durability: Optional[str] = None, show_progress: bool = False) -> List[int]:
        """Writes many points, batch_size in each request, and returns their ids.

        A batch is in whole or not at all. Where one fails, the error's inserted_ids has the ids of what is in.
        Batches go side by side by configure_parallelism(insert_workers=...), and ids that are assigned are in the order
        of the vectors within a batch only.
        """
        rows = batches.rows(vectors)
        for name, values in (("metadata", metadata), ("ids", ids)):
            if values is not None and len(values) != len(rows):
                raise VexFSError(f"there are {len(values)} {name} for {len(rows)} vectors", "invalid_argument")
        written = np.zeros(len(rows), "<u8")
        is_in = np.zeros(len(rows), bool)
        progress = Progress(show_progress, self.name, len(rows))

        def write(part: slice) -> List[int]:
            return self._insert(rows[part], None if metadata is None else metadata[part],
                                None if ids is None else ids[part], replace, durability)

        try:
            parts = batches.spans(len(rows), batch_size)
            for part, assigned in batches.side_by_side(self._insert_workers, write, parts):
                written[part] = assigned
                is_in[part] = True
                progress.add(len(assigned))
        except VexFSError as error:
            error.inserted_ids = written[is_in].tolist()
            raise
        finally:
            progress.end()
        written_ids: List[int] = written.tolist()
        return written_ids

    def insert_stream(self, points: Iterable[Any], batch_size: int = _BATCH_ROWS, *, replace: bool = False,
                      durability: Optional[str] = None, show_progress: bool = False) -> int:
        """Writes points as they come, batch_size at a time, and returns how many there were.

        A point is a vector, a pair (vector, metadata), or a mapping with "vector" and, as wanted, "metadata" and "id";
        all of a batch have an id, or none has. Where it fails, the error's inserted_ids has the ids of what is in.
        """
        source = iter(points)
        inserted: List[int] = []
        progress = Progress(show_progress, self.name)
        try:
            while batch := [_point(point) for point in itertools.islice(source, batch_size)]:
                vectors, metadata, ids = zip(*batch)
                if any(id is None for id in ids) != all(id is None for id in ids):
                    raise VexFSError("some points of a batch have an id and some have none", "invalid_argument")
                inserted += self._insert(batches.rows(vectors), metadata, None if ids[0] is None else ids, replace,
                                         durability)
                progress.add(len(batch))
        except VexFSError as error:
            error.inserted_ids = inserted
            raise
        finally:
            progress.end()
        return len(inserted)

    def delete_vector(self, id: int) -> bool:
        """Whether there was one."""
        return self.delete_vectors([id]) == 1

    def delete_vectors(self, ids: Iterable[int]) -> int:
        """How many of them there were."""
        reply, _ = self._calls("delete", {"ids": batches.id_array(ids)}, collection=self.name)
        return int(reply["deleted"])

    def update_metadata(self, id: int, metadata: Metadata, replace: bool = False) -> None:
        """Merges into the point's metadata as RFC 7396 has it (None deletes a key), or takes their place."""
        self._calls("update_metadata", collection=self.name, id=id, metadata=metadata, replace=replace)

    def _insert(self, rows: Array, metadata: Optional[Sequence[Optional[Metadata]]],
                ids: Optional[Iterable[int]], replace: bool, durability: Optional[str]) -> List[int]:
        arrays = {"vectors": rows}
        if metadata is not None:
            arrays["metadata"] = batches.metadata_lines(metadata)
        if ids is not None:
            arrays["ids"] = batches.id_array(ids)
        try:
            _, replied = self._calls("upsert" if replace else "insert", arrays, collection=self.name,
                                     durability=durability)
        except VexFSError as error:
            if error.code == "already_exists" and error.asked_again and self._are_in(arrays["ids"], rows):
                return cast(List[int], arrays["ids"].tolist())
            raise
        assigned: List[int] = replied["ids"].tolist()
        return assigned

    def _are_in(self, ids: Array, rows: Array) -> bool:
        """Whether these very points are: they were inserted by a daemon that didn't come to reply."""
        for part in batches.spans(len(ids), _BATCH_ROWS):
            reply, there = self._calls("get", {"ids": ids[part]}, collection=self.name, with_vector=True)
            if reply["missing"] or not np.array_equal(there["vectors"], rows[part]):
                return False
        return True

    # Reading

    def search(self, vector: Any, limit: int = 10, filter: Optional[Mapping[str, Any]] = None, *,
               ef_search: Optional[int] = None, exact: bool = False, include_metadata: bool = True,
               include_vectors: bool = False, timeout: Optional[float] = None) -> List[SearchResult]:
        """The points nearest to a vector, the nearest first.

        limit      1 to 10,000
        filter     which points by their metadata, vexfs-filter(7)
        ef_search  breadth of the search instead of the collection's
        exact      compare with every vector
        timeout    seconds, instead of the client's; SearchTimeoutError after them
        """
        return self._search("search", batches.one_row(vector), limit, timeout, filter=filter, ef_search=ef_search,
                            exact=exact or None, with_metadata=include_metadata, with_vector=include_vectors)[0]

    def search_batch(self, vectors: Any, limit: int = 10, filter: Optional[Mapping[str, Any]] = None, *,
                     ef_search: Optional[int] = None, exact: bool = False, include_metadata: bool = True,
                     include_vectors: bool = False, timeout: Optional[float] = None,
                     group_similar: Optional[float] = None) -> List[List[SearchResult]]:
        """search() for each of many vectors, in few requests, side by side by
        configure_parallelism(search_workers=...). The timeout is that of each request. With group_similar, queries of
        one request that have at least that cosine share a search where that costs no more recall than the collection
        promises."""
        rows = batches.rows(vectors)
        found: List[List[SearchResult]] = [[] for _ in rows]

        def search(part: slice) -> List[List[SearchResult]]:
            return self._search("search", rows[part], limit, timeout, filter=filter, ef_search=ef_search,
                                group_similar=group_similar, exact=exact or None, with_metadata=include_metadata, with_vector=include_vectors)

        per_request = min(_HITS_PER_REQUEST // max(limit, 1), -(-len(rows) // max(self._search_workers, 1)))
        if include_vectors:
            per_request = min(per_request, _BYTES_PER_REQUEST // (max(limit, 1) * max(rows.shape[1], 1)))
        parts = batches.spans(len(rows), max(per_request, 1))
        for part, hits in batches.side_by_side(self._search_workers, search, parts):
            found[part] = hits
        return found

    def search_range(self, vector: Any, max_distance: float, limit: int = _LIMIT_MAX,
                     filter: Optional[Mapping[str, Any]] = None, *, include_metadata: bool = True,
                     include_vectors: bool = False, timeout: Optional[float] = None) -> List[SearchResult]:
        """All points within a distance, the nearest first, but no more than `limit`, 10,000 at most. Every vector is
        compared with."""
        return self._search("search_range", batches.one_row(vector), limit, timeout, max_distance=max_distance,
                            filter=filter, with_metadata=include_metadata, with_vector=include_vectors)[0]

    def get_vector(self, id: int) -> Point:
        """VexFSError with the code "not_found" where there is none."""
        reply, arrays = self._calls("get", {"ids": batches.id_array([id])}, collection=self.name, with_vector=True)
        if not reply["points"]:
            raise VexFSError(f"collection {self.name} has no point {id}", "not_found")
        return Point(id, arrays["vectors"][0], reply["points"][0]["metadata"])

    def _search(self, operation: str, rows: Array, limit: int, timeout: Optional[float],
                **fields: Any) -> List[List[SearchResult]]:
        reply, _ = self._calls(operation, {"vectors": rows}, timeout_s=timeout, collection=self.name, limit=limit,
                               **fields)
        return [hits_of(hits) for hits in reply["results"]]

    # Statistics

    def get_stats(self) -> CollectionStats:
        info, _ = self._calls("collection.info", collection=self.name)
        stats, _ = self._calls("stats", collection=self.name)
        return CollectionStats.of(info, stats)

    def get_io_stats(self) -> IoStats:
        reply, _ = self._calls("io_stats", collection=self.name)
        return IoStats.of(reply)

    # Settings

    def configure(self, **parameters: Any) -> None:
        """Changes parameters of vexfsctl-collection(1) while the collection serves: ef_search, target_recall,
        durability, read_ahead_kb, write_batch_size, sync_frequency, use_direct_io, mode, uid, gid. All are changed or
        none. What the index is built with is changed by reindex(). Those that have no effect are told by a
        SettingWarning."""
        self._configure(parameters, 2)

    def configure_search(self, ef_search: Optional[int] = None, target_recall: Optional[float] = None) -> None:
        """How searches trade time for recall; for good, and for all clients.

        ef_search      breadth of a search: more finds more and takes longer. Sets target_recall to 0, unless that is
                       given as well
        target_recall  0 to below 1: the engine takes the cheapest way that was measured to hold it; 0 for none
        """
        self._configure({"ef_search": ef_search, "target_recall": target_recall}, 2)

    def configure_io(self, read_ahead_kb: Optional[int] = None, write_batch_size: Optional[int] = None,
                     sync_frequency: Optional[int] = None, use_direct_io: Optional[bool] = None,
                     durability: Optional[str] = None) -> None:
        """How the collection uses its disk; for good, and for all clients.

        read_ahead_kb     KiB that the system reads ahead of a pass over the vectors
        write_batch_size  writes that may gather for one flush of the disk; with the durability "group" only
        sync_frequency    writes after which a flush is started; with the durability "async" only
        use_direct_io     files of the index are written past the page cache, where the file system can; get_io_stats()
                          tells whether it does, in direct_io
        durability        when an acknowledged write is on the disk: "sync", "group" or "async"
        """
        asked = {"read_ahead_kb": read_ahead_kb, "write_batch_size": write_batch_size,
                 "sync_frequency": sync_frequency, "use_direct_io": use_direct_io, "durability": durability}
        self._configure(asked, 2)

    def configure_parallelism(self, insert_workers: Optional[int] = None, search_workers: Optional[int] = None,
                              io_workers: Optional[int] = None) -> None:
        """How many requests of one call this object has under way at a time, each of which the daemon answers in a
        thread of its own, up to server.worker_threads of vexfsd.toml(5).

        insert_workers  batches of insert_batch(); 0 is 1
        search_workers  parts of search_batch(); 0 is 1
        io_workers      has no effect, and a SettingWarning says so: there are no threads for the I/O of a collection
        """
        for name, workers in (("insert_workers", insert_workers), ("search_workers", search_workers)):
            if workers is not None and workers < 0:
                raise VexFSError(f"{name} is {workers}", "invalid_argument")
        self._insert_workers = self._insert_workers if insert_workers is None else max(insert_workers, 1)
        self._search_workers = self._search_workers if search_workers is None else max(search_workers, 1)
        if io_workers is not None:
            schema = {"algorithm": self.algorithm, "metric": self.distance_metric}
            settings.warn_of(schema, {"io_workers": io_workers}, 2)

    def enable_simd_optimization(self, enabled: bool = True) -> str:
        """The instructions that the daemon computes distances with, such as "avx2": always the best that the machine
        has. They can't be switched off: False is an error. A SettingWarning says where the machine has none."""
        if not enabled:
            raise VexFSError("the daemon always uses the best instructions that the machine has", "unsupported")
        health, _ = self._calls("health")
        if health["simd"] == "scalar":
            settings.warn_simd(2)
        return str(health["simd"])

    def reindex(self, algorithm: Optional[str] = None, parameters: Optional[Metadata] = None, *,
                preset: Optional[str] = None, **more_parameters: Any) -> None:
        """Builds another index by other parameters, another algorithm or a preset, and returns when it is done. The one
        that is there serves meanwhile."""
        asked = {**(parameters or {}), **more_parameters}
        reply, _ = self._calls("collection.reindex", collection=self.name, algorithm=algorithm, preset=preset,
                               parameters=settings.to_send(asked))
        self.algorithm = reply["schema"]["algorithm"]
        settings.warn_of(reply["schema"], settings.given(asked), 2)

    def optimize(self, wait: bool = True) -> None:
        """Indexes what isn't indexed yet, which is else done behind; searches scan it until then."""
        self._calls("collection.optimize", collection=self.name, wait=wait)

    def _configure(self, asked: Mapping[str, Any], stack_level: int) -> None:
        parameters = settings.to_send(asked)
        reply, _ = self._calls("collection.configure", collection=self.name, parameters=parameters)
        settings.warn_of(reply["schema"], settings.given(asked), stack_level + 1)


def _point(point: Any) -> "tuple[Any, Optional[Metadata], Optional[int]]":
    if isinstance(point, Mapping):
        unknown = set(point) - {"vector", "metadata", "id"}
        if unknown or "vector" not in point:
            raise VexFSError(f"a point has vector, metadata and id, not {', '.join(map(str, point))}",
                             "invalid_argument")
        return point["vector"], point.get("metadata"), point.get("id")
    if isinstance(point, tuple) and len(point) == 2 and (point[1] is None or isinstance(point[1], Mapping)):
        return point[0], point[1], None
    return point, None, None
