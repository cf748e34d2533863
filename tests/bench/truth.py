#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Finds the true nearest neighbours by computing all distances: TRUTH.npy, int32 [queries, limit]."""
import argparse

import numpy

METRICS = ("cosine", "euclidean", "dot")
ROWS_AT_ONCE = 8192
SPARE = 20  # candidates beyond the limit: single precision may swap neighbours that are nearly as far


def distances(base, queries, metric):
    """[queries, base], the nearer the smaller, in the precision of what is given."""
    if metric == "euclidean":
        # Without the query's own square, which is the same for all.
        return (base * base).sum(axis=1) - 2 * queries @ base.T
    products = queries @ base.T
    return -products / numpy.linalg.norm(base, axis=1) if metric == "cosine" else -products


def candidates(base, queries, metric, count):
    """The nearest in single precision, unordered; a block of the base at a time."""
    best = numpy.empty((len(queries), 0), numpy.float32)
    rows = numpy.empty((len(queries), 0), numpy.int32)
    for first in range(0, len(base), ROWS_AT_ONCE):
        block = numpy.ascontiguousarray(base[first:first + ROWS_AT_ONCE], numpy.float32)
        best = numpy.hstack([best, distances(block, queries, metric)])
        numbers = numpy.arange(first, first + len(block), dtype=numpy.int32)
        rows = numpy.hstack([rows, numpy.broadcast_to(numbers, (len(queries), len(block)))])
        if best.shape[1] > count:
            kept = numpy.argpartition(best, count - 1, axis=1)[:, :count]
            best, rows = numpy.take_along_axis(best, kept, 1), numpy.take_along_axis(rows, kept, 1)
    return rows


def exact_neighbours(base, queries, metric, limit):
    """int32 [queries, limit]: row numbers of the base, the nearest first, ranked in double precision."""
    queries = numpy.ascontiguousarray(queries, numpy.float32)
    truth = numpy.empty((len(queries), limit), numpy.int32)
    for i, rows in enumerate(candidates(base, queries, metric, min(limit + SPARE, len(base)))):
        rows.sort()  # so that of two as near the first stands first
        exact = distances(base[rows].astype(numpy.float64), queries[i:i + 1].astype(numpy.float64), metric)[0]
        truth[i] = rows[numpy.argsort(exact, kind="stable")[:limit]]
    return truth


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("queries")
    parser.add_argument("truth", help="the file to write")
    parser.add_argument("--metric", choices=METRICS, required=True)
    parser.add_argument("--limit", type=int, default=100)
    options = parser.parse_args()
    base = numpy.load(options.base, mmap_mode="r")
    queries = numpy.load(options.queries)
    numpy.save(options.truth, exact_neighbours(base, queries, options.metric, options.limit))


if __name__ == "__main__":
    main()
