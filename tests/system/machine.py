# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with Debian on a disk of its own, and what its administrator and its users do there."""
import json
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vm"))
from run import COMPLAINT, PATIENCE  # noqa: E402

CPUS = 2
MEMORY_MIB = 2048
DISK_MIB = 4096
PACKAGES_MIB = 256
PATIENCE_S = 900  # without hardware that helps, everything takes ten times as long


class Done:
    def __init__(self, answer):
        self.status, self.stdout, self.stderr = answer["status"], answer["stdout"], answer["stderr"]
        self.text = self.stdout + self.stderr


class Machine:
    """`system` is the directory that rootfs.sh has made; `disk` a copy of its root that may be changed."""

    def __init__(self, system, disk, packages):
        self.complaints = []
        self.boots = queue.Queue()
        self.answers, self.orders, self.lock = {}, 0, threading.Lock()
        self.directory = tempfile.TemporaryDirectory(prefix="vexfs-system-")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{self.directory.name}/agent.sock")
        listener.listen()
        drives = []
        for path, options in ((disk, ""), (packages, ",readonly=on")):
            drives += ["-drive", f"file={path},format=raw,if=virtio,cache=unsafe{options}"]
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", str(CPUS), "-m", str(MEMORY_MIB),
             "-nodefaults", "-nographic", "-serial", "stdio", *drives, "-device", "virtio-serial", "-device", "virtio-rng-pci",
             "-chardev", f"socket,id=agent,path={self.directory.name}/agent.sock",
             "-device", "virtserialport,chardev=agent,name=test",
             "-kernel", str(system / "vmlinuz"), "-initrd", str(system / "initrd"), "-append",
             f"root=/dev/vda rw console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off no_timer_check {PATIENCE} "
             "systemd.show_status=0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        threading.Thread(target=self.watch_console, daemon=True).start()
        self.port, _ = listener.accept()
        listener.close()
        threading.Thread(target=self.receive, daemon=True).start()

    def watch_console(self):
        for line in self.process.stdout:
            print("|", line, end="", file=sys.stderr)
            if COMPLAINT.search(line):
                self.complaints.append(line.strip())

    def receive(self):
        buffered = b""
        while received := self.port.recv(1 << 16):
            *lines, buffered = (buffered + received).split(b"\n")
            for line in lines:
                answer = json.loads(line)
                if "boot" in answer:
                    self.boots.put(answer["boot"])
                else:
                    self.answers.pop(answer["id"]).put(answer)

    def wait_for_boot(self):
        self.boots.get(timeout=PATIENCE_S)

    def start(self, *command, user="root", groups=(), stdin="", timeout_s=PATIENCE_S):
        """Begins a command; what is returned, called, waits for its end."""
        with self.lock:
            self.orders += 1
            order = {"id": self.orders, "command": [str(word) for word in command], "user": user, "groups": list(groups),
                     "stdin": stdin, "timeout_s": timeout_s}
            answer = self.answers[self.orders] = queue.Queue()
            self.port.sendall(json.dumps(order).encode() + b"\n")
        return lambda: Done(answer.get(timeout=timeout_s + PATIENCE_S))

    def run(self, *command, **options):
        return self.start(*command, **options)()

    def __call__(self, script, status=0, **options):
        """What a shell says of a script, which must end with that status."""
        began = time.monotonic()
        done = self.run("bash", "-ec", script, **options)
        took = time.monotonic() - began
        print(f"{took:6.1f} s  {script.strip()}\n{re.sub('^', '        ', done.text, flags=re.MULTILINE)}", file=sys.stderr)
        if done.status != status:
            raise AssertionError(f"{script!r} ended with status {done.status}:\n{done.text}")
        return done.text

    def json(self, script, **options):
        return json.loads(self(script, **options))

    def wait_until(self, script, **options):
        """Until a script ends with 0."""
        deadline = time.monotonic() + PATIENCE_S
        while (done := self.run("bash", "-ec", script, **options)).status != 0:
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {script!r}:\n{done.text}")
            time.sleep(1)
        return done.text

    def reboot(self, how="systemctl reboot"):
        self.start("sh", "-c", how)
        self.wait_for_boot()

    def close(self):
        if self.process.poll() is None:
            self.start("systemctl", "poweroff")
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def make_disk(path, tree, mib):
    """A disk with an ext4 of a tree; nothing is mounted for it."""
    subprocess.run(["truncate", "-s", f"{mib}M", path], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", "-d", tree, path], check=True)
    return Path(path)


# The one that the tests are about; run.py has started it.
the = None


class OnMachine(unittest.TestCase):
    def setUp(self):
        self.machine = the
        print(f"\n== {self.id()}", file=sys.stderr)
