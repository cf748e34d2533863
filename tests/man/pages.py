# SPDX-License-Identifier: Apache-2.0
"""Man pages as the tests read them: sections, and the items of their lists."""
from pathlib import Path

SOURCE_DIR = Path(__file__).resolve().parents[2]
MAN_DIR = SOURCE_DIR / "man"

MACROS = {"Ar", "Cm", "Dv", "Em", "Er", "Ev", "Fl", "Ic", "No", "Ns", "Pa", "Pq", "Ql", "Va", "Xr"}


def all_pages():
    return sorted(path.name for path in MAN_DIR.glob("*.[1-8]"))


def source(path):
    return (SOURCE_DIR / path).read_text()


def plain(text):
    """Words of a macro line without the macros: "Ql {} No or Va x" is "{} or x"."""
    words = [word for word in text.split() if word not in MACROS]
    return " ".join(words).replace("\\&", "").replace("\\e", "\\")


class Lines(list):
    """Lines of a page, or of a part of it."""

    def part(self, macro, title):
        """What stands under the heading `.Sh title` or `.Ss title`."""
        heading = f".{macro} {title}"
        ends = (".Sh ",) if macro == "Sh" else (".Sh ", ".Ss ")
        start = self.index(heading) + 1
        end = next((i for i in range(start, len(self)) if self[i].startswith(ends)), len(self))
        return Lines(self[start:end])

    def section(self, title):
        return self.part("Sh", title)

    def subsection(self, title):
        return self.part("Ss", title)

    def subsections(self):
        return [line[len(".Ss "):] for line in self if line.startswith(".Ss ")]

    def items(self, macro=None):
        """What stands behind `.It`, where it begins with that macro: without it."""
        start = f".It {macro} " if macro else ".It "
        return [line[len(start):] for line in self if line.startswith(start)]

    def rows(self):
        """Rows of column lists, as plain cells; headings, which are emphasised, left out."""
        return [[plain(cell) for cell in f" {item} ".replace(" Ta ", "  Ta  ").split(" Ta ")]
                for item in self.items() if " Ta " in item and not item.startswith("Em ")]

    def after_item(self, item):
        """The line that follows `.It item`."""
        return self[self.index(f".It {item}") + 1]

    def literal_lines(self):
        """Lines of the literal displays."""
        inside, found = False, []
        for line in self:
            if line.startswith(".Bd -literal"):
                inside = True
            elif line == ".Ed":
                inside = False
            elif inside:
                found.append(line.replace("\\e", "\\"))
        return found


def page(name):
    return Lines((MAN_DIR / name).read_text().splitlines())


def options_in(text):
    """Options of a macro line with what they take: {"--output": "table|plain|json", "-o": "..."}.

    A name without a value directly before another one, as in `Fl o , Fl -output Ar FORMAT`, is the same option.
    """
    options, waiting, words = {}, [], text.split()
    while words:
        word = words.pop(0)
        if word == "Fl":
            waiting.append("-" + words.pop(0))
            if words[:1] == [","]:
                words.pop(0)
                continue
            value = []
            if words[:1] == ["Ar"]:
                words.pop(0)
                while words and words[0] not in MACROS and words[:2] != ["|", "Fl"]:
                    value.append(words.pop(0))
            options.update({name: " ".join(value).replace(" | ", "|") for name in waiting})
            waiting = []
    return options
