# SPDX-License-Identifier: Apache-2.0
"""vexfsctl.1 and the pages of its nouns against vexfsctl's own help."""
import unittest

from pages import MAN_DIR, options_in, page, plain
from programs import VEXFSCTL, Help, nouns, verbs


def without_help(options):
    """Without the options that every verb has, which are described in vexfsctl.1."""
    return {name: value for name, value in options.items() if name not in ("-h", "--help", "--help-all")}


def options_of(lines):
    options = {}
    for item in lines.items():
        if item.startswith("Fl "):
            options.update(options_in(item))
    return options


class SynopsisEntry:
    """What stands between one `.Nm vexfsctl` and the next."""

    def __init__(self, lines):
        self.verb = plain(next(line for line in lines if line.startswith(".Cm "))[1:])
        self.options, self.arguments = {}, []
        for line in lines:
            text = line.removeprefix(".").removeprefix("Op ")
            self.options.update(options_in(text))
            if text.startswith("Ar "):
                self.arguments.append(plain(text).replace(" | ", "|").removesuffix(" ..."))


def synopsis(noun):
    entries = "\n".join(page(f"vexfsctl-{noun}.1").section("SYNOPSIS")).split(".Nm vexfsctl\n")
    return [SynopsisEntry(entry.splitlines()) for entry in entries if entry]


def path_of(noun, verb):
    return [noun] if verb is None else [noun, *verb.split()]


class Verbs(unittest.TestCase):
    def test_every_noun_has_a_page_and_every_page_a_noun(self):
        have = {path.name for path in MAN_DIR.glob("vexfsctl-*.1")}
        self.assertEqual(have, {f"vexfsctl-{noun}.1" for noun in nouns()})

    def test_the_overview_names_every_noun(self):
        listed = page("vexfsctl.1").section("DESCRIPTION").subsection("Nouns").items("Cm")
        self.assertEqual(listed, nouns())

    def test_common_options_are_those_of_the_program(self):
        described = options_of(page("vexfsctl.1").section("DESCRIPTION").subsection("Common options"))
        self.assertEqual(described, Help(VEXFSCTL).options("Common options"))

    def test_every_verb_has_its_synopsis_and_every_synopsis_its_verb(self):
        for noun in nouns():
            with self.subTest(noun):
                described = {entry.verb for entry in synopsis(noun)}
                self.assertEqual(described, {" ".join(path_of(noun, verb)) for verb in verbs(noun)})

    def test_every_verb_has_its_description_and_every_description_its_verb(self):
        for noun in nouns():
            titles = page(f"vexfsctl-{noun}.1").section("DESCRIPTION").subsections()
            with self.subTest(noun):
                self.assertEqual([title for title in titles if title.islower()],
                                 [verb for verb in verbs(noun) if verb])

    def check_each_verb(self, check):
        """check(help, synopsis entries, description) of each verb."""
        for noun in nouns():
            for verb in verbs(noun):
                path = path_of(noun, verb)
                entries = [entry for entry in synopsis(noun) if entry.verb == " ".join(path)]
                description = page(f"vexfsctl-{noun}.1").section("DESCRIPTION")
                with self.subTest(" ".join(path)):
                    check(Help(VEXFSCTL, *path), entries, description.subsection(verb) if verb else description)

    def test_a_verbs_description_has_its_options_with_what_they_take(self):
        def check(said, _, description):
            self.assertEqual(options_of(description), without_help(said.options()))
        self.check_each_verb(check)

    def test_a_verbs_synopsis_has_its_options_with_what_they_take(self):
        def check(said, entries, _):
            shown = {}
            for entry in entries:
                shown.update(entry.options)
            self.assertEqual(shown, without_help(said.options()))
        self.check_each_verb(check)

    def test_a_verbs_synopsis_has_its_arguments_in_their_order(self):
        def check(said, entries, _):
            for entry in entries:
                self.assertEqual(entry.arguments, said.arguments())
        self.check_each_verb(check)


if __name__ == "__main__":
    unittest.main()
