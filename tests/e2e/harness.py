# SPDX-License-Identifier: Apache-2.0
"""Runs vexfsd and vexfsctl as their users do.

ctest names what is tested in the environment: VEXFSD and VEXFSCTL are the programs, VEXFS_SOURCE_DIR the sources,
VEXFS_BUILD_DIR what was built. A test that needs the programs derives from EndToEnd, which has a
directory of its own and ends what the test has started.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from wire import Client

VEXFSD = os.environ["VEXFSD"]
VEXFSCTL = os.environ["VEXFSCTL"]
SOURCE_DIR = Path(os.environ["VEXFS_SOURCE_DIR"])
BUILD_DIR = Path(os.environ["VEXFS_BUILD_DIR"])

# Far beyond what anything takes under a sanitizer on a slow machine: a hang fails, slowness doesn't.
PATIENCE_S = 240


def wait_for(condition, what):
    """Returns the first true value of condition()."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError(f"waited {PATIENCE_S} s in vain for {what}")


def clean_environment(**more):
    """This process's environment without what would change the programs' behaviour."""
    changing = ("VEXFS_SOCKET", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
                "LISTEN_FDNAMES", "JOURNAL_STREAM")
    return {key: value for key, value in os.environ.items() if key not in changing} | more


class Daemon:
    """A vexfsd on data and socket in a directory; with a configuration of its own, never the machine's."""

    def __init__(self, directory, config="", data_dir=None, socket=None, environment=None, program=VEXFSD,
                 wrapper=(), **popen_options):
        self.directory = Path(directory)
        self.data_dir = Path(data_dir or self.directory / "data")
        self.socket = Path(socket or self.directory / "vexfsd.sock")
        self.config_file = self.directory / "vexfsd.toml"
        self.config_file.write_text(config)
        self.log_file = self.directory / "vexfsd.log"
        self.program = [*wrapper, program]  # a wrapper ends with exec, so that the process stays the same
        self.environment = environment or clean_environment()
        self.popen_options = popen_options
        self.process = None

    def command(self):
        return self.program + ["--foreground", "--config", str(self.config_file), "--data-dir",
                               str(self.data_dir), "--socket", str(self.socket)]

    def spawn(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, **self.popen_options)

    def start(self):
        """Starts and waits until it answers on its socket."""
        self.spawn()
        wait_for(self.answers, "the daemon's first answer")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"vexfsd ended with status {self.process.returncode}:\n{self.log()}")
        try:
            with self.client() as client:
                return client.call("health")["pid"] == self.process.pid
        except (FileNotFoundError, ConnectionError):
            return False

    @property
    def pid(self):
        return self.process.pid

    def client(self):
        return Client(self.socket, PATIENCE_S)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def wait_for_log(self, text):
        wait_for(lambda: text in self.log(), f"{text!r} in the daemon's log")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """As systemd stops it; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)


class Failure:
    """How vexfsctl told of an error: its exit status and the error's code, message and hint."""

    def __init__(self, done):
        self.status = done.returncode
        # The error is the last line; notes may stand before it.
        self.__dict__.update(json.loads(done.stderr.strip().splitlines()[-1])["error"])


class Ctl:
    """vexfsctl with common options such as --socket PATH."""

    def __init__(self, *options):
        self.options = [str(option) for option in options]

    def command(self, *arguments):
        return [VEXFSCTL, *self.options, *(str(argument) for argument in arguments)]

    def start(self, *arguments, **popen_options):
        return subprocess.Popen(self.command(*arguments), env=clean_environment(), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                **popen_options)

    def run(self, *arguments, stdin="", **options):
        return subprocess.run(self.command(*arguments), env=clean_environment(), text=True, input=stdin,
                              capture_output=True, timeout=PATIENCE_S, **options)

    def __call__(self, *arguments, stdin="", **options):
        """Standard output of a run that must succeed."""
        done = self.run(*arguments, stdin=stdin, **options)
        if done.returncode != 0:
            raise AssertionError(f"{done.args} ended with status {done.returncode}:\n{done.stderr}")
        return done.stdout

    def json(self, *arguments, **options):
        return json.loads(self("-o", "json", *arguments, **options))

    def failure(self, *arguments, **options):
        """The error of a run that must fail."""
        done = self.run("-o", "json", *arguments, **options)
        if done.returncode == 0:
            raise AssertionError(f"{done.args} succeeded:\n{done.stdout}")
        return Failure(done)


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="vexfs-e2e-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def daemon_in(self, directory, **options):
        """A daemon that isn't started yet; at the test's end it is stopped and must end cleanly."""
        daemon = Daemon(directory, **options)
        self.addCleanup(self.end, daemon)
        return daemon

    def start_daemon(self, **options):
        return self.daemon_in(self.directory, **options).start()

    def end(self, daemon):
        try:
            if daemon.running():
                self.assertEqual(daemon.stop(), 0, "the daemon's exit status")
        finally:
            if daemon.running():
                daemon.kill()
            print(daemon.log(), file=sys.stderr, end="")  # ctest shows it where the test fails

    def ctl(self, daemon):
        return Ctl("--socket", daemon.socket)

    def assert_failure(self, failure, status, code, message, hint="^"):
        """That an error is this one; message and hint are regular expressions."""
        self.assertEqual((failure.status, failure.code), (status, code), failure.message)
        self.assertRegex(failure.message, message)
        self.assertRegex(failure.hint, hint)
