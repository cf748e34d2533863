#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs in a virtual machine what the host says, a line of JSON for each order and each answer."""
import json
import subprocess
import threading
import time
from pathlib import Path

PORT = Path("/dev/virtio-ports/test")


def order_done(order):
    try:
        done = subprocess.run(order["command"], input=order["stdin"], capture_output=True, text=True, errors="replace",
                              timeout=order["timeout_s"], user=order["user"], group=order["user"], extra_groups=order["groups"],
                              cwd="/", check=False)
        return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    except subprocess.TimeoutExpired as expired:
        return {"status": -1, "stdout": str(expired.stdout), "stderr": f"{expired}\n{expired.stderr}"}
    except (OSError, subprocess.SubprocessError, LookupError) as error:
        return {"status": -1, "stdout": "", "stderr": f"{error}\n"}


def main():
    while not PORT.exists():
        time.sleep(0.1)
    lock = threading.Lock()  # guards writes to the port
    with open(PORT, "r+b", buffering=0) as port:

        def say(answer):
            with lock:
                port.write(json.dumps(answer).encode() + b"\n")

        say({"boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip()})
        buffered = b""
        while True:
            received = port.read(1 << 16)
            if not received:  # the host isn't there yet
                time.sleep(0.1)
                continue
            *lines, buffered = (buffered + received).split(b"\n")
            for line in lines:
                order = json.loads(line)
                threading.Thread(target=lambda order=order: say({"id": order["id"], **order_done(order)})).start()


if __name__ == "__main__":
    main()
