# SPDX-License-Identifier: Apache-2.0
"""Clients that connect and say nothing, a thousand of them and more than are served."""
import resource
import unittest

from harness import EndToEnd, wait_for
from wire import RequestError


class IdleClients(EndToEnd):
    def setUp(self):
        super().setUp()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        self.clients = []
        self.addCleanup(lambda: [client.socket.close() for client in self.clients])

    def connect(self, daemon, count):
        self.clients += (daemon.client() for _ in range(count))

    def test_a_thousand_silent_clients_hinder_nobody(self):
        daemon = self.start_daemon()
        pid, vexfsctl = daemon.pid, self.ctl(daemon)
        vexfsctl("collection", "create", "docs", "--dimension", 2)
        self.connect(daemon, 1_000)
        vexfsctl("vector", "insert", "docs", "--vector", "[1,0]")
        self.assertEqual(len(vexfsctl.json("vector", "search", "docs", "--vector", "[1,0]")["hits"]), 1)
        # All of them are served, the first as well as the last.
        for client in (self.clients[0], self.clients[-1]):
            self.assertEqual(client.call("health")["pid"], pid)

    def test_more_clients_than_are_served_are_told_so(self):
        daemon = self.start_daemon(config="[server]\nmax_clients = 8\n")
        self.connect(daemon, 8)
        for client in self.clients:
            client.call("health")
        failure = self.ctl(daemon).failure("health")
        self.assert_failure(failure, 7, "busy", "8 clients are connected already", "server.max_clients")
        with daemon.client() as refused, self.assertRaisesRegex(RequestError, "busy"):
            refused.receive()
        self.clients.pop().socket.close()
        # The daemon sees the one leave when it comes to it.
        wait_for(lambda: self.ctl(daemon).run("health").returncode == 0, "a place for another client")


if __name__ == "__main__":
    unittest.main()
