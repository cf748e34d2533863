# SPDX-License-Identifier: Apache-2.0
"""vexfsctl monitor in a terminal of tmux, its keys pressed, its figures beside a client's own count.

With VEXFS_RECORDING=FILE the session under a load is kept for asciinema(1) to play."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

from harness import VEXFSCTL, EndToEnd, clean_environment, wait_for
from search_load import Load

DIMENSION = 4
has_tmux = unittest.skipUnless(shutil.which("tmux"), "there is no tmux")


def short(count):
    """As a screen shows it."""
    return str(count) if count < 1000 else f"{count / 1000:.2f}k" if count < 9_995 else f"{count / 1000:.1f}k"


class Screen:
    """A tmux server of its own with the monitor in it."""

    def __init__(self, directory, command, columns=80, rows=24):
        self.base = ["tmux", "-f", "/dev/null", "-S", str(directory / "tmux")]
        script = '"$@"; echo "ended with $?"; exec sleep infinity'
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", script, "sh", *command)

    def tmux(self, *arguments):
        done = subprocess.run([*self.base, *arguments], capture_output=True, text=True, check=True,
                              env=clean_environment(TERM="xterm-256color", LC_ALL="C.UTF-8"))
        return done.stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def record(self, path, stopped):
        """Its screens, as they change, as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/)."""
        begun, before = time.monotonic(), None
        with open(path, "w", encoding="utf-8") as file:
            print(json.dumps({"version": 2, "width": 80, "height": 24, "timestamp": int(time.time())}), file=file)
            while not stopped.wait(0.1):
                now = self.tmux("capture-pane", "-p", "-e").rstrip("\n").replace("\n", "\r\n")
                if now != before:
                    print(json.dumps([round(time.monotonic() - begun, 3), "o", "\x1b[H\x1b[2J" + now]), file=file)
                before = now

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def wait(self, pattern):
        return wait_for(lambda: re.search(pattern, self.text()), f"{pattern} on\n{self.text()}")

    def status(self):
        """Of the program, once it has ended."""
        return int(self.wait(r"ended with (\d+)")[1])

    def close(self):
        self.tmux("kill-server")


class Monitor(EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon = self.start_daemon()
        self.vexfsctl = self.ctl(self.daemon)
        with self.daemon.client() as client:
            for name, points in (("alpha", 3), ("beta", 30), ("gamma", 300)):
                client.call("collection.create", collection=name, dimension=DIMENSION)
                client.call("insert", collection=name, vectors=[[i] * DIMENSION for i in range(1, points + 1)])

    def screen(self, *arguments, **size):
        screen = Screen(self.directory, [VEXFSCTL, "--socket", str(self.daemon.socket), "monitor", *arguments], **size)
        self.addCleanup(screen.close)
        return screen

    @has_tmux
    def test_keys_go_through_the_screens(self):
        screen = self.screen()
        screen.wait(r"alpha +3 .*\n.*beta +30 .*\n.*gamma +300 ")
        screen.press("s", "s")
        screen.wait(r"gamma +300 .*\nbeta +30 .*\nalpha +3 ")
        screen.press("r")
        screen.wait(r"alpha +3 .*\nbeta +30 .*\ngamma +300 [^\0]*sorted by points, reversed")
        screen.press("/", "b", "e", "Enter")
        screen.wait(r"/be *\n.*\nbeta +30 .*\n *\n")
        screen.press("Enter")
        screen.wait(r"\nbeta *\n.*dimension 4\n +points +30,")
        screen.wait(r"queries/s +[▁█]")
        screen.press("Escape")
        screen.wait("NAME +POINTS")
        screen.press("Escape", "2")
        screen.wait(r"SYNC P99 ms[^\0]*alpha")
        screen.press("3")
        screen.wait(r"CPUs +[█░]+[^\0]*free of")
        screen.press("4")
        screen.wait("ALERT +SEVERITY")
        screen.press("?")
        screen.wait("look into a collection")
        screen.press("?", "Space")
        screen.wait("PAUSED")
        screen.press("q")
        self.assertEqual(screen.status(), 0)

    @has_tmux
    def test_a_terminal_that_changes_its_size_is_filled(self):
        screen = self.screen()
        screen.wait("alpha")
        for columns, rows in ((120, 40), (50, 12)):
            screen.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            wait_for(lambda: max(map(len, screen.text().splitlines())) > columns - 3, f"{columns} columns")
            wait_for(lambda: "q quit" in screen.text().rstrip("\n").splitlines()[-1], f"{rows} rows")
        screen.tmux("resize-window", "-x", "30", "-y", "5")
        screen.wait("needs 40 x 10")

    @has_tmux
    def test_it_ends_with_an_error_when_the_daemon_goes(self):
        screen = self.screen()
        screen.wait("alpha")
        self.daemon.stop()
        screen.wait("unavailable")
        self.assertEqual(screen.status(), 4)

    @has_tmux
    def test_screens_while_a_load_runs_never_tell_more_and_at_the_end_tell_all_that_a_client_counts(self):
        screen = self.screen()
        screen.press("s", "s", "Enter")  # the one with the most points
        screen.wait(r"\ngamma *\n[^\0]*queries +0 \(")
        if path := os.environ.get("VEXFS_RECORDING"):
            stopped = threading.Event()
            recorder = threading.Thread(target=screen.record, args=(path, stopped))
            recorder.start()
            self.addCleanup(lambda: (stopped.set(), recorder.join()))
        told = []
        with Load(self.daemon, "gamma", DIMENSION, per_second=300) as load:
            while len(load.times) < 600:
                told.append(int(re.search(r"\n +queries +(\d+) \(", screen.text())[1]))
                self.assertLessEqual(told[-1], len(load.times) + 1)  # the last one's reply may be on its way
        self.assertEqual(told, sorted(told))
        self.assertGreater(told[-1], 0)
        screen.wait(rf"\n +queries +{short(len(load.times))} \(")

    def test_what_is_shown_is_what_a_client_counts(self):
        """Rates of the daemon, added up over a load, are its queries within 2 %."""
        stopped, count = threading.Event(), [0]

        def load():
            with self.daemon.client() as client:
                while not stopped.is_set():
                    client.call("search", collection="gamma", vector=[count[0] % 89 + 1] * DIMENSION)
                    count[0] += 1
        thread = threading.Thread(target=load)
        monitor = self.vexfsctl.start("-o", "json", "monitor", "--interval", "1")
        time.sleep(2.5)  # a rate is of what came since the sample before
        thread.start()
        time.sleep(4)
        stopped.set()
        thread.join()
        time.sleep(2)
        monitor.send_signal(signal.SIGINT)
        lines = [json.loads(line) for line in monitor.communicate()[0].splitlines()]
        self.assertEqual(monitor.returncode, 0)
        self.assertGreaterEqual(len(lines), 5)
        history = lines[-1]["history"]
        times = history["times_ms"]
        shown = sum(rate * (end - begin) / 1000
                    for rate, begin, end in zip(history["queries_per_s"][1:], times, times[1:]))
        self.assertAlmostEqual(shown, count[0], delta=0.02 * count[0])
        gamma = next(row for row in lines[-1]["collections"] if row["name"] == "gamma")
        self.assertEqual(gamma["queries"], count[0])

    def test_once_prints_the_screen_or_rows_for_scripts(self):
        self.assertRegex(self.vexfsctl("monitor", "--once"), r"^vexfsd up [^\0]*gamma +300 ")
        rows = [line.split("\t") for line in self.vexfsctl("-o", "plain", "monitor", "--once").splitlines()]
        self.assertEqual([row[:2] for row in rows], [["alpha", "3"], ["beta", "30"], ["gamma", "300"]])
        reply = self.vexfsctl.json("monitor", "--once")
        self.assertEqual([row["points"] for row in reply["collections"]], [3, 30, 300])
        self.assertIn("history", reply)

    def test_what_is_no_terminal_is_refused(self):
        failure = self.vexfsctl.run("monitor")
        self.assertNotEqual(failure.returncode, 0)
        self.assertIn("the monitor needs a terminal", failure.stderr)
        self.assertEqual(self.vexfsctl.run("monitor", "--interval", "0").returncode, 2)


if __name__ == "__main__":
    unittest.main()
