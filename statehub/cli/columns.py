"""Rows as plain columns, for terminals and pipes; no rich, since agents list things all day."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence

from statehub.cli.text import clean

NARROWEST = 40
GAP = "  "
LEAST = 14  # what the column that gives way keeps, before others are left out


def width_of_output() -> int | None:
    """Cells of a line: those of the terminal, at least 40; COLUMNS wins. None where nothing is cut: a pipe, a file."""
    if not (sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()):
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns)


def aligned(rows: Sequence[Sequence[object]], flexible: int, width: int | None) -> list[str]:
    """Lines of aligned columns. Too wide, column `flexible` is cut, and columns from the right are left out."""
    return [GAP.join(text for _, text in row).rstrip() for row in fitted(rows, flexible, width)]


def fitted(rows: Sequence[Sequence[object]], flexible: int, width: int | None) -> list[list[tuple[int, str]]]:
    """The same as cells: each the number of its column, and its text, cut and padded."""
    cells = [[clean(value) for value in row] for row in rows]
    if not cells:
        return []
    widths = [max(cells_of(row[column]) for row in cells) for column in range(len(cells[0]))]
    kept = [column for column, size in enumerate(widths) if size]  # a column with nothing in it takes no room
    if width is not None:
        kept = _fitting(kept, widths, flexible, width)
        others = sum(widths[column] + len(GAP) for column in kept if column != flexible)
        widths[flexible] = min(widths[flexible], max(0, width - others))
        widths[kept[0]] = min(widths[kept[0]], width)
        kept = [column for column in kept if widths[column]]
    return [[(column, _padded(cut(row[column], widths[column]), widths[column])) for column in kept] for row in cells]


def cells_of(text: str) -> int:
    """How many cells of a terminal that takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def cut(text: str, width: int) -> str:
    """At most `width` cells of it; what is cut ends with …"""
    if cells_of(text) <= width:
        return text
    taken, room = [], width - 1
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        taken.append(char)
    return "".join(taken).rstrip() + "…"


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fitting(kept: list[int], widths: list[int], flexible: int, width: int) -> list[int]:
    def needed() -> int:
        sizes = (min(widths[column], LEAST) if column == flexible else widths[column] for column in kept)
        return sum(sizes) + len(GAP) * (len(kept) - 1)

    while needed() > width and (droppable := [column for column in kept[1:] if column != flexible]):
        kept = [column for column in kept if column != droppable[-1]]
    return kept


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells_of(text))


def colours() -> bool:
    """Whether marks are wanted: a terminal, and nobody said no."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
