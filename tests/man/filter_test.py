# SPDX-License-Identifier: Apache-2.0
"""vexfs-filter.7 against the parser of filters."""
import json
import re
import unittest

from constants import constant
from daemon import Daemon
from pages import page, plain, source

LIMITS = {
    "levels of objects and arrays": "depth_max",
    "names in one path": "depth_max",
    "conditions in one filter": "nodes_max",
    "values of one $in or $nin": "in_values_max",
}


def known(table):
    words = re.search(rf"{table}\{{(.*?)\}};", source("engine/filter/parser.cpp"), re.DOTALL)[1]
    return re.findall(r'"(\$\w+)"', words)


def described(title):
    items = page("vexfs-filter.7").section("DESCRIPTION").subsection(title).items("Ic")
    return [name for item in items for name in item.split(" , ")]


class FilterLanguage(unittest.TestCase):
    def test_operators_of_a_field(self):
        self.assertCountEqual(described("Operators of a field"), known("field_operators"))

    def test_operators_of_filters(self):
        self.assertCountEqual(described("Operators of filters"), known("logical_operators"))

    def test_limits(self):
        rows = page("vexfs-filter.7").section("DESCRIPTION").subsection("Limits").rows()
        self.assertEqual({what: int(most) for what, most in rows},
                         {what: constant("engine/filter/node.h", name) for what, name in LIMITS.items()})

    def test_every_example_is_a_filter(self):
        examples = [plain(item) for item in page("vexfs-filter.7").section("EXAMPLES").items("Ql")]
        self.assertTrue(examples)
        with Daemon() as daemon:
            daemon.ask({"op": "collection.create", "collection": "docs", "dimension": 2})
            for example in examples:
                reply = daemon.ask({"op": "scroll", "collection": "docs", "filter": json.loads(example)})
                self.assertTrue(reply["ok"], f"{example}: {reply}")


if __name__ == "__main__":
    unittest.main()
