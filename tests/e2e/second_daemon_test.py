# SPDX-License-Identifier: Apache-2.0
"""A second daemon on the data or the socket of another, and ones that can't start."""
import subprocess
import unittest

from harness import PATIENCE_S, VEXFSD, Ctl, EndToEnd

HELD, CONFIGURATION, USAGE, FAILED = 75, 78, 2, 1  # vexfsd(8)


class SecondDaemon(EndToEnd):
    def assert_ends(self, daemon, status, log):
        daemon.spawn()
        self.assertEqual(daemon.process.wait(PATIENCE_S), status, daemon.log())
        self.assertRegex(daemon.log(), log)

    def second(self, **options):
        (self.directory / "second").mkdir()
        return self.daemon_in(self.directory / "second", **options)

    def assert_serves(self, daemon):
        self.assertEqual(self.ctl(daemon).json("health")["pid"], daemon.pid)

    def test_data_belong_to_one_daemon(self):
        first = self.start_daemon()
        second = self.second(data_dir=first.data_dir)
        self.assert_ends(second, HELD, f"data directory {first.data_dir} is in use by process {first.pid}")
        self.assert_serves(first)
        self.assertFalse(second.socket.exists())
        self.assert_failure(Ctl("--embedded", first.data_dir).failure("collection", "list"), 7, "busy",
                            f"in use by process {first.pid}", "asks the daemon")

    def test_a_socket_belongs_to_one_daemon(self):
        first = self.start_daemon()
        self.assert_ends(self.second(socket=first.socket), HELD, f"socket {first.socket} is held by")
        self.assert_serves(first)

    def test_what_a_killed_daemon_left_is_taken_over(self):
        first = self.start_daemon()
        first.kill()
        self.assertTrue(first.socket.exists())
        second = self.second(socket=first.socket, data_dir=first.data_dir).start()
        self.assert_serves(second)

    def test_a_file_in_the_place_of_the_socket_is_left_alone(self):
        daemon = self.daemon_in(self.directory)
        daemon.socket.write_text("somebody's")
        self.assert_ends(daemon, FAILED, f"{daemon.socket} is there and is no socket")
        self.assertEqual(daemon.socket.read_text(), "somebody's")

    def test_a_data_directory_in_a_place_that_is_none(self):
        (self.directory / "file").write_text("")
        daemon = self.daemon_in(self.directory, data_dir=self.directory / "file/data")
        self.assert_ends(daemon, FAILED, "file/data.*: Not a directory")

    def test_a_wrong_configuration_is_told_with_line_and_column(self):
        daemon = self.daemon_in(self.directory, config="[server]\nmax_clients = -1\n")
        self.assert_ends(daemon, CONFIGURATION, r"vexfsd.toml:2:15: server.max_clients is -1, out of its range")

    def test_wrong_options_are_told(self):
        done = subprocess.run([VEXFSD, "--data-dri", "/x"], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("--data-dri", done.stderr)

    def test_check_reads_the_configuration_and_starts_nothing(self):
        config = self.directory / "vexfsd.toml"
        config.write_text('[collections]\npreset = "balanced"\n')
        command = [VEXFSD, "--check", "--config", config, "--data-dir", self.directory / "data"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, str(config)))
        self.assertFalse((self.directory / "data").exists())
        config.write_text('[collections]\npreset = "balancd"\n')
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, CONFIGURATION)
        self.assertIn("balancd", done.stderr)


if __name__ == "__main__":
    unittest.main()
