# SPDX-License-Identifier: Apache-2.0
"""What doctor says of this machine, of one with something wrong, and what its report holds."""
import os
import re
import tarfile
import unittest

from harness import Ctl, EndToEnd
from machine import Machine, only_root

SUBJECTS = {"configuration", "processor", "memory", "kernel", "clock", "limits", "disk", "mount", "tuning", "unit",
            "daemon"}


def verdicts(findings, subject):
    return [finding["verdict"] for finding in findings if finding["subject"] == subject]


class Doctor(EndToEnd):
    def doctor(self, ctl, *arguments):
        done = ctl.run("-o", "plain", "doctor", *arguments)
        keys = ("subject", "verdict", "found", "meaning", "command")
        return done, [dict(zip(keys, line.split("\t"))) for line in done.stdout.splitlines()]

    def test_every_finding_says_what_it_means_and_what_to_do(self):
        done, findings = self.doctor(self.ctl(self.start_daemon()))
        self.assertLessEqual(SUBJECTS, {finding["subject"] for finding in findings})
        for finding in findings:
            good = finding["verdict"] == "good"
            self.assertEqual([good, good], [not finding["meaning"], not finding["command"]], finding)
        self.assertEqual(done.returncode, 1 if "wrong" in {finding["verdict"] for finding in findings} else 0)
        self.assertEqual(verdicts(findings, "daemon"), ["good"])

    def test_json_has_what_plain_has(self):
        vexfsctl = self.ctl(self.start_daemon())
        done = vexfsctl.run("-o", "json", "doctor")
        self.assertIn('"version":1', done.stdout)
        self.assertIn('"subject":"processor"', done.stdout)

    def test_a_daemon_that_does_not_answer_is_wrong(self):
        done, findings = self.doctor(Ctl("--socket", self.directory / "none.sock"))
        self.assertEqual((done.returncode, verdicts(findings, "daemon")), (1, ["wrong"]))

    def test_embedded_a_directory_is_looked_at_and_no_daemon(self):
        data = self.directory / "data"
        vexfsctl = Ctl("--embedded", data)
        vexfsctl("collection", "create", "docs", "--dimension", 2)
        data.chmod(0o777)
        done, findings = self.doctor(vexfsctl)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(verdicts(findings, "daemon"), [])
        wrong, = (finding for finding in findings if finding["verdict"] == "wrong")
        self.assertEqual((wrong["subject"], wrong["command"]), ("permissions", f"sudo chmod o-rwx {data}"))
        self.assertTrue(any(re.fullmatch(r"a sync takes [0-9.]+ ms, at most [0-9.]+ ms", finding["found"])
                            for finding in findings), findings)

    def test_people_get_a_paragraph_for_each(self):
        done = Ctl("--socket", self.directory / "none.sock").run("doctor")
        self.assertRegex(done.stdout, r"\nwrong +daemon +.*\n +Nobody serves the collections\.\n +> sudo (systemctl start )?vexfsd\n")

    def test_a_report_has_all_that_helps_and_no_names(self):
        daemon = self.start_daemon()
        vexfsctl = self.ctl(daemon)
        vexfsctl("collection", "create", "secretive", "--dimension", 2)
        report = self.directory / "report.tar"
        self.assertRegex(vexfsctl.run("doctor", "--report", report).stderr, "look through it before you send it")
        self.assertEqual(report.stat().st_mode & 0o777, 0o600)
        with tarfile.open(report) as archive:
            texts = {member.name: archive.extractfile(member).read().decode() for member in archive}
        self.assertEqual(set(texts), {f"vexfs-report/{name}" for name in (
            "version.txt", "doctor.json", "configuration.txt", "daemon.json", "system.txt", "mounts.txt",
            "journal.txt")})
        self.assertIn('"name": "collection-1"', texts["vexfs-report/daemon.json"])
        self.assertIn("server.data_dir", texts["vexfs-report/configuration.txt"])
        for name, text in texts.items():
            self.assertNotIn("secretive", text, name)
            self.assertIsNone(re.search(rf"(?<![\w-]){re.escape(os.uname().nodename)}(?![\w-])", text), name)

    def test_a_report_takes_no_files_place(self):
        report = self.directory / "report.tar"
        report.write_text("mine")
        failure = self.ctl(self.start_daemon()).failure("doctor", "--report", report)
        self.assertEqual((failure.status, failure.code), (6, "already_exists"))
        self.assertEqual(report.read_text(), "mine")


@only_root
class Mistuned(EndToEnd):
    def test_what_has_drifted_is_wrong_and_named(self):
        machine = Machine(self.directory, sys="/proc/sys", state="/var/lib")
        for name, value in (("vm/swappiness", 60), ("vm/dirty_ratio", 20), ("kernel/random/boot_id", "a")):
            (machine.sys / name).parent.mkdir(parents=True, exist_ok=True)
            (machine.sys / name).write_text(f"{value}\n")
        vexfsctl = machine.ctl("--embedded", self.directory / "none")
        vexfsctl("tuning", "apply", "reference")
        (machine.sys / "vm/swappiness").write_text("33\n")
        done = vexfsctl.run("doctor")
        self.assertEqual(done.returncode, 1)
        self.assertIn("profile reference has drifted: vm.swappiness is 33, not 1", done.stdout)
        self.assertIn("> sudo vexfsctl tuning apply reference", done.stdout)


if __name__ == "__main__":
    unittest.main()
