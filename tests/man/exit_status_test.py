# SPDX-License-Identifier: Apache-2.0
"""Every program's page tells its exit statuses; they are those in the programs' help, with the same words."""
import re
import unittest

from pages import all_pages, page
from programs import VEXFSCTL, VEXFSD, Help


def described(name):
    lines = page(name).section("EXIT STATUS")
    return {int(number): lines.after_item(number) for number in lines.items()}


def sentence(meaning):
    return meaning[0].upper() + meaning[1:] + "."


class ExitStatuses(unittest.TestCase):
    def test_every_page_of_a_program_tells_them(self):
        for name in all_pages():
            if name.endswith((".1", ".8")):
                with self.subTest(name):
                    self.assertTrue("\n".join(page(name).section("EXIT STATUS")))

    def test_vexfsctl(self):
        rows = [line.split(None, 1) for line in Help(VEXFSCTL).block("Exit status")]
        self.assertEqual(described("vexfsctl.1"), {int(number): sentence(meaning) for number, meaning in rows})

    def test_vexfsd(self):
        footer = re.search(r"Exit status: (.*)\. See vexfsd\(8\)\.", Help(VEXFSD).text, re.DOTALL)[1]
        rows = [row.split(None, 1) for row in " ".join(footer.split()).split(", ")]
        self.assertEqual(described("vexfsd.8"), {int(number): sentence(meaning) for number, meaning in rows})


if __name__ == "__main__":
    unittest.main()
