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


def show_import(result: "ImportResult") -> None:
    """The table of an import, and what was left out, by reason."""
    console = Console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in (f"{result['format']} → {clean(result['repo'])}", "created", "updated", "unchanged", "skipped"):
        table.add_column(heading, justify="left" if "→" in heading else "right")
    rows = {key: result[key] for key in ("workplans", "tasks", "dependencies", "events")}
    for name, counts in rows.items():
        table.add_row(name, *(str(counts[key]) for key in ("created", "updated", "unchanged", "skipped")))
    console.print(f"read {result['read']} lines")
    console.print(table)
    by_reason = Counter(clean(row["why"]) for row in result["skipped"])
    for why, count in by_reason.most_common():
        names = [clean(row["name"]) for row in result["skipped"] if clean(row["why"]) == why]
        shown = ", ".join(names[:3]) + (f" and {count - 3} more" if count > 3 else "")
        console.print(Text.assemble(("left out ", "yellow"), f"{count}: {why} ", (f"({shown})", "dim")))
