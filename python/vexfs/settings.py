# SPDX-License-Identifier: Apache-2.0
"""Which settings have no effect where, so that none is ignored in silence. What they do is told in
vexfsctl-collection(1), "Parameters"."""
from __future__ import annotations

import warnings
from typing import Any, Dict, Iterator, Mapping, Tuple

from .errors import SettingWarning

_ONE_BY_ONE = ("m", "ml")  # of graphs to which one node is added after the other
_OF_ALGORITHMS = ("m", "max_m", "ef_construction", "ef_search", "ml", "seed", "layout", "num_tables", "num_functions",
                  "bucket_size", "projection_type")
_DURABILITY_OF = {"write_batch_size": "group", "sync_frequency": "async"}
# What no collection has, whatever it is.
_NOT_A_COLLECTIONS = {
    "cache_size": "the kernel caches vectors, and answers are cached for all collections together, by "
                  "queries.cache_bytes in vexfsd.toml(5)",
    "io_workers": "writes of a collection share one flush of the disk, and searches read mapped files",
}


def without_effect(schema: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    """Names of what was asked for, and why it changes nothing in a collection of this schema."""
    algorithm, metric = schema["algorithm"], schema["metric"]
    for name in asked:
        if name in _NOT_A_COLLECTIONS:
            yield name, _NOT_A_COLLECTIONS[name]
        elif name in _OF_ALGORITHMS and name not in schema["parameters"]:
            yield name, f"the algorithm {algorithm} has none"
        elif name in _ONE_BY_ONE and metric != "manhattan":
            yield name, f"the graph of the metric {metric} is built in bulk; max_m bounds its links"
        elif name == "layout" and metric == "manhattan":
            yield name, "the graph of the metric manhattan has no codes"
        elif name == "target_recall" and algorithm == "flat":
            yield name, "the algorithm flat compares with every vector"
        elif name in _DURABILITY_OF and schema["durability"] != _DURABILITY_OF[name]:
            yield name, f"it is for the durability {_DURABILITY_OF[name]}, this collection's is {schema['durability']}"


def warn_of(schema: Mapping[str, Any], asked: Mapping[str, Any], stack_level: int) -> None:
    """A SettingWarning for each; stack_level 1 is the caller of this."""
    for name, why in without_effect(schema, asked):
        warnings.warn(f"{name} has no effect: {why}", SettingWarning, stack_level + 1)


def to_send(asked: Mapping[str, Any]) -> Dict[str, Any]:
    """What the daemon has a parameter for."""
    return {name: value for name, value in asked.items() if value is not None and name not in _NOT_A_COLLECTIONS}


def given(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in settings.items() if value is not None}


def warn_simd(stack_level: int) -> None:
    warnings.warn("SIMD has no effect: this machine has no instructions that the daemon knows", SettingWarning,
                  stack_level + 1)
