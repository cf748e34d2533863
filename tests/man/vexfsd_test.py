# SPDX-License-Identifier: Apache-2.0
"""vexfsd.8 against the daemon's own help."""
import unittest

from pages import options_in, page
from programs import VEXFSD, Help


class Vexfsd(unittest.TestCase):
    def test_options_are_those_of_the_program(self):
        described = {}
        for item in page("vexfsd.8").section("DESCRIPTION").items("Fl"):
            described.update(options_in("Fl " + item))
        self.assertEqual(described, Help(VEXFSD).options())

    def test_the_synopsis_has_every_option(self):
        shown = {}
        for line in page("vexfsd.8").section("SYNOPSIS"):
            shown.update(options_in(line.removeprefix(".")))
        options = Help(VEXFSD).options()
        del options["-h"]
        self.assertEqual(shown, options)


if __name__ == "__main__":
    unittest.main()
