# SPDX-License-Identifier: Apache-2.0
"""Starts daemons for the tests, a line of JSON for each order and each answer.

It is a process of its own, which has no file of a mount open: one that has would wait for a daemon when its copies of
the descriptors are closed in the process that is to become the daemon.
"""
import json
import subprocess
import sys

running = {}
for line in sys.stdin:
    order, argument = json.loads(line)
    if order == "start":
        process = subprocess.Popen(argument, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        running[process.pid] = process
        answer = process.pid
    elif order == "poll":
        answer = running[argument].poll()
    else:
        answer = running[argument].wait()
    print(json.dumps(answer), flush=True)
