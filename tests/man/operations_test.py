# SPDX-License-Identifier: Apache-2.0
"""The operations of vexfs-protocol.7 against what a running daemon answers."""
import re
import unittest

from daemon import Daemon
from pages import page, source

POINT = {"collection": "docs", "vector": [1, 2]}

# One call of each operation that succeeds, in an order in which they do.
CALLS = [
    ("collection.create", {"collection": "docs", "dimension": 2}),
    ("collection.list", {}),
    ("insert", {**POINT, "ids": [7], "metadata": [{"word": "king"}],
                "import": {"key": "00000000000000aa", "rows_done": 1}}),
    ("upsert", {**POINT, "ids": [7]}),
    ("import.status", {"collection": "docs", "key": "00000000000000aa"}),
    ("update_metadata", {"collection": "docs", "id": 7, "metadata": {"word": "queen"}}),
    ("get", {"collection": "docs", "ids": [7, 8], "with_vector": True}),
    ("search", {**POINT, "limit": 1}),
    ("search_range", {**POINT, "max_distance": 0.5}),
    ("scroll", {"collection": "docs"}),
    ("collection.configure", {"collection": "docs", "parameters": {"ef_search": 50}}),
    ("collection.optimize", {"collection": "docs", "wait": True}),
    ("collection.reindex", {"collection": "docs", "parameters": {"m": 8}}),
    ("collection.check", {"collection": "docs"}),
    ("collection.check_status", {"collection": "docs"}),
    ("collection.info", {"collection": "docs"}),
    ("collection.snapshot", {"collection": "docs", "snapshot": "monday"}),
    ("collection.snapshots", {}),
    ("snapshot.read", {"collection": "docs", "snapshot": "monday", "file": "00000001.log"}),
    ("collection.restore", {"collection": "docs", "snapshot": "monday", "as": "then"}),
    ("collection.create", {"collection": "empty", "dimension": 2}),
    ("collection.snapshot", {"collection": "empty", "snapshot": "monday"}),
    ("snapshot.files", {"collection": "empty", "snapshot": "monday"}),
    ("restore.begin", {"collection": "again"}),
    ("restore.write", {"file": "MANIFEST"}),
    ("restore.commit", {}),
    ("restore.begin", {"collection": "another"}),
    ("restore.abort", {}),
    ("stats", {"collection": "docs"}),
    ("stats", {}),
    ("io_stats", {"collection": "docs"}),
    ("io_stats", {}),
    ("health", {}),
    ("watch", {"history_s": 60}),
    ("watch", {"collection": "docs"}),
    ("metrics", {}),
    ("alerts", {}),
    ("mount.status", {}),
    ("mount.mount", {"backend": "fuse"}),
    ("mount.unmount", {}),
    ("delete", {"collection": "docs", "ids": [7]}),
    ("collection.delete", {"collection": "docs"}),
    ("collection.snapshot_delete", {"collection": "docs", "snapshot": "monday"}),
]


class Described:
    """Operations as the page has them."""

    def __init__(self):
        operations = page("vexfs-protocol.7").section("OPERATIONS")
        self.parts = {name: operations.subsection(title) for title in operations.subsections()
                      for name in title.split(", ")}

    def named_after(self, operation, words):
        """Operations whose fields hold for this one, too: "Replies as" and the `.Ic` line behind it."""
        text = "\n".join(self.parts[operation])
        return re.findall(rf"{words}\n\.Ic (\S+)", text)

    def fields(self, operation):
        names = {name for item in self.parts[operation].items("Cm")
                 for name in re.sub(r" Pq .*", "", item).split(" , ")}
        for other in self.named_after(operation, "Takes all fields of"):
            names |= self.fields(other)
        return names - set(re.findall(r"\nwithout\n\.Cm (\S+)", "\n".join(self.parts[operation])))

    def reply(self, operation, optional):
        names = {item.split()[0] for item in self.parts[operation].items("Va")
                 if item.endswith("(optional)") == optional}
        for other in self.named_after(operation, "Replies as"):
            names |= self.reply(other, optional)
        return names


def dispatched():
    """Names in the table of the sources, which the daemon is asked about below."""
    table = source("vexfsd/requests/service.cpp").split("operations() {")[1].split("return all;")[0]
    return re.findall(r'^ {8}\{"([^"]+)"', table, re.MULTILINE)


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        cls.described = Described()

    def message(self, request):
        return self.daemon.ask(request).get("error", {}).get("message", "")

    def test_every_operation_is_described_and_every_one_described_is_there(self):
        self.assertCountEqual(self.described.parts, dispatched())
        for operation in dispatched():
            self.assertNotIn("there is no operation", self.message({"op": operation}))
        self.assertIn("there is no operation", self.message({"op": "collection.frobnicate"}))

    def test_an_operation_takes_the_fields_that_are_described_and_no_others(self):
        known = set().union(*(self.described.fields(operation) for operation in dispatched()))
        known |= set(re.findall(r'"([a-z_]+)"', source("vexfsd/requests/service.cpp")))
        for operation in dispatched():
            taken = {field for field in known - {"op", "arrays"}
                     if "has no field" not in self.message({"op": operation, field: []})}
            with self.subTest(operation):
                self.assertEqual(taken, self.described.fields(operation))

    def test_a_reply_has_the_fields_that_are_described(self):
        self.assertCountEqual({operation for operation, _ in CALLS}, dispatched())
        seen = {}  # of replies before
        for operation, fields in CALLS:
            with self.subTest(operation):
                request = {"op": operation, **fields}
                if operation in ("restore.write", "restore.commit", "restore.abort"):
                    request["restore"] = seen["restore"]
                if operation == "mount.mount":
                    request["directory"] = str(self.daemon.mount_point())
                if operation in ("snapshot.read", "restore.write"):
                    data = seen["manifest"] if operation == "restore.write" else None
                    reply = self.daemon.ask_in_frame(request, data)
                else:
                    reply = self.daemon.ask(request)
                seen.update(reply)
                self.assertTrue(reply.pop("ok"), reply)
                always = self.described.reply(operation, optional=False)
                self.assertLessEqual(always, set(reply))
                self.assertLessEqual(set(reply), always | self.described.reply(operation, optional=True))


if __name__ == "__main__":
    unittest.main()
