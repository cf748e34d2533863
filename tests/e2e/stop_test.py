# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: what is in work is finished, what was acknowledged is on the disk, nothing is left behind."""
import array
import fcntl
import signal
import termios
import unittest

import numpy

import words
from harness import EndToEnd, PATIENCE_S, wait_for
from wire import RequestError, request


LONG_ROWS = 100_000


def unread_bytes(client):
    """Bytes sent that the daemon has not taken yet."""
    count = array.array("i", [0])
    fcntl.ioctl(client.socket, termios.TIOCOUTQ, count)
    return count[0]


class Stop(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.file = self.directory / "rows.npy"
        self.vexfsctl = self.ctl(self.daemon)

    def test_a_request_in_work_is_answered_before_the_daemon_ends(self):
        words.create_and_import(self.vexfsctl)
        base = words.vectors()
        with self.daemon.client() as client, self.daemon.client() as idle:
            idle.call("health")
            client.send(request("search", {"vectors": base[:3_000]}, collection="words", limit=1, exact=True))
            wait_for(lambda: unread_bytes(client) == 0, "the daemon to take the request")
            self.daemon.process.send_signal(signal.SIGTERM)
            results = client.receive()["results"]
            for each in (client, idle):
                with self.assertRaisesRegex(RequestError, "unavailable: .*has not begun the request"):
                    each.receive()
                self.assertTrue(each.at_end())
        # A word may share its vector with another, so distances are compared.
        self.assertEqual(len(results), 3_000)
        numpy.testing.assert_allclose([hits[0]["distance"] for hits in results], 0, atol=1e-5)
        self.assertEqual(self.daemon.process.wait(PATIENCE_S), 0)
        self.assertFalse(self.daemon.socket.exists())

    def start_long_import(self):
        """An import of many small requests that is on its way."""
        numpy.save(self.file, numpy.arange(LONG_ROWS * 4, dtype=numpy.float32).reshape(-1, 4))
        self.vexfsctl("collection", "create", "rows", "--dimension", 4, "--metric", "euclidean")
        running = self.vexfsctl.start("import", "rows", self.file, "--batch-size", 5)
        with self.daemon.client() as client:
            wait_for(lambda: client.call("collection.info", collection="rows")["points"] > 500, "500 points")
        return running

    def assert_import_goes_on(self):
        self.assertIn("resuming at row", self.vexfsctl.run("import", "rows", self.file).stderr)
        self.assertEqual(self.vexfsctl.json("collection", "info", "rows")["points"], LONG_ROWS)

    def test_a_client_of_a_stopped_daemon_knows_how_to_go_on(self):
        running = self.start_long_import()
        self.assertEqual(self.daemon.stop(), 0)
        _, notes = running.communicate()
        self.assertEqual(running.returncode, 4, notes)
        self.assertRegex(notes, r"[0-9]+ rows of .* are in \(unavailable\)\n.*run the same command again")
        self.assertEqual(self.vexfsctl.failure("health").code, "unavailable")
        self.daemon.start()
        self.assert_import_goes_on()

    def test_an_interrupt_from_the_keyboard_stops_it_as_well(self):
        self.daemon.process.send_signal(signal.SIGINT)
        self.assertEqual(self.daemon.process.wait(PATIENCE_S), 0)
        self.assertIn("stopped", self.daemon.log())

    def test_an_import_interrupted_from_the_keyboard_goes_on_later(self):
        running = self.start_long_import()
        running.send_signal(signal.SIGINT)
        _, notes = running.communicate()
        self.assertEqual(running.returncode, 130, notes)
        self.assertIn("run the same command again", notes)
        self.assert_import_goes_on()


if __name__ == "__main__":
    unittest.main()
