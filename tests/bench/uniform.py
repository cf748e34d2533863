#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Makes the hard case of performance tests: normalised vectors whose coordinates are uniform in [0, 1), with
queries of their own and exact truth. All are about as far from each other, so a graph has nothing to follow.

Writes base.npy, queries.npy and truth.npy for the metric cosine into a directory."""
import argparse
from pathlib import Path

import numpy

from truth import exact_neighbours


def uniform(random, rows, dimension):
    vectors = random.random((rows, dimension), numpy.float32)
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def make(directory, rows, queries, dimension, limit, seed):
    random = numpy.random.default_rng(seed)
    base, asked = uniform(random, rows, dimension), uniform(random, queries, dimension)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    numpy.save(directory / "base.npy", base)
    numpy.save(directory / "queries.npy", asked)
    numpy.save(directory / "truth.npy", exact_neighbours(base, asked, "cosine", limit))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--limit", type=int, default=100, help="neighbours of each query in truth.npy")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make(options.directory, options.rows, options.queries, options.dimension, options.limit, options.seed)


if __name__ == "__main__":
    main()
