"""The table of an import."""

from collections import Counter
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from statehub.cli.text import clean

if TYPE_CHECKING:  # it needs pydantic's typing, which a screen need not wait for
    from statehub.answers import ImportResult

KINDS = ("workplans", "tasks", "decisions", "dependencies", "events")
UNITS = {"beads": "lines", "taskmaster": "tasks", "backlog": "files"}
OUTCOMES = ("created", "updated", "unchanged", "skipped")
MOST_NAMES = 8  # of one reason: what was skipped must not hide what was not; --json has all


def show_import(result: "ImportResult") -> None:
    """The table of an import, and all that was left out, by reason."""
    console = Console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in (f"{result['format']} → {clean(result['repo'])}", *OUTCOMES):
        table.add_column(heading, justify="left" if "→" in heading else "right")
    rows = {key: result[key] for key in KINDS if key != "decisions" or any(result[key].values())}  # type: ignore[literal-required]
    for name, counts in rows.items():
        table.add_row(name, *(str(counts[key]) for key in OUTCOMES))
    unit = UNITS.get(result["format"], "lines")
    console.print(f"read {result['read']} {unit if result['read'] != 1 else unit[:-1]}")
    if console.measure(table, options=console.options.update(max_width=1_000)).maximum <= console.width:
        console.print(table)
    else:  # a narrow terminal: what is there, without the zeros
        for name, counts in rows.items():
            told = [f"{counts[key]} {key}" for key in OUTCOMES if counts[key]]
            console.print(f"{name:<12}  {', '.join(told) or 'none'}", highlight=False)
    by_reason = Counter(clean(row["why"]) for row in result["skipped"])
    if by_reason:
        console.print(Text("skipped, or not taken as it stood:", "yellow"))
    for why, count in by_reason.most_common():
        names = [clean(row["name"]) for row in result["skipped"] if clean(row["why"]) == why][:MOST_NAMES]
        shown = ", ".join(names) + (f" and {count - MOST_NAMES} more, in --json" if count > MOST_NAMES else "")
        console.print(Text.assemble(f"{count:5}  {why} ", (f"({shown})", "dim")))
