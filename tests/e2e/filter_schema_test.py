# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of filters takes what the daemon takes, and nothing else."""
import json
import os
import random
import unittest

import jsonschema

from harness import SOURCE_DIR, EndToEnd
from wire import RequestError

SCHEMA = json.loads((SOURCE_DIR / "config/filter.schema.json").read_text())
SEED = int(os.environ.get("VEXFS_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)

WRONG = (None, [], "a", 1, {"$foo": 1}, {"$or": []}, {"$or": {}}, {"$and": 1}, {"$not": []}, {"$eq": 1}, {"": 1},
         {".a": 1}, {"a.": 1}, {"a..b": 1}, {"a": {"$gt": None}}, {"a": {"$gt": [1]}}, {"a": {"$lt": True}},
         {"a": {"$in": 1}}, {"a": {"$in": [{"$gt": 1}]}}, {"a": {"$eq": {"$gt": 1}}}, {"a": {"$between": [1]}},
         {"a": {"$between": [1, "b"]}}, {"a": {"$between": [1, 2, 3]}}, {"a": {"$exists": 1}},
         {"a": {"$not": 1}}, {"a": {"$not": {}}}, {"a": {"$not": {"b": 1}}}, {"a": {"$gt": 1, "b": 2}})
RIGHT = ({}, {"a": 1}, {"a": None}, {"a": [1, {"b": 2}]}, {"a": {}}, {"a": {"b": 1}}, {"a.b.c": "x"}, {"$and": []},
         {"$or": [{}]}, {"$not": {"a": 1}}, {"a": {"$gt": 1, "$lte": 5}}, {"a": {"$in": []}},
         {"a": {"$nin": [1, "b", None, [2], {"c": 3}]}}, {"a": {"$between": ["a", "b"]}}, {"a": {"$between": [2, 1]}},
         {"a": {"$exists": False}}, {"a": {"$not": {"$in": [1]}}}, {"a b-ü": {"$ne": 1.5}}, {"a.$b": 1})


class FilterSchema(EndToEnd):
    def setUp(self):
        super().setUp()
        self.client = self.start_daemon().client()
        self.addCleanup(self.client.socket.close)
        self.client.call("collection.create", collection="points", dimension=1)
        self.validator = jsonschema.Draft202012Validator(SCHEMA)

    def daemon_takes(self, wanted):
        try:
            self.client.call("search", collection="points", vector=[1], filter=wanted)
            return True
        except RequestError as error:
            self.assertIn(error.code, ("malformed", "invalid_argument"), wanted)
            return False

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_it_agrees_with_the_daemon_on_what_is_right_and_wrong(self):
        for wanted, filters in ((True, RIGHT), (False, WRONG)):
            for one in filters:
                with self.subTest(filter=one):
                    self.assertEqual(self.daemon_takes(one), wanted)
                    self.assertEqual(self.validator.is_valid(one), wanted)

    def test_it_agrees_with_the_daemon_on_filters_put_together_at_random(self):
        choose = random.Random(SEED)

        def value(depth):
            kind = choose.randrange(8 if depth else 5)
            if kind == 5:
                return [value(depth - 1) for _ in range(choose.randrange(3))]
            if kind >= 6:
                return made(depth - 1)
            return (None, True, 1, 2.5, "x")[kind]

        def made(depth):
            keys = ("a", "a.b", "$and", "$or", "$not", "$eq", "$gt", "$in", "$between", "$exists", "$x", ".")
            return {choose.choice(keys): value(depth) for _ in range(choose.randrange(3))}

        taken = 0
        for _ in range(3_000):
            one = made(3)
            takes = self.daemon_takes(one)
            taken += takes
            self.assertEqual(self.validator.is_valid(one), takes, f"{json.dumps(one)}, seed {SEED}")
        self.assertGreater(taken, 100)


if __name__ == "__main__":
    unittest.main()
