# SPDX-License-Identifier: Apache-2.0
"""The 10,000 words of tests/data/words, and what is nearest to what among them, computed by numpy."""
import json

import numpy

from harness import SOURCE_DIR

VECTORS_FILE = SOURCE_DIR / "tests/data/words/vectors.npy"
METADATA_FILE = SOURCE_DIR / "tests/data/words/words.jsonl"


def vectors():
    """As the engine has them: the file's 16-bit floats widened."""
    return numpy.load(VECTORS_FILE).astype(numpy.float32)


def metadata():
    return [json.loads(line) for line in METADATA_FILE.read_text(encoding="utf-8").splitlines()]


def cosine_distances(base, queries):
    """[queries, base], in double precision."""
    def unit(rows):
        rows = rows.astype(numpy.float64)
        return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
    return 1 - unit(queries) @ unit(base).T


def exact_neighbours(base, queries, limit):
    """Row numbers [queries, limit], the nearest first."""
    return numpy.argsort(cosine_distances(base, queries), axis=1, kind="stable")[:, :limit]


def recall(found, truth):
    """The share of the true neighbours that are found, rows of equal length compared as sets."""
    hits = sum(len(set(ours) & set(true)) for ours, true in zip(found, truth))
    return hits / numpy.size(truth)


def create_and_import(ctl, *options, preset="balanced"):
    """The collection "words", imported; ids are those that the daemon assigned."""
    ctl("collection", "create", "words", "--dimension", 100, "--metric", "cosine", "--preset", preset)
    ctl("import", "words", VECTORS_FILE, "--metadata", METADATA_FILE, *options)
