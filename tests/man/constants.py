# SPDX-License-Identifier: Apache-2.0
"""Numbers and records in the sources."""
import re

from pages import source

SIZES = {"char": 1, "uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8, "float": 4, "double": 8}


def constant(path, name):
    """The value of `constexpr TYPE name = ...;`"""
    text = re.search(rf"constexpr (?:\w+ )+{name} = ([^;]+);", source(path))[1]
    text = re.sub(r"\w+\{(\d+)\}", r"\1", text)  # uint64_t{1}
    text = re.sub(r"(\d)(?:'(?=\d)|u\b)", r"\1", text)  # 65'536, 16u
    text = re.sub(r"\b[a-z]\w*", lambda other: str(constant(path, other[0])), text)
    assert re.fullmatch(r"[\d\s<+*-]+", text), text
    return eval(text)


def layout(path, name):
    """Rows (offset, size, field) of a packed struct."""
    body = re.search(rf"struct {name} \{{(.*?)\n\}};", source(path), re.DOTALL)[1]
    rows, offset = [], 0
    for kind, declared in re.findall(r"^\s+(\w+) ([^;]+);", body, re.MULTILINE):
        for declarator in declared.split(","):
            field, count = re.match(r"\s*(\w+)(?:\[(\d+)\])?", declarator).groups()
            size = SIZES[kind] * int(count or 1)
            rows.append((offset, size, field))
            offset += size
    return rows
