# SPDX-License-Identifier: Apache-2.0
"""The scripts of the tree: the demo of ./dev shows neighbours that make sense, shellcheck is content."""
import os
import re
import subprocess
import unittest

from harness import EndToEnd, PATIENCE_S, SOURCE_DIR, VEXFSCTL

SHELL_SCRIPT = re.compile(rb"#!.*\b(ba|da|)sh\b")


def shell_scripts():
    for directory, folders, files in os.walk(SOURCE_DIR):
        folders[:] = [name for name in folders if name not in (".git", "build")]
        for name in files:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                with open(path, "rb") as file:
                    if SHELL_SCRIPT.match(file.readline(200)):
                        yield path


class Scripts(EndToEnd):
    def test_shellcheck_finds_nothing(self):
        scripts = list(shell_scripts())
        self.assertIn(str(SOURCE_DIR / "dev"), scripts)
        self.assertIn(str(SOURCE_DIR / ".ci/run"), scripts)
        done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_demo_shows_readable_neighbours_in_less_than_20_lines(self):
        dev = (SOURCE_DIR / "dev").read_text()
        demo = re.search(r"^run_demo\(\) \{\n(.*?)^\}", dev, re.DOTALL | re.MULTILINE)[1]
        shown = [line for line in demo.splitlines() if re.match(r"\s*(show|say) ", line)]
        self.assertGreaterEqual(sum("vector search" in line for line in shown), 1)
        # dev's own commands and functions, on the programs that are built already.
        functions = re.findall(r"^(?:say|show)\(\) \{.*?\}$", dev, re.DOTALL | re.MULTILINE)
        script = "\n".join(["set -eu", *functions, 'run=("$1" --embedded "$2")', "words=tests/data/words", *shown])
        done = subprocess.run(["bash", "-c", script, "bash", VEXFSCTL, self.directory / "demo"], cwd=SOURCE_DIR,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stdout)
        lines = done.stdout.splitlines()
        self.assertLess(len(lines), 20, done.stdout)
        self.assertRegex(done.stdout, r'"queen"')


if __name__ == "__main__":
    unittest.main()
