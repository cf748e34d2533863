# SPDX-License-Identifier: Apache-2.0
"""Vector search through a mounted VexFS, vexfs(7).

    import numpy as np
    import vexfs

    client = vexfs.Client("/mnt/vexfs")
    docs = client.create_collection("docs", dimension=384, parameters={"ef_search": 100})
    docs.insert_batch(np.load("embeddings.npy"), metadata=[{"title": "Dune"}, ...])
    for hit in docs.search(query, limit=10, filter={"title": {"$exists": True}}):
        print(hit.id, hit.distance, hit.metadata)

A setting that has no effect on this machine, or with this collection's other settings, is told by a SettingWarning;
one that can't be had at all is a VexFSError. Clients and collections may be used by several threads.
"""
from .client import Client
from .collection import Collection
from .errors import (CollectionNotFoundError, InsufficientMemoryError, SearchTimeoutError, SettingWarning,
                     VectorDimensionError, VexFSError)
from .results import Point, SearchResult
from .statistics import CollectionStats, IoStats, SystemStats

__version__ = "2.0.0"
__all__ = ["Client", "Collection", "CollectionNotFoundError", "CollectionStats", "InsufficientMemoryError", "IoStats",
           "Point", "SearchResult", "SearchTimeoutError", "SettingWarning", "SystemStats", "VectorDimensionError",
           "VexFSError"]
