# SPDX-License-Identifier: Apache-2.0
"""Tables for terminals and for README.md, which both read as Markdown."""
import re
import shlex
from pathlib import Path

import numpy

import machine
from figures import ratios

README = Path(__file__).with_name("README.md")


def table(header, rows):
    """A Markdown table in aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        first, *others = [cell.ljust(width) if i == 0 else cell.rjust(width)
                          for i, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join([first, *others]) + " |"
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def number(value):
    return "-" if value is None else f"{value:,.0f}"


def comparison(figures_by_system, reference_name):
    """All systems' figures, each with its ratio to the reference's where that was run."""
    reference = figures_by_system.get(reference_name, {})
    names = list(next(iter(figures_by_system.values())))
    rows = []
    for system, figures in figures_by_system.items():
        row = [system]
        for name, ratio in ratios(figures, reference).items():
            row.append(number(figures[name]) + ("" if ratio is None else f" ({ratio:.2f}x)"))
        rows.append(row)
    return table(["system", *names], rows)


def command(program, argv):
    """As given, but files by name alone: where they are on this machine is nobody's concern."""
    return shlex.join([f"tests/bench/{program}", *(Path(word).name if "/" in word else word for word in argv)])


def around(described_machine, data, repeated_by, how, text):
    return "\n\n".join([f"Machine: {machine.sentence(described_machine)}.", f"Data: {data}.",
                        f"Command: `{repeated_by}`", how, text]) + "\n"


class Context:
    """What a reader must know about a table to repeat it: machine, data, command."""

    def __init__(self, program, argv, described_machine, data):
        self.program, self.argv, self.machine, self.of = program, argv, described_machine, data

    def data(self):
        rows, dimension = numpy.load(self.of["base"], mmap_mode="r").shape
        queries = len(numpy.load(self.of["queries"], mmap_mode="r"))
        return f"{rows:,} vectors of dimension {dimension}, {queries:,} queries, metric {self.of['metric']}"

    def command(self):
        return command(self.program, self.argv)

    def around(self, how, text):
        return around(self.machine, self.data(), self.command(), how, text)


def replace_section(text, name, section):
    """The text with what stands between its lines `<!-- NAME -->` and `<!-- end of NAME -->` replaced."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    replaced, count = pattern.subn(lambda _: f"{begin}{section.strip()}\n{end}", text)
    if count != 1:
        raise ValueError(f"there are {count} sections '{name}', not one")
    return replaced


def record(name, section):
    README.write_text(replace_section(README.read_text(), name, section))
