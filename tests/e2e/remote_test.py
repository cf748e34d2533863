# SPDX-License-Identifier: Apache-2.0
"""vexfsctl -H: the daemon of another machine. ssh(1) is one that runs its command here."""
import os
import subprocess
import unittest

from harness import PATIENCE_S, VEXFSCTL, EndToEnd, clean_environment

SSH = """#!/bin/sh
[ "$1 $2 $3" = "-xT -- root@far" ] || { echo "ssh: Could not resolve hostname $3" >&2; exit 255; }
export VEXFS_SOCKET="$FAR_SOCKET"
echo "$4" >> "$FAR_ASKED"
exec sh -c "$4"
"""


class Remote(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        ssh = self.directory / "ssh"
        ssh.write_text(SSH)
        ssh.chmod(0o755)
        self.asked = self.directory / "asked"
        self.environment = clean_environment(PATH=f"{self.directory}:{os.path.dirname(VEXFSCTL)}:{os.environ['PATH']}",
                                             FAR_SOCKET=str(self.daemon.socket), FAR_ASKED=str(self.asked))

    def run_it(self, *arguments, status=0, stdin=""):
        done = subprocess.run([VEXFSCTL, *arguments], env=self.environment, input=stdin, capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def test_everything_is_as_it_is_here(self):
        far = ("-H", "root@far")
        self.run_it(*far, "collection", "create", "docs", "--dimension", "2")
        rows = "".join(f'{{"vector": [{number}, 1]}}\n' for number in range(20000))
        self.run_it(*far, "vector", "insert", "docs", "--jsonl", stdin=rows)
        self.assertIn("20000", self.run_it(*far, "-o", "plain", "collection", "info", "docs"))
        self.assertIn("20000", self.run_it("--host", "root@far", "--socket", str(self.daemon.socket), "-o", "plain",
                                           "collection", "info", "docs"))

    def test_where_it_is_not_to_be_had_ssh_says_why(self):
        said = self.run_it("-H", "nowhere", "health", status=4)
        self.assertIn("Could not resolve hostname nowhere", said)
        self.assertIn("the daemon of nowhere closed the connection", said)
        said = self.run_it("-H", "root@far", "--socket", "/none/it's.sock", "health", status=4)
        self.assertIn("no daemon answers at /none/it's.sock", said)

    def test_what_is_about_more_than_the_daemon_runs_there(self):
        wrong = self.directory / "it's wrong.toml"
        wrong.write_text("[server]\nmax_clint = 3\n")
        said = self.run_it("config", "check", wrong, "-H", "root@far", status=5)
        self.assertIn(f"{wrong}:2:", said)
        self.run_it("--host=root@far", "-o", "json", "config", "show")
        self.assertIn("vexfsctl '-o' 'json' 'config' 'show'\n", self.asked.read_text())
        self.run_it("-H", "nowhere", "module", "status", status=255)
        self.run_it("-H", "root@far", "--embedded", "/tmp", "health", status=2)


if __name__ == "__main__":
    unittest.main()
