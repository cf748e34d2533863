# SPDX-License-Identifier: Apache-2.0
"""VEXFS_IOC_CALL, on a mount that the module serves."""
import errno
import os
import unittest

import numpy as np
from module import MOUNT, call, checked
from mounted import Mounted, request, rows


class Calling(Mounted):
    def setUp(self):
        self.descriptor = os.open(MOUNT / ".vexfs/call", os.O_RDWR)
        self.addCleanup(os.close, self.descriptor)

    def test_a_request_and_its_reply_are_one_system_call(self):
        self.assertEqual(checked(call(self.descriptor, request("health")))["status"], "ok")
        self.assertEqual(os.read(self.descriptor, 100), b"")

    def test_what_of_a_reply_has_no_room_is_read(self):
        whole = call(self.descriptor, request("collection.list"))
        first = call(self.descriptor, request("collection.list"), room=10)
        self.assertEqual(first + os.read(self.descriptor, 1 << 16), whole)

    def test_arguments_that_make_no_sense_are_refused(self):
        self.assert_errno(errno.EINVAL, call, self.descriptor, request("health"), flags=2)
        for name, flags, number in (("version", os.O_RDONLY, errno.ENOTTY), ("call", os.O_RDONLY, errno.EBADF)):
            other = os.open(MOUNT / ".vexfs" / name, flags)
            self.assert_errno(number, call, other, request("health"))
            os.close(other)

    def test_requests_and_replies_of_several_megabytes(self):
        path = self.collection(dimension=1000, algorithm="flat")
        vectors = rows(3000, 1000)
        inserted = call(self.descriptor, request("insert", {"vectors": vectors}, collection=path.name))
        ids = checked(inserted)["arrays"]["ids"]
        got = call(self.descriptor, request("get", {"ids": ids}, collection=path.name, with_vector=True), room=16 << 20)
        np.testing.assert_array_equal(checked(got)["arrays"]["vectors"], vectors)
        np.testing.assert_array_equal(np.load(path / "vectors.npy"), vectors)

    def test_vectors_wherever_the_header_lets_them_begin(self):
        path = self.collection(dimension=2, algorithm="flat")
        vectors = rows(40, 2)
        for blanks in range(4):
            insert = request("insert", {"vectors": vectors[10 * blanks:10 * blanks + 10]}, collection=path.name)
            self.assertEqual(checked(call(self.descriptor, padded(insert, blanks)))["inserted"], 10)
        np.testing.assert_array_equal(np.load(path / "vectors.npy"), vectors)

    def test_what_was_written_before_is_asked_first(self):
        os.write(self.descriptor, request("collection.list") + request("health")[:10])
        replies = call(self.descriptor, request("health")[10:])
        first_bytes = 16 + int.from_bytes(replies[4:8], "little")
        self.assertIn("collections", checked(replies[:first_bytes]))
        rest = replies[first_bytes:] or os.read(self.descriptor, 1 << 16)
        self.assertEqual(checked(rest)["status"], "ok")


def padded(frame, blanks):
    """A request with so many blanks behind its header."""
    header_bytes = int.from_bytes(frame[4:8], "little")
    return (frame[:4] + (header_bytes + blanks).to_bytes(4, "little") + frame[8:16 + header_bytes] + b" " * blanks
            + frame[16 + header_bytes:])


if __name__ == "__main__":
    unittest.main()
