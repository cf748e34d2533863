# SPDX-License-Identifier: Apache-2.0
"""What searches find."""
from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from .frames import Array


class SearchResult(NamedTuple):
    """One hit. Less distance is nearer; vexfsctl-collection(1) tells what it is for each metric."""

    id: int
    distance: float
    metadata: Optional[Dict[str, Any]]  # None where there is none, or none was asked for
    vector: Optional[Array]  # float32, None where none was asked for


class Point(NamedTuple):
    """One point of a collection."""

    id: int
    vector: Array  # float32
    metadata: Optional[Dict[str, Any]]  # None where there is none


def hits_of(rows: List[Dict[str, Any]]) -> List[SearchResult]:
    """The hits of one query, as a reply has them."""
    return [SearchResult(row["id"], row["distance"], row.get("metadata"),
                         np.array(row["vector"], "<f4") if "vector" in row else None) for row in rows]
