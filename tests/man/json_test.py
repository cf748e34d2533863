# SPDX-License-Identifier: Apache-2.0
"""The keys of every verb's JSON are named where the verb is described."""
import json
import re
import subprocess
import unittest

from daemon import Daemon
from pages import page
from programs import TIMEOUT_S, VEXFSCTL, nouns, verbs

# Runs of each verb that succeed, in an order in which they do.
RUNS = [
    ("collection create", "docs --dimension 2 --preset balanced"),
    ("collection list", ""),
    ("collection info", "docs"),
    ("collection set", "docs ef_search=50"),
    ("vector insert", "docs --vector [1,2] --id 7"),
    ("vector search", "docs --like 7"),
    ("vector get", "docs 7"),
    ("vector update", 'docs 7 --metadata {"n":1}'),
    ("collection optimize", "docs"),
    ("collection reindex", "docs --preset balanced"),
    ("collection check", "docs --repair"),
    ("export", "docs {directory}/docs.jsonl"),
    ("import", "docs {directory}/docs.jsonl --upsert"),
    ("stats", ""),
    ("stats", "docs"),
    ("stats", "--io"),
    ("stats", "--io docs"),
    ("health", ""),
    ("alert list", ""),
    ("alert rules", ""),
    ("mount", "{directory}/mnt --backend fuse"),
    ("mount status", ""),
    ("umount", ""),
    ("preset list", ""),
    ("preset show", "balanced"),
    ("preset apply", "docs balanced"),
    ("tuning list", ""),
    ("tuning plan", "reference"),
    ("tuning status", ""),
    ("module plan", ""),
    ("config show", ""),
    ("config check", "{directory}/vexfsd.toml"),
    ("vector delete", "docs 7"),
    ("collection snapshot create", "docs monday"),
    ("collection snapshot list", ""),
    ("collection snapshot restore", "docs monday --as then"),
    ("collection backup", "docs {directory}/backup"),
    ("collection backup", "docs {directory}/backup --keep-snapshot"),
    ("collection restore", "{directory}/backup again"),
    ("collection delete", "docs"),
    ("collection snapshot delete", "docs monday"),
]
NOT_JSON = {
    "doctor",  # fails where something is wrong with this machine; e2e: doctor
    "bench ann", "bench run", "bench report",  # tried by their examples
    "bench scenarios",  # e2e: bench
    "monitor",  # shows what the request watch replies; e2e: monitor
    "completion",  # prints a script
    # would change this machine, or fail where there is no module; they print what plan does
    "tuning apply", "tuning revert", "module status", "module load", "module unload",
    "module stats",  # vm: netlink_test
}


def named_in(lines):
    """Words in quotes, and items of lists."""
    return {word for line in lines for word in re.findall(r"^\.(?:It )?(?:Ql|Va) (\w+)", line)}


class Json(unittest.TestCase):
    def test_every_verb_is_run(self):
        paths = {f"{noun} {verb}" if verb else noun for noun in nouns() for verb in verbs(noun)}
        self.assertEqual({path for path, _ in RUNS} | NOT_JSON, paths)

    def test_keys_are_described(self):
        info = named_in(page("vexfs-protocol.7").section("OPERATIONS").subsection("collection.info"))
        with Daemon() as daemon:
            daemon.mount_point()
            for path, arguments in RUNS:
                noun, _, verb = path.partition(" ")
                words = [word.replace("{directory}", str(daemon.directory)) for word in arguments.split()]
                done = subprocess.run([VEXFSCTL, "-o", "json", "--socket", daemon.socket, *path.split(), *words],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S)
                description = page(f"vexfsctl-{noun}.1").section("DESCRIPTION")
                if verb:
                    description = description.subsection(verb)
                named = named_in(description)
                if re.search(r"^\.Cm (collection )?info$|collection\.info", "\n".join(description), re.MULTILINE):
                    named |= info
                with self.subTest(path, arguments=arguments):
                    self.assertEqual(done.returncode, 0, done.stderr)
                    envelope = json.loads(done.stdout)
                    self.assertEqual(envelope.pop("version"), 1)
                    self.assertLessEqual(set(envelope), named)


if __name__ == "__main__":
    unittest.main()
