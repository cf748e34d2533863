# SPDX-License-Identifier: Apache-2.0
"""Statistics, as the daemon counts and measures them. A megabyte is 1,048,576 bytes; `details` has all that the daemon
replied, see vexfsctl-stats(1) and vexfs-protocol(7)."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional

_MEGABYTE = 1 << 20
_US_PER_MS = 1000


def _mean_search_ms(stats: Dict[str, Any]) -> float:
    mean_us: float = stats["search_us_total"] / max(stats["searches"], 1)
    return mean_us / _US_PER_MS


@dataclass(frozen=True)
class CollectionStats:
    """One collection; counters count since the daemon's start."""

    vector_count: int
    search_count: int  # queries answered, from the query cache or by a search
    insert_count: int  # vectors
    delete_count: int
    update_count: int  # of metadata
    index_size_mb: float  # what searches go through: the index, and the vectors that it doesn't have yet
    disk_size_mb: float
    backlog_count: int  # vectors that wait to be indexed, which searches scan
    avg_search_time_ms: float  # of those that the query cache did not answer
    max_search_time_ms: float
    cache_hits: int
    cache_misses: int
    target_recall: float  # that searches hold, 0 for none: they take ef_search then
    measured_recall: Optional[float]  # on this collection, where the recall to hold was measured
    details: Dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, info: Dict[str, Any], stats: Dict[str, Any]) -> "CollectionStats":
        return cls(vector_count=info["points"],
                   search_count=stats["searches"] + stats["cache_hits"],
                   insert_count=stats["inserts"],
                   delete_count=stats["deletes"],
                   update_count=stats["updates"],
                   index_size_mb=(info["index_memory_bytes"] + info["backlog_bytes"]) / _MEGABYTE,
                   disk_size_mb=info["disk_bytes"] / _MEGABYTE,
                   backlog_count=info["backlog_rows"],
                   avg_search_time_ms=_mean_search_ms(stats),
                   max_search_time_ms=stats["search_us_max"] / _US_PER_MS,
                   cache_hits=stats["cache_hits"],
                   cache_misses=stats["cache_misses"],
                   target_recall=info["schema"]["target_recall"],
                   measured_recall=info.get("calibrated_recall"),
                   details={**stats, **info})


@dataclass(frozen=True)
class SystemStats:
    """The daemon, and all collections that the caller may read; counters count since the daemon's start."""

    collection_count: int
    search_count: int  # queries answered, from the query cache or by a search
    insert_count: int  # vectors
    avg_search_time_ms: float  # of those that the query cache did not answer
    cache_hits: int
    cache_misses: int
    memory_usage_mb: float  # of the daemon, with the pages of files that it has mapped
    uptime_s: int
    version: str
    simd: str  # the instructions that distances are computed with
    details: Dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, stats: Dict[str, Any], health: Dict[str, Any]) -> "SystemStats":
        return cls(collection_count=stats["collections"],
                   search_count=stats["searches"] + stats["cache_hits"],
                   insert_count=stats["inserts"],
                   avg_search_time_ms=_mean_search_ms(stats),
                   cache_hits=stats["cache_hits"],
                   cache_misses=stats["cache_misses"],
                   memory_usage_mb=stats["memory_bytes"] / _MEGABYTE,
                   uptime_s=health["uptime_s"],
                   version=health["version"],
                   simd=health["simd"],
                   details={**stats, **health})


@dataclass(frozen=True)
class IoStats:
    """What a collection read from its files, wrote and flushed. IOPS are those of the last 10 seconds, the others since
    the collection was opened. Vectors are searched in mapped files, whose reads the kernel doesn't count by collection:
    for those of the whole daemon see details["process"]."""

    read_iops: float
    write_iops: float
    sync_iops: float
    avg_latency_ms: float  # of reads, writes and flushes, each as often as there were
    read_latency_ms: float
    write_latency_ms: float
    sync_latency_ms: float
    read_mb: float
    write_mb: float
    direct_io: str  # "off", "on", "not used yet" or "refused by the file system"
    details: Dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, reply: Dict[str, Any]) -> "IoStats":
        figures = reply["collections"][0]
        kinds = ("read", "write", "sync")
        calls = sum(figures[f"{kind}s"] for kind in kinds)
        spent_ms = sum(figures[f"{kind}s"] * figures[f"{kind}_avg_latency_ms"] for kind in kinds)
        return cls(read_iops=figures["read_iops"],
                   write_iops=figures["write_iops"],
                   sync_iops=figures["sync_iops"],
                   avg_latency_ms=spent_ms / max(calls, 1),
                   read_latency_ms=figures["read_avg_latency_ms"],
                   write_latency_ms=figures["write_avg_latency_ms"],
                   sync_latency_ms=figures["sync_avg_latency_ms"],
                   read_mb=figures["read_bytes"] / _MEGABYTE,
                   write_mb=figures["write_bytes"] / _MEGABYTE,
                   direct_io=figures["direct_io"],
                   details={**reply, **figures})
