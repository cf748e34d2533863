# SPDX-License-Identifier: Apache-2.0
"""`call`, `search` and the files that tell something."""
import errno
import json
import os
import select
import struct
import subprocess
import threading
import unittest

import numpy as np
from mounted import Call, Mounted, frame, request, rows


class Calls(Mounted):
    def test_a_frame_is_written_and_its_reply_is_read(self):
        path = self.collection(dimension=3)
        with Call(self.mount / ".vexfs/call") as call:
            self.assertEqual(call.call("health")["status"], "ok")
            vectors = rows(5, 3)
            ids = call.call("insert", {"vectors": vectors}, collection=path.name)["arrays"]["ids"]
            got = call.call("get", {"ids": ids}, collection=path.name, with_vector=True)
            np.testing.assert_array_equal(got["arrays"]["vectors"], vectors)

    def test_the_call_of_a_collection_needs_not_name_it(self):
        path = self.collection()
        with Call(path / "call") as call:
            self.assertEqual(call.call("collection.info")["name"], path.name)
            self.assertEqual(call.call("health")["status"], "ok")
            with self.assertRaisesRegex(Exception, "not_found"):
                call.call("collection.info", collection="another")

    def test_a_request_in_pieces_and_a_reply_in_pieces(self):
        path = self.collection()
        descriptor = os.open(path / "call", os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        data = request("collection.info")
        for i in range(len(data)):
            os.write(descriptor, data[i:i + 1])
        reply = b""
        while part := os.read(descriptor, 7):
            reply += part
        self.assertEqual(json.loads(reply[16:])["name"], path.name)

    def test_requests_ahead_of_their_replies_are_answered_in_their_order(self):
        path = self.collection()
        with Call(path / "call") as call:
            os.write(call.descriptor, b"".join(request("insert", {"vectors": np.array([[i, 1]], "<f4")})
                                               for i in range(20)))
            self.assertEqual([call.receive()["arrays"]["ids"].tolist() for _ in range(20)], [[i] for i in range(20)])

    def test_a_request_that_nobody_reads_the_reply_of_is_done_when_it_is_closed(self):
        path = self.collection()
        with open(path / "call", "wb") as call:
            call.write(request("insert", {"vectors": np.array([[1, 2]], "<f4")}))
        self.assertEqual(os.listdir(path / "points"), ["0"])
        descriptor = os.open(path / "call", os.O_WRONLY)
        os.write(descriptor, request("delete", collection=path.name, nonsense=1))
        self.assert_errno(errno.EINVAL, os.close, descriptor)

    def test_lines_are_answered_by_lines(self):
        path = self.collection()
        with open(path / "call", "r+b", buffering=0) as call:
            call.write(b'{"op":"insert","vectors":[[1,2]]}\n{"op":"stats"}\n')
            first, second = call.read(1 << 20), call.read(1 << 20)
            self.assertEqual(json.loads(first)["ids"], [0])
            self.assertEqual(json.loads(second)["inserts"], 1)
            self.assertEqual(call.read(100), b"")
            call.write(b'{"op":"stats"}')  # without a newline
            self.assertEqual(json.loads(call.read(1 << 20))["inserts"], 1)

    def test_large_requests_and_replies(self):
        path = self.collection(dimension=1000)
        vectors = rows(10_000, 1000)
        ids = self.insert(path, vectors)
        with Call(path / "call") as call:
            got = call.call("get", {"ids": np.array(ids, "<u8")}, with_vector=True)
        np.testing.assert_array_equal(got["arrays"]["vectors"], vectors)

    def test_bytes_that_are_no_request_are_refused_and_the_next_one_is_answered(self):
        with Call(self.mount / ".vexfs/call") as call:
            self.assert_errno(errno.EBADMSG, os.write, call.descriptor, b"garbage")
            with self.assertRaisesRegex(Exception, "malformed"):
                call.receive()
            self.assert_errno(errno.EMSGSIZE, os.write, call.descriptor, b"VXF2" + struct.pack("<IQ", 2, 1 << 40))
            with self.assertRaisesRegex(Exception, "too_large"):
                call.receive()
            self.assertEqual(call.call("health")["status"], "ok")

    def test_errors_are_replies(self):
        with Call(self.mount / ".vexfs/call") as call:
            with self.assertRaisesRegex(Exception, "there is no collection nowhere"):
                call.call("collection.info", collection="nowhere")

    def test_a_descriptor_is_always_ready(self):
        with Call(self.mount / ".vexfs/call") as call:
            readable, writable, _ = select.select([call.descriptor], [call.descriptor], [], 10)
            self.assertTrue(readable and writable)
            self.assertEqual(os.read(call.descriptor, 100), b"")

    def test_there_is_no_way_to_seek(self):
        with Call(self.mount / ".vexfs/call") as call:
            self.assert_errno(errno.ESPIPE, os.lseek, call.descriptor, 0, os.SEEK_SET)
            self.assert_errno(errno.ESPIPE, os.pread, call.descriptor, 1, 0)

    def test_appending_and_truncating_mean_nothing(self):
        path = self.collection()
        for flags in (os.O_APPEND, os.O_TRUNC, os.O_CREAT):
            descriptor = os.open(path / "call", os.O_RDWR | flags)
            os.write(descriptor, request("collection.info"))
            self.assertEqual(os.read(descriptor, 4), b"VXF2")
            os.close(descriptor)
        os.truncate(path / "call", 0)

    def test_a_child_that_closes_its_copy_takes_no_reply_away(self):
        path = self.collection()
        with Call(path / "call") as call:
            os.write(call.descriptor, request("collection.info"))
            subprocess.run(["true"], pass_fds=[call.descriptor], check=True)
            self.assertEqual(call.receive()["name"], path.name)

    def test_no_request_is_turned_away_while_copies_of_its_descriptor_are_closed(self):
        path = self.collection()
        with Call(path / "call") as call:
            done = threading.Event()

            def close_copies():
                while not done.is_set():
                    os.close(os.dup(call.descriptor))

            thread = threading.Thread(target=close_copies)
            thread.start()
            try:
                for _ in range(500):
                    self.assertEqual(call.call("collection.info")["name"], path.name)
            finally:
                done.set()
                thread.join()


class Searches(Mounted):
    def setUp(self):
        self.path = self.collection(metric="euclidean")
        with Call(self.path / "call") as call:
            call.call("insert", {"vectors": np.array([[i, 0] for i in range(10)], "<f4")},
                      metadata=[{"n": i} for i in range(10)])

    def ask(self, query):
        with open(self.path / "search", "r+b", buffering=0) as search:
            search.write(query)
            return [json.loads(line) for line in search.read(1 << 20).splitlines()]

    def test_a_json_query_is_answered_by_a_line_for_each_hit(self):
        hits = self.ask(b'{"vector":[3,0],"limit":3}\n')
        self.assertEqual(hits[0], {"id": 3, "distance": 0, "metadata": {"n": 3}})
        self.assertEqual([hit["id"] for hit in hits], [3, 2, 4])

    def test_a_query_may_have_a_filter_or_a_distance(self):
        self.assertEqual([hit["id"] for hit in self.ask(b'{"vector":[3,0],"limit":2,"filter":{"n":{"$gt":6}}}')], [7, 8])
        self.assertEqual(sorted(hit["id"] for hit in self.ask(b'{"vector":[3,0],"max_distance":1}')), [2, 3, 4])

    def test_raw_vectors_are_queries(self):
        hits = self.ask(np.array([3, 0], "<f4").tobytes())
        self.assertEqual((len(hits), hits[0]["id"]), (10, 3))
        two = self.ask(np.array([[3, 0], [8, 0]], "<f4").tobytes())
        self.assertEqual([hit["id"] for hit in two if hit["query"] == 1][0], 8)

    def test_several_queries_are_answered_in_their_order(self):
        with open(self.path / "search", "r+b", buffering=0) as search:
            search.write(b'{"vector":[3,0],"limit":1}\n{"vector":[5,0],"limit":1}\n')
            self.assertEqual([json.loads(search.read(1 << 16))["id"] for _ in range(2)], [3, 5])
            self.assertEqual(search.read(100), b"")

    def test_a_mistake_is_a_line(self):
        for query, message in ((b'{"vector":[1]}', "dimension 2"), (b'{"vector":', "not JSON"), (b"abc", "no rows"),
                               (b'{"vector":[1,2],"frob":1}', "frob")):
            (line,) = self.ask(query)
            self.assertFalse(line["ok"])
            self.assertIn(message, line["error"]["message"])

    def test_a_reader_in_a_shell_finds_an_end(self):
        script = f"exec 3<>{self.path}/search; echo '{{\"vector\":[3,0],\"limit\":2}}' >&3; cat <&3; " \
                 "echo '{\"vector\":[9,0],\"limit\":1}' >&3; cat <&3"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()], [3, 2, 9])


class Reports(Mounted):
    def test_version_and_health(self):
        self.assertRegex((self.mount / ".vexfs/version").read_text(), r"^\d+\.\d+\.\d+\n$")
        self.assertEqual(json.loads((self.mount / ".vexfs/health").read_text())["status"], "ok")
        self.assertIn("searches", json.loads((self.mount / ".vexfs/stats").read_text()))

    def test_stats_of_a_collection_are_those_of_now(self):
        path = self.collection()
        with open(path / "stats") as stats:
            self.assertEqual(json.load(stats)["points"], 0)
            self.insert(path, [[1, 2]])
            stats.seek(0)
            now = json.load(stats)
        self.assertEqual((now["points"], now["inserts"], now["name"]), (1, 1, path.name))
        self.assertEqual(json.loads((path / "io_stats").read_text())["collections"][0]["name"], path.name)

    def test_they_take_nothing(self):
        path = self.collection()
        for name in (path / "stats", self.mount / ".vexfs/version", path / "vectors.npy"):
            self.assertIsNone(self.written(name))

    def written(self, name):
        try:
            descriptor = os.open(name, os.O_WRONLY)
        except PermissionError:
            return None
        try:
            return os.write(descriptor, b"x")
        except OSError as error:
            self.assertEqual(error.errno, errno.EBADF)
            return None
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    unittest.main()
