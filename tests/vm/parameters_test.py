# SPDX-License-Identifier: Apache-2.0
"""The parameters of the module, each with what it changes."""
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

import genl
import numpy as np
from module import MOUNT, REPEATABLE, Daemon, call, checked, device_of, parameter
from mounted import Mounted, request, rows

# A process that takes as much memory as each line says, and answers with one; the first that is killed for it.
HUNGRY = """
import mmap, sys
open("/proc/self/oom_score_adj", "w").write("1000")
taken = []
for line in sys.stdin:
    taken.append(mmap.mmap(-1, int(line), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE))
    print(flush=True)
"""
LEAST_TAKEN = 4 << 20


class OfTheModule(Mounted):
    """A mount and the netlink family, and the parameters as they were."""

    def setUp(self):
        self.family = genl.Family()
        self.addCleanup(self.family.close)
        for name, (value, _, _) in self.family.parameters().items():
            self.addCleanup(self.family.set, name, value)
        self.device = device_of()

    def counted(self):
        return self.family.mount(self.device)

    def asked_for(self, vector, **fields):
        return request("search", {"vectors": np.array([vector], "<f4")}, limit=5, **fields)

    def opened_call(self, path, flags=0):
        descriptor = os.open(path / "call", os.O_RDWR | flags)
        self.addCleanup(os.close, descriptor)
        return descriptor

    def filled(self, count=1000):
        path = self.collection(dimension=2, metric="euclidean", algorithm="flat")
        self.insert(path, rows(count, 2))
        return path


class Parameters(OfTheModule):
    def test_they_are_those_of_the_configuration(self):
        done = subprocess.run(["vexfsctl", "-o", "json", "module", "status"], stdout=subprocess.PIPE, check=True)
        told = json.loads(done.stdout)["parameters"]
        values = self.family.parameters()
        self.assertEqual({one["name"] for one in told}, set(values))
        for one in told:
            value, least, most = values[one["name"]]
            self.assertEqual((one["state"], one["actual"]), ("same", parameter(one["name"]).read_text().strip()))
            if one["actual"] in "YN":
                self.assertEqual(("NY"[value], least, most), (one["actual"], 0, 1))
            else:
                self.assertEqual(int(one["actual"]), value)
                self.assertEqual([int(part) for part in re.findall(r"\d+", one["range"].replace(",", ""))], [least, most])

    def test_they_are_set_in_sysfs_within_their_range(self):
        for name, (_, least, most) in self.family.parameters().items():
            for value in {least, most}:
                parameter(name).write_text(str(value))
                self.assertEqual(self.family.parameters()[name][0], value)
            for value, number in ((most + 1, errno.ERANGE), (-1, errno.EINVAL), ("many", errno.EINVAL)):
                if parameter(name).read_text().strip() in "YN" and value != "many":
                    number = errno.EINVAL
                self.assert_errno(number, parameter(name).write_text, str(value))

    def test_max_concurrent_ops_makes_others_wait_or_refuses_them(self):
        path = self.collection()
        first, second, third = (self.opened_call(path, flags) for flags in (0, 0, os.O_NONBLOCK))
        events = genl.Events()
        self.addCleanup(events.close)
        self.family.set("max_concurrent_ops", 1)
        before = self.counted()
        os.kill(Daemon.running.pid, signal.SIGSTOP)
        answers = []
        threads = [threading.Thread(target=lambda each=each: answers.append(checked(call(each, request("health")))))
                   for each in (first, second)]
        try:
            threads[0].start()
            time.sleep(0.2)
            threads[1].start()
            time.sleep(0.2)
            self.assert_errno(errno.EAGAIN, call, third, request("health"))
            self.assertEqual(answers, [])
        finally:
            os.kill(Daemon.running.pid, signal.SIGCONT)
        for thread in threads:
            thread.join(60)
        self.assertEqual([answer["status"] for answer in answers], ["ok", "ok"])
        after = self.counted()
        self.assertEqual([after[name] - before[name] for name in ("waited", "refused")], [1, 1])
        self.assertEqual(events.next()[0], genl.OVERLOAD)
        self.family.set("max_concurrent_ops", 2)
        self.assertEqual(checked(call(third, request("health")))["status"], "ok")

    def test_worker_threads_are_how_many_long_requests_a_daemon_does(self):
        def threads_with(value):
            self.family.set("worker_threads", value)
            Daemon.running.stop()
            Daemon.running.start()
            seen = []
            while len(seen) < 2 or seen[-1] != seen[-2]:  # a thread names itself some time after it begins
                time.sleep(1)
                tasks = Path(f"/proc/{Daemon.running.pid}/task").iterdir()
                seen.append(sum((task / "comm").read_text().strip() == "vexfs-module" for task in tasks))
            return seen[-1]
        self.assertEqual(threads_with(7) - threads_with(3), 4)
        self.assertEqual(threads_with(0), threads_with(os.cpu_count()))

    def test_batch_size_splits_what_is_inserted(self):
        path = self.collection(dimension=100)
        for batch, requests in ((10, 20), (50, 4), (1000, 1)):
            self.family.set("batch_size", batch)
            descriptor = os.open(path / "insert", os.O_WRONLY)
            before = self.counted()["requests"]
            os.write(descriptor, rows(200, 100).tobytes())
            self.assertEqual(self.counted()["requests"] - before, requests)
            os.close(descriptor)
        self.assertEqual(np.load(path / "vectors.npy").shape, (600, 100))

    def test_prefetch_enabled_reads_the_beginning_of_an_array_at_open(self):
        path = self.collection(dimension=100)
        for enabled in (True, False):
            (path / "insert").write_bytes(rows(1000, 100).tobytes())  # another array
            self.family.set("prefetch_enabled", enabled)
            before = self.counted()["bytes_read"]
            descriptor = os.open(path / "ids.npy", os.O_RDONLY)
            read = self.counted()["bytes_read"] - before
            (self.assertGreaterEqual if enabled else self.assertLess)(read, 1000 * 8)
            self.assertEqual(os.pread(descriptor, 6, 0), b"\x93NUMPY")
            os.close(descriptor)

    def test_cache_size_mb_keeps_replies_and_0_keeps_none(self):
        descriptor = self.opened_call(self.filled())
        asked = self.asked_for([0, 0])
        first = call(descriptor, asked, flags=REPEATABLE)
        before = self.counted()
        self.assertEqual(call(descriptor, asked, flags=REPEATABLE), first)
        after = self.counted()
        self.assertEqual([after[name] - before[name] for name in ("cache_hits", "requests")], [1, 0])
        self.family.set("cache_size_mb", 0)
        self.assertEqual(self.family.cache()["entries"], 0)
        call(descriptor, asked, flags=REPEATABLE)
        call(descriptor, asked, flags=REPEATABLE)
        self.assertEqual(self.counted()["requests"] - after["requests"], 2)
        self.assertEqual(self.family.cache()["entries"], 0)

    def test_the_cache_keeps_to_its_size(self):
        self.family.set("cache_size_mb", 1)
        self.family.set("compression_level", 0)
        descriptor = self.opened_call(self.filled())
        before = self.family.cache()["evictions"]
        for i in range(30):
            call(descriptor, request("search", {"vectors": np.array([[i, 0]], "<f4")}, limit=1000), flags=REPEATABLE)
            self.assertLessEqual(self.family.cache()["bytes"], 1 << 20)
        self.assertGreater(self.family.cache()["evictions"], before)

    def test_compression_level_makes_what_is_kept_smaller(self):
        descriptor = self.opened_call(self.filled())
        asked = request("search", {"vectors": np.array([[0, 0]], "<f4")}, limit=1000)
        kept, replies = {}, set()
        for level in (0, 1, 9):
            self.family.set("cache_size_mb", 0)
            self.family.set("cache_size_mb", 64)
            self.family.set("compression_level", level)
            reply = call(descriptor, asked, flags=REPEATABLE)
            self.assertEqual(call(descriptor, asked, flags=REPEATABLE), reply)
            replies.add(len(checked(reply)["results"][0]))
            kept[level] = self.family.cache()["bytes"]
        self.assertEqual(replies, {1000})
        self.assertLess(kept[1], kept[0] * 0.8)
        self.assertLessEqual(kept[9], kept[1])


class Cache(OfTheModule):
    """What is kept is never what is not true any more."""

    def hits(self, descriptor, asked):
        before = self.counted()["cache_hits"]
        reply = checked(call(descriptor, asked, flags=REPEATABLE))
        return self.counted()["cache_hits"] - before, reply

    def nearest(self, descriptor, asked):
        hits, reply = self.hits(descriptor, asked)
        return hits, [hit["id"] for hit in reply["results"][0]]

    def test_every_change_ends_what_was_kept(self):
        path = self.collection(dimension=2, metric="euclidean", algorithm="flat")
        self.insert(path, [[5, 0]], ids=[5])
        descriptor = self.opened_call(path)
        asked = self.asked_for([0, 0], with_metadata=True)
        changes = [
            (lambda: self.insert(path, [[3, 0]], ids=[3]), [3, 5]),
            (lambda: (path / "insert").write_bytes(np.array([1, 0], "<f4").tobytes()), None),
            (lambda: (path / "points/3").unlink(), None),
            (lambda: os.setxattr(path / "points/5", "user.vexfs.metadata", b'{"a":1}'), None),
            (lambda: (path / "points/5").write_bytes(np.array([9, 0], "<f4").tobytes()), None),
        ]
        self.assertEqual(self.nearest(descriptor, asked), (0, [5]))
        for change, expected in changes:
            self.assertEqual(self.hits(descriptor, asked)[0], 1)
            change()
            hits, found = self.nearest(descriptor, asked)
            self.assertEqual(hits, 0)
            if expected:
                self.assertEqual(found, expected)

    def test_a_collection_that_is_made_anew_is_another(self):
        for number in (1, 2):
            path = self.collection(name="anew", dimension=2, metric="euclidean", algorithm="flat")
            self.insert(path, [[5, 0]], ids=[number])
            with open(path / "call", "r+b", buffering=0) as opened:
                asked = self.asked_for([0, 0])
                self.assertEqual(self.nearest(opened.fileno(), asked), (0, [number]))
                self.assertEqual(self.nearest(opened.fileno(), asked), (1, [number]))
                if number == 1:
                    self.remove(path)
                    self.assert_errno(errno.ENOENT, path.stat)

    def test_what_another_daemon_said_is_not_kept(self):
        descriptor, asked = self.opened_call(self.filled()), self.asked_for([0, 0])
        found = self.nearest(descriptor, asked)[1]
        self.assertEqual(self.nearest(descriptor, asked), (1, found))
        for end in (Daemon.running.stop, Daemon.running.kill):
            end()
            Daemon.running.start()
            self.assertEqual(self.nearest(descriptor, asked), (0, found))
            self.assertEqual(self.nearest(descriptor, asked), (1, found))

    def test_nobody_gets_what_another_user_asked(self):
        descriptor, asked = self.opened_call(self.filled()), self.asked_for([0, 0])
        self.nearest(descriptor, asked)
        self.assertEqual(self.nearest(descriptor, asked)[0], 1)
        before = self.counted()["cache_hits"]
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setegid(12345)
                other = os.open(MOUNT / self.id().rpartition(".")[2] / "call", os.O_RDWR)
                checked(call(other, asked, flags=REPEATABLE))
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(self.counted()["cache_hits"], before)

    def test_a_request_that_is_not_repeatable_is_asked_each_time(self):
        descriptor, asked = self.opened_call(self.filled()), self.asked_for([0, 0])
        before = self.counted()
        for _ in range(3):
            call(descriptor, asked)
        after = self.counted()
        self.assertEqual([after[name] - before[name] for name in ("cache_hits", "requests")], [0, 3])

    def test_the_kernel_takes_it_back(self):
        descriptor, asked = self.opened_call(self.filled()), self.asked_for([0, 0])
        self.nearest(descriptor, asked)
        self.assertGreater(self.family.cache()["entries"], 0)
        Path("/proc/sys/vm/drop_caches").write_text("2")
        self.assertEqual(self.family.cache()["entries"], 0)
        self.assertEqual(self.nearest(descriptor, asked)[0], 0)

    def test_it_shrinks_where_memory_is_scarce(self):
        self.family.set("compression_level", 0)
        descriptor = self.opened_call(self.filled())
        for i in range(100):
            call(descriptor, request("search", {"vectors": np.array([[i, 0]], "<f4")}, limit=1000), flags=REPEATABLE)
        before = self.family.cache()
        self.assertGreaterEqual(before["entries"], 100)
        hungry = subprocess.Popen([sys.executable, "-c", HUNGRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            while self.family.cache()["evictions"] == before["evictions"]:
                print(max(free_bytes() // 4, LEAST_TAKEN), file=hungry.stdin, flush=True)
                self.assertEqual(hungry.stdout.readline(), "\n", "all memory is taken, and the cache is as it was")
        finally:
            hungry.communicate()
        self.assertLess(self.family.cache()["bytes"], before["bytes"])
        self.assertEqual(self.nearest(descriptor, self.asked_for([0, 0]))[0], 0)


def free_bytes():
    return int(re.search(r"MemFree: *(\d+)", Path("/proc/meminfo").read_text())[1]) << 10


if __name__ == "__main__":
    unittest.main()
