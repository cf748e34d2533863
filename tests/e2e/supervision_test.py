# SPDX-License-Identifier: Apache-2.0
"""What systemd does with the daemon: sd_notify(3), the watchdog, and a socket of systemd's."""
import ctypes
import os
import signal
import socket
import time
import unittest
from contextlib import contextmanager
from pathlib import Path

from harness import EndToEnd, PATIENCE_S, clean_environment
from wire import Client


# <linux/ptrace.h>
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # __WALL, to wait for a thread


@contextmanager
def stopped_thread(pid, name):
    """One thread of a process stands still."""
    thread, = (int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text().strip() == name)
    libc = ctypes.CDLL(None, use_errno=True)

    def ptrace(request):
        if libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    ptrace(PTRACE_SEIZE)
    ptrace(PTRACE_INTERRUPT)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        ptrace(PTRACE_DETACH)


class Notifications(EndToEnd):
    def setUp(self):
        super().setUp()
        path = self.directory / "notify.sock"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(str(path))
        self.socket.settimeout(PATIENCE_S)
        self.environment = {"NOTIFY_SOCKET": str(path)}

    def next_with(self, key):
        """The next notification that has this key, as a dictionary."""
        while True:
            lines = self.socket.recv(1 << 16).decode().splitlines()
            notification = dict(line.split("=", 1) for line in lines)
            if key in notification:
                return notification

    def start(self, **environment):
        daemon = self.daemon_in(self.directory, environment=clean_environment(**self.environment, **environment))
        daemon.spawn()
        return daemon

    def test_ready_is_said_when_the_socket_answers(self):
        daemon = self.start()
        self.assertEqual(self.next_with("READY")["READY"], "1")
        self.assertEqual(self.ctl(daemon).json("health")["pid"], daemon.pid)

    def test_the_status_tells_what_is_served(self):
        daemon = self.start()
        self.assertRegex(self.next_with("STATUS")["STATUS"], f"0 collections from {daemon.data_dir}")

    def test_a_reload_is_said_before_and_after(self):
        daemon = self.start()
        self.next_with("READY")
        daemon.process.send_signal(signal.SIGHUP)
        self.assertGreater(int(self.next_with("RELOADING")["MONOTONIC_USEC"]), 0)
        self.next_with("READY")

    def test_stopping_is_said(self):
        daemon = self.start()
        self.next_with("READY")
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.next_with("STOPPING")["STOPPING"], "1")
        self.assertEqual(daemon.process.wait(PATIENCE_S), 0)

    def test_the_watchdog_is_fed(self):
        self.start(WATCHDOG_USEC="400000")
        self.next_with("READY")
        for _ in range(3):
            self.assertEqual(self.next_with("WATCHDOG")["WATCHDOG"], "1")

    def test_the_watchdog_starves_while_the_collections_cant_be_looked_at(self):
        daemon = self.start(WATCHDOG_USEC="400000")
        self.next_with("WATCHDOG")
        with stopped_thread(daemon.pid, "vexfs-watch"):
            self.assertEqual(self.ctl(daemon).json("health")["status"], "ok")  # the event loop goes on
            self.wait_for_silence(1)
        self.next_with("WATCHDOG")

    def wait_for_silence(self, seconds):
        deadline = time.monotonic() + PATIENCE_S
        self.socket.settimeout(seconds)
        with self.assertRaises(socket.timeout):
            while time.monotonic() < deadline:
                self.socket.recv(1 << 16)
        self.socket.settimeout(PATIENCE_S)


class SocketActivation(EndToEnd):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "systemd.sock"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(self.listener.close)
        self.listener.bind(str(self.path))
        self.listener.listen()

    def start(self, descriptor, count=1):
        # systemd passes sockets from descriptor 3 on, to the process LISTEN_PID.
        script = f'export LISTEN_PID=$$; exec "$@" 3<&{descriptor}'
        daemon = self.daemon_in(self.directory, environment=clean_environment(LISTEN_FDS=str(count)),
                                wrapper=["bash", "-c", script, "bash"], pass_fds=[descriptor])
        daemon.spawn()
        return daemon

    def test_systemds_socket_is_served_and_outlives_the_daemon(self):
        with Client(self.path, PATIENCE_S) as early:  # waits for a daemon that isn't there yet
            daemon = self.start(self.listener.fileno())
            self.assertEqual(early.call("health")["pid"], daemon.pid)
        self.assertFalse(daemon.socket.exists(), "the configured socket is not opened beside systemd's")
        self.assertEqual(daemon.stop(), 0)
        self.assertTrue(self.path.exists())
        with Client(self.path, PATIENCE_S) as waiting:
            daemon = self.start(self.listener.fileno())
            self.assertEqual(waiting.call("health")["pid"], daemon.pid)

    def test_something_else_than_one_listening_socket_is_refused(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unbound:
            daemon = self.start(unbound.fileno())
            self.assertEqual(daemon.process.wait(PATIENCE_S), 1)
            self.assertIn("no listening Unix stream", daemon.log())


if __name__ == "__main__":
    unittest.main()
