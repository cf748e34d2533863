# SPDX-License-Identifier: Apache-2.0
"""Plays systemd's part for a vexfsd with a mount: keeps the descriptors that it wants to be kept, and starts the next one
with them.

It is a process of its own, a line of JSON for each order and each answer: one that has a file of the mount open can
start nothing while there is no daemon, as each program that begins closes its copy of the descriptor, and waits.
"""
import array
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading

FIRST_KEPT = 200  # above those that a daemon begins with


class Supervisor:
    def __init__(self, notify_path):
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(notify_path)
        self.lock = threading.Lock()  # guards what follows
        self.kept = []  # (name, descriptor)
        self.process = None
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            data, control, _, _ = self.notifications.recvmsg(1 << 16, socket.CMSG_SPACE(64 * 4))
            received = array.array("i")
            for level, kind, content in control:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    received.frombytes(content)
            message = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
            name = message.get("FDNAME", "stored")
            with self.lock:
                if message.get("FDSTORE") == "1":
                    self.kept += [(name, fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_KEPT))
                                  for descriptor in received]
                for descriptor in received:
                    os.close(descriptor)
                if message.get("FDSTOREREMOVE") == "1":
                    self.drop(lambda entry: entry[0] == name)

    def drop(self, which):
        for entry in [entry for entry in self.kept if which(entry)]:
            self.kept.remove(entry)
            os.close(entry[1])

    def spawn(self, command, environment, log):
        with self.lock, open(log, "ab") as output:
            self.drop(lambda entry: has_ended(entry[1]))  # as systemd watches what it keeps
            passed, names = [descriptor for _, descriptor in self.kept], [name for name, _ in self.kept]
            if passed:
                environment.update(LISTEN_FDS=str(len(passed)), LISTEN_FDNAMES=":".join(names))
            places = " ".join(f"{3 + i}<&{descriptor}" for i, descriptor in enumerate(passed))
            self.process = subprocess.Popen(["bash", "-c", f'export LISTEN_PID=$$; exec "$@" {places}', "bash", *command],
                                            env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            pass_fds=passed)
            return self.process.pid

    def poll(self):
        return self.process.poll()

    def names(self):
        with self.lock:
            return sorted(name for name, _ in self.kept)

    def path_of(self, name):
        with self.lock:
            return f"/proc/{os.getpid()}/fd/{dict(self.kept)[name]}"

    def forget(self):
        with self.lock:
            self.drop(lambda entry: True)


def has_ended(descriptor):
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def serve():
    supervisor = Supervisor(sys.argv[1])
    for line in sys.stdin:
        order, arguments = json.loads(line)
        print(json.dumps(getattr(supervisor, order)(*arguments)), flush=True)


if __name__ == "__main__":
    serve()
    sys.exit()

from harness import PATIENCE_S, clean_environment, wait_for  # noqa: E402
from mounted import MountingDaemon  # noqa: E402


class SupervisedDaemon(MountingDaemon):
    """A vexfsd whose descriptors are kept from one start to the next."""

    def __init__(self, directory, options=(), **more):
        super().__init__(directory, options, **more)
        path = self.directory / "notify.sock"
        self.environment = clean_environment(NOTIFY_SOCKET=str(path), FDSTORE="8")
        self.supervisor = subprocess.Popen([sys.executable, "-B", __file__, path], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, text=True)
        self.ordering = threading.Lock()

    def order(self, name, *arguments):
        with self.ordering:
            print(json.dumps([name, arguments]), file=self.supervisor.stdin, flush=True)
            return json.loads(self.supervisor.stdout.readline())

    def spawn(self):
        self.process = SupervisedProcess(self)

    def names(self):
        return self.order("names")

    def stop_for_good(self):
        """As `systemctl stop`: nothing is kept any more."""
        status = self.stop()
        self.order("forget")
        return status

    def clean_up(self):
        if self.running():
            self.kill()
        self.supervisor.stdin.close()
        self.supervisor.wait(PATIENCE_S)
        self.supervisor.stdout.close()
        super().clean_up()


class SupervisedProcess:
    """As subprocess.Popen has it, of a process that is another's child."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.returncode = None
        self.pid = daemon.order("spawn", daemon.command(), daemon.environment, str(daemon.log_file))

    def poll(self):
        if self.returncode is None:
            self.returncode = self.daemon.order("poll")
        return self.returncode

    def wait(self, _timeout_s):
        wait_for(lambda: self.poll() is not None, "the daemon's end")
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)
