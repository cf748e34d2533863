# SPDX-License-Identifier: Apache-2.0
"""What vexfsctl and vexfsd say of themselves. ctest names the programs in VEXFSCTL and VEXFSD."""
import json
import os
import re
import subprocess

VEXFSCTL = os.environ["VEXFSCTL"]
VEXFSD = os.environ["VEXFSD"]
TIMEOUT_S = 240


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL).stdout


def json_of(*arguments):
    return json.loads(output_of(VEXFSCTL, "-o", "json", *arguments))


class Help:
    """The text of --help."""

    def __init__(self, *command):
        self.text = output_of(*command, "--help")

    def block(self, title):
        """Lines that are indented under "title:"."""
        found = re.search(rf"^{title}:\n((?:  .*\n?)*)", self.text, re.MULTILINE)
        return found[1].splitlines() if found else []

    def names(self, title):
        return [line.split()[0] for line in self.block(title) if re.match(r"  \S", line)]

    def options(self, title="Options"):
        """{"--limit": "K", "--exact": "", ...}"""
        options = {}
        for line in self.block(title):
            if found := re.match(r"  (-\S+) ?(.*)", line):
                value = found[2].split("  ")[0]
                value = re.sub(r"\b(Excludes|Needs): .*", "", value).strip()
                options.update({name: value for name in found[1].split(",")})
        return options

    def arguments(self):
        """Of the usage, without brackets and dots: ["NAME", "ID"]."""
        usage = re.search(r"^Usage: (.*)$", self.text, re.MULTILINE)[1].split()
        return [word.strip("[].") for word in usage if word not in ("[OPTION...]", "[VERB]") and not re.fullmatch(r"[a-z]+", word)]


def nouns():
    return Help(VEXFSCTL).names("Nouns")


def verbs(noun):
    """Verbs of a noun, "snapshot create" for those of a noun within it; [None] for one that has none."""
    found = []
    for verb in Help(VEXFSCTL, noun).names("Verbs"):
        found += [f"{verb} {below}" for below in Help(VEXFSCTL, noun, verb).names("Verbs")] or [verb]
    alone = not found or re.search(r"^Usage:.* \[VERB\]", Help(VEXFSCTL, noun).text, re.MULTILINE)
    return [None, *found] if alone else found
