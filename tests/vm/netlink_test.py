# SPDX-License-Identifier: Apache-2.0
"""The module's generic netlink family."""
import errno
import json
import os
import subprocess
import unittest

import genl
import numpy as np
from genl import attribute, counters, number, text
from module import Daemon, device_of
from mounted import Mounted, rows


class Netlink(Mounted):
    def setUp(self):
        self.family = genl.Family()
        self.addCleanup(self.family.close)

    def refused(self, errno_, words, function, *arguments):
        with self.assertRaises(OSError) as raised:
            function(*arguments)
        self.assertEqual(raised.exception.errno, errno_, raised.exception)
        self.assertIn(words, str(raised.exception))

    def test_a_parameter_is_set_and_shown(self):
        value, least, most = self.family.parameters()["batch_size"]
        self.addCleanup(self.family.set, "batch_size", value)
        self.family.set("batch_size", 77)
        self.assertEqual(self.family.parameters()["batch_size"], (77, least, most))

    def test_what_is_refused_says_why(self):
        most = self.family.parameters()["batch_size"][2]
        self.refused(errno.ERANGE, "range", self.family.set, "batch_size", most + 1)
        self.refused(errno.ENOENT, "no such parameter", self.family.set, "size", 1)
        self.refused(errno.EINVAL, "", self.family.do, genl.SET_PARAMETER, attribute(genl.PARAMETER, "batch_size"))
        self.refused(errno.EINVAL, "", self.family.do, genl.SET_PARAMETER, attribute(genl.VALUE, 1))
        self.refused(errno.EINVAL, "", self.family.set, "x" * 100, 1)
        self.refused(errno.EINVAL, "", self.family.do, genl.GET_CACHE, attribute(genl.VALUE, 1))
        self.refused(errno.EOPNOTSUPP, "", self.family.do, 100)

    def test_only_an_administrator_sets_and_everybody_looks(self):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setgid(65534)
                os.setuid(65534)
                family = genl.Family()
                family.parameters()
                family.dump(genl.GET_MOUNTS)
                try:
                    family.set("batch_size", 1)
                except genl.Refused as error:
                    status = 0 if error.errno == errno.EPERM else 2
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_the_instance_and_its_daemon(self):
        told = {text(one[genl.INSTANCE]): one for one in self.family.dump(genl.GET_INSTANCES)}
        self.assertEqual(len(told), 1)
        (name, before), = told.items()
        self.assertEqual(number(before[genl.SERVED]), 1)
        events = genl.Events()
        self.addCleanup(events.close)
        Daemon.running.kill()
        self.assertEqual(events.next(), (genl.DAEMON_LOST, name, None))
        lost = self.family.dump(genl.GET_INSTANCES)[0]
        self.assertEqual(number(lost[genl.SERVED]), 0)
        Daemon.running.start()
        self.assertEqual(events.next(), (genl.DAEMON_BACK, name, None))
        after = self.family.dump(genl.GET_INSTANCES)[0]
        self.assertEqual(number(after[genl.EPOCH]), number(before[genl.EPOCH]) + 1)

    def test_mounts_come_and_go(self):
        events = genl.Events()
        self.addCleanup(events.close)
        subprocess.run(["mount", "-t", "vexfs", "nobody", "/mnt"], check=True)
        device = device_of("/mnt")
        self.assertEqual(events.next(), (genl.MOUNTED, "nobody", device))
        self.assertEqual({number(one[genl.DEVICE]) for one in self.family.dump(genl.GET_MOUNTS)}, {device, device_of()})
        subprocess.run(["umount", "/mnt"], check=True)
        self.assertEqual(events.next(), (genl.UNMOUNTED, "nobody", device))
        self.assertEqual([number(one[genl.DEVICE]) for one in self.family.dump(genl.GET_MOUNTS)], [device_of()])

    def of_collection(self, name):
        return next(counters(one[genl.COUNTERS]) for one in self.family.dump(genl.GET_COLLECTIONS)
                    if text(one[genl.COLLECTION]) == name)

    def test_a_collections_counters(self):
        path = self.collection(dimension=100)
        before = self.of_collection(path.name)
        (path / "insert").write_bytes(rows(100, 100).tobytes())
        self.assertEqual(np.load(path / "vectors.npy").shape, (100, 100))
        self.assertEqual(np.load(path / "ids.npy").shape, (100,))
        after = self.of_collection(path.name)
        self.assertGreaterEqual(after["bytes_written"] - before["bytes_written"], 40000)
        self.assertGreaterEqual(after["bytes_read"] - before["bytes_read"], 800)
        self.assertGreaterEqual(after["bytes_passed"] - before["bytes_passed"], 40000)
        self.assertEqual(sum(after["latency"]), after["requests"])
        self.assertEqual(after["errors"], before["errors"])
        self.assert_errno(errno.ENOENT, os.stat, path / "points/777")
        self.assertEqual(self.of_collection(path.name)["errors"], before["errors"] + 1)

    def test_vexfsctl_shows_them(self):
        path = self.collection()
        told = json.loads(subprocess.run(["vexfsctl", "-o", "json", "module", "stats"], stdout=subprocess.PIPE,
                                         check=True).stdout)
        self.assertEqual([(one["instance"], one["served"]) for one in told["instances"]], [("vexfs", True)])
        device = device_of()
        self.assertEqual([one["device"] for one in told["mounts"]], [f"{device >> 20}:{device & 0xfffff}"])
        self.assertIn(path.name, [one["collection"] for one in told["collections"]])
        mount = told["mounts"][0]["counters"]
        self.assertEqual(set(genl.COUNTER_NAMES) | {"latency_log2_us"}, set(mount))
        self.assertEqual(sum(mount["latency_log2_us"]), mount["requests"])
        self.assertEqual(len(told["cpus"]), os.cpu_count())
        self.assertEqual(set(told["cache"]), {"bytes", "entries", "evictions"})
        shown = subprocess.run(["vexfsctl", "-o", "plain", "module", "stats"], stdout=subprocess.PIPE, check=True)
        self.assertIn(path.name.encode(), shown.stdout)

    def test_the_cpus_counters_are_the_mounts(self):
        mount, cpus = self.family.mount(device_of()), self.family.dump(genl.GET_CPUS)
        self.assertEqual(len({number(one[genl.CPU]) for one in cpus}), len(cpus))
        self.assertEqual(sum(counters(one[genl.COUNTERS])["requests"] for one in cpus), mount["requests"])

    def test_more_than_a_message_holds_is_listed(self):
        names = [f"{'listed' * 20}{i}" for i in range(100)]
        for name in names:
            self.collection(name=name)
        listed = [text(one[genl.COLLECTION]) for one in self.family.dump(genl.GET_COLLECTIONS)]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(set(names), set(listed))


if __name__ == "__main__":
    unittest.main()
