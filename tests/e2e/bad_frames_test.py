# SPDX-License-Identifier: Apache-2.0
"""Bytes on the socket that are no request: a precise error, and the daemon goes on."""
import re
import socket
import struct
import unittest
from pathlib import Path

import numpy

from harness import EndToEnd
from wire import RequestError, frame, request


class BadFrames(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon(config="[server]\nrequest_timeout_s = 1\n")
        self.pid = self.daemon.pid
        with self.daemon.client() as client:
            client.call("collection.create", collection="docs", dimension=2)
            client.call("insert", collection="docs", vectors=[[1, 0], [0, 1]])

    def assert_serves(self):
        with self.daemon.client() as client:
            hits = client.call("search", {"vectors": numpy.float32([[1, 0]])}, collection="docs")["results"][0]
            self.assertEqual([hit["id"] for hit in hits], [0, 1])
            self.assertEqual(client.call("health")["pid"], self.pid)

    def assert_error(self, client, code, message):
        with self.assertRaises(RequestError) as raised:
            client.receive()
        self.assertEqual(raised.exception.code, code)
        self.assertRegex(raised.exception.message, message)
        return raised.exception

    def assert_ends(self, data, code, message):
        """What can't be understood is answered and ends the connection."""
        with self.daemon.client() as client:
            client.send(data)
            error = self.assert_error(client, code, message)
            self.assertTrue(client.at_end())
        self.assert_serves()
        return error

    def test_bytes_that_are_no_frame(self):
        self.assert_ends(b"GET / HTTP/1.1\r\n\r\n", "malformed", "neither VXF2 nor {")
        self.assert_ends(b"VXF1" + bytes(12), "malformed", "neither VXF2 nor {")
        self.assert_ends(b"VXF2" + bytes(12), "malformed", "no header")

    def test_sizes_that_can_not_be(self):
        error = self.assert_ends(b"VXF2" + struct.pack("<IQ", 2, 1 << 60), "too_large",
                                 f"a body of {1 << 60} bytes, at most {1 << 30} are taken")
        self.assertEqual(error.hint, "send the rows in several requests")
        self.assert_ends(b"VXF2" + struct.pack("<IQ", (1 << 32) - 1, 0), "too_large",
                         f"a header of {(1 << 32) - 1} bytes")
        self.assert_ends(b"VXF2" + struct.pack("<IQ", 2, (1 << 64) - 1), "too_large", "body")

    def test_a_body_that_is_announced_takes_no_memory_before_it_comes(self):
        def resident_kib():
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
            return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1])
        before = resident_kib()
        clients = [self.daemon.client() for _ in range(16)]
        for client in clients:
            client.send(b"VXF2" + struct.pack("<IQ", 2, (1 << 30) - 2) + b"{}")
        self.assert_serves()
        self.assertLess(resident_kib() - before, 512 << 10)
        for client in clients:
            client.socket.close()

    def test_headers_that_are_no_request_leave_the_connection_open(self):
        cases = ((b"{ ", "malformed", "byte"), (b"[1,2]", "malformed", "object"),
                 (b"\xff\xfe", "malformed", "^"), (b'{"op":1}', "invalid_argument", "op must be a string"),
                 (b'{"op":"serach"}', "invalid_argument", "no operation .*serach"),
                 (b'{"op":"health","x":1}', "invalid_argument", "health has no field .*x"),
                 (b'{"op":"health","op":"stats"}', "malformed", "twice"),
                 (b'{"op":"health","arrays":[' + b"[" * 100 + b"]" * 100 + b"]}", "malformed", "deep"))
        with self.daemon.client() as client:
            for text, code, message in cases:
                with self.subTest(text[:40]):
                    client.send(b"VXF2" + struct.pack("<IQ", len(text), 0) + text)
                    self.assert_error(client, code, message)
            self.assertEqual(client.call("health")["pid"], self.pid)
        self.assert_serves()

    def test_arrays_that_contradict_the_body(self):
        def insert(body, **array):
            return frame({"op": "insert", "collection": "docs", "arrays": [{"name": "vectors", **array}]}, body)
        cases = ((insert(b"\0" * 8, dtype="f32", shape=[2, 2]), "the body ends within array"),
                 (insert(b"\0" * 99, dtype="f32", shape=[2, 2]), "the body has 99 bytes, the arrays take 16"),
                 (insert(b"\0" * 8, dtype="f32", shape=[1 << 62, 1 << 62]), "the body ends within array"),
                 (insert(b"\0" * 8, dtype="f16", shape=[2, 2]), "dtype"),
                 (insert(b"\0" * 8, dtype="f32", shape=[-1, 2]), "-1"),
                 (insert(b"\0" * 8, dtype="f32"), "no shape"))
        with self.daemon.client() as client:
            for data, message in cases:
                client.send(data)
                self.assert_error(client, "malformed", message)
        self.assert_serves()

    def test_a_line_of_json_is_answered_by_a_line(self):
        with self.daemon.client() as client:
            client.send(b'{"op":"search","collection":"docs","vector":[0,1],"limit":1}\n')
            self.assertEqual(client.receive_line()["results"][0][0]["id"], 1)
            client.send(b'{"op":"search","collection":"docs","vector":[0,1,2]}\n')
            with self.assertRaisesRegex(RequestError, "dimension_mismatch"):
                client.receive_line()
            client.send(b"{broken\n")
            with self.assertRaisesRegex(RequestError, "malformed"):
                client.receive_line()
        self.assert_serves()

    def test_half_a_frame_is_timed_out_and_a_client_that_leaves_is_forgotten(self):
        whole = request("insert", {"vectors": numpy.float32([[5, 5]])}, collection="docs")
        for part in (whole[:7], whole[:30], whole[:-1]):
            with self.subTest(bytes=len(part)):
                with self.daemon.client() as client:
                    client.send(part)
                    self.assert_serves()
                    error = self.assert_error(client, "timed_out", "did not come in time")
                    self.assertIn("request_timeout_s", error.hint)
                with self.daemon.client() as client:
                    client.send(part)
                self.assert_serves()

    def test_requests_sent_together_are_answered_in_their_order(self):
        with self.daemon.client() as client:
            client.send(b"".join(request("get", collection="docs", ids=[identity]) for identity in (1, 0, 7)))
            client.socket.shutdown(socket.SHUT_WR)
            replies = [client.receive() for _ in range(3)]
            self.assertEqual([[point["id"] for point in reply["points"]] for reply in replies], [[1], [0], []])
            self.assertTrue(client.at_end())


if __name__ == "__main__":
    unittest.main()
