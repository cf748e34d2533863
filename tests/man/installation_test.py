# SPDX-License-Identifier: Apache-2.0
"""Pages refer to pages that there are, and are installed, also to a prefix other than the configured one."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from pages import all_pages, page
from programs import TIMEOUT_S


class References(unittest.TestCase):
    def test_references_lead_to_pages(self):
        for name in all_pages():
            for title, section in re.findall(r"^\.?.*\bXr (vexfs\S*) (\d)", "\n".join(page(name)), re.MULTILINE):
                self.assertIn(f"{title}.{section}", all_pages(), f"in {name}")

    def test_every_page_is_referred_to(self):
        text = "\n".join(line for name in all_pages() for line in page(name).section("SEE ALSO"))
        for name in all_pages():
            title, _, section = name.rpartition(".")
            self.assertIn(f"Xr {title} {section}", text)


class Installation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="vexfs-man-")))
        # The component is what everything belongs to; named, it has a manifest other than a real installation's.
        subprocess.run(["cmake", "--install", os.environ["VEXFS_BUILD_DIR"], "--component", "Unspecified",
                        "--prefix", cls.prefix], check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)

    def test_every_page_is_in_its_section(self):
        installed = [str(path.relative_to(self.prefix)) for path in (self.prefix / "share/man").glob("*/*")]
        self.assertCountEqual(installed, [f"share/man/man{name[-1]}/{name}" for name in all_pages()])

    def test_the_unit_starts_the_daemon_that_came_with_it(self):
        unit = (self.prefix / "lib/systemd/system/vexfsd.service").read_text()
        self.assertIn(f"\nExecStart={self.prefix}/sbin/vexfsd\n", unit)


if __name__ == "__main__":
    unittest.main()
