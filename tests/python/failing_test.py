# SPDX-License-Identifier: Apache-2.0
"""A daemon that is slow, full, gone, or restarted under a client."""
import errno
import os
import signal
import struct
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from served import PATIENCE_S, MountingDaemon, rows, vexfs, wait_for

ROOM_BYTES = 1 << 20
IMPATIENCE_S = 0.3


def stop(process):
    """Stops all threads of a process, which SIGSTOP alone does only by and by."""
    os.kill(process, signal.SIGSTOP)
    threads = Path("/proc", str(process), "task")
    wait_for(lambda: all(stat.read_text().rpartition(") ")[2].startswith("T") for stat in threads.glob("*/stat")),
             "a process that has stopped")


class Failing(unittest.TestCase):
    def setUp(self):
        config = f"[server]\nmax_request_bytes = {ROOM_BYTES}\nmax_inflight_bytes = {ROOM_BYTES}\n"
        self.daemon = MountingDaemon(tempfile.mkdtemp(prefix="vexfs-python-"), config=config)
        self.addCleanup(self.daemon.clean_up)
        self.daemon.start()
        self.client = vexfs.Client(str(self.daemon.mount))
        self.addCleanup(self.client.close)
        self.docs = self.client.create_collection("docs", 100)
        self.docs.insert_batch(rows(100, 100))
        self.query = rows(1, 100, seed=2)[0]

    def test_a_call_that_takes_too_long_is_given_up(self):
        impatient = vexfs.Client(str(self.daemon.mount), timeout=IMPATIENCE_S)
        stop(self.daemon.pid)
        try:
            with self.assertRaisesRegex(vexfs.VexFSError, f"collection.list was not answered in {IMPATIENCE_S} s"):
                impatient.list_collections()
            with self.assertRaisesRegex(vexfs.SearchTimeoutError, "search was not answered in 0.2 s"):
                self.docs.search(self.query, timeout=0.2)
            with self.assertRaisesRegex(vexfs.VexFSError, "it may be done all the same") as raised:
                impatient.delete_collection("nowhere")
            self.assertEqual(raised.exception.code, "timed_out")
        finally:
            os.kill(self.daemon.pid, signal.SIGCONT)
        self.assertEqual(len(self.docs.search(self.query, timeout=PATIENCE_S)), 10)

    def test_a_daemon_without_room_for_a_request_says_so(self):
        descriptor = os.open(self.daemon.mount / ".vexfs/call", os.O_RDWR)
        os.write(descriptor, struct.pack("<4sIQ", b"VXF2", 2, 900_000) + b"{}" + bytes(700_000))
        with self.assertRaisesRegex(vexfs.InsufficientMemoryError, "max_inflight_bytes"):
            self.docs.insert_batch(rows(1000, 100))
        os.close(descriptor)
        wait_for(self.has_room, "room for a batch, once the kernel has told the daemon of the closed file")

    def has_room(self):
        try:
            return len(self.docs.insert_batch(rows(1000, 100))) == 1000
        except vexfs.InsufficientMemoryError:
            return False

    def test_a_request_that_is_too_large_is_refused_and_smaller_ones_are_not(self):
        with self.assertRaisesRegex(vexfs.VexFSError, "max_request_bytes") as raised:
            self.docs.insert_batch(rows(3000, 100), batch_size=3000)
        self.assertEqual(raised.exception.code, "too_large")
        self.assertEqual(len(self.docs.insert_batch(rows(3000, 100), batch_size=1000)), 3000)

    def restarted(self, end):
        """Searches go on while the daemon ends and another starts."""
        ended = threading.Event()

        def restart():
            end()
            ended.set()
            time.sleep(0.3)
            self.daemon.start()

        thread = threading.Thread(target=restart)
        thread.start()
        ended.wait(PATIENCE_S)
        try:
            with mock.patch.object(vexfs.calls, "_RESTART_S", PATIENCE_S):
                self.assertEqual(len(self.docs.search(self.query)), 10)
        finally:
            thread.join()
        self.docs.insert(self.query)
        self.assertEqual(self.docs.get_stats().vector_count, 101)

    def test_searches_wait_for_a_daemon_that_restarts(self):
        self.restarted(self.daemon.stop)

    def test_searches_wait_for_a_daemon_that_is_killed_and_started(self):
        self.restarted(self.daemon.kill)

    def test_a_search_is_asked_again_where_its_reply_was_lost_and_a_write_is_not(self):
        with self.reply_lost_once():
            self.assertEqual(len(self.docs.search(self.query)), 10)
        with self.reply_lost_once():
            with self.assertRaisesRegex(vexfs.VexFSError, "it may be done all the same") as raised:
                self.docs.insert(self.query)
        self.assertEqual(raised.exception.code, "unavailable")

    def test_a_search_is_asked_again_however_long_it_took_before_the_daemon_went(self):
        with mock.patch.object(vexfs.calls, "_RESTART_S", 0.2), self.reply_lost_once(after_s=0.3):
            self.assertEqual(len(self.docs.search(self.query)), 10)

    def reply_lost_once(self, after_s=0):
        receive = vexfs.calls.Connection.receive
        lost = []

        def lose(connection):
            if not lost:
                lost.append(connection)
                time.sleep(after_s)
                raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
            return receive(connection)

        return mock.patch.object(vexfs.calls.Connection, "receive", lose)

    def test_a_daemon_that_stays_away_is_told_with_what_to_do(self):
        self.daemon.stop()
        with mock.patch.object(vexfs.calls, "_RESTART_S", 0.2):
            with self.assertRaisesRegex(vexfs.VexFSError, "no VexFS is mounted on .*vexfsctl mount") as raised:
                self.docs.search(self.query)
        self.assertEqual(raised.exception.code, "unavailable")
        self.daemon.start()


if __name__ == "__main__":
    unittest.main()
