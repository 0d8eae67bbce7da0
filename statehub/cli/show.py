"""What people see in a terminal. Text of the database is text: no control sequence, no markup of it gets through."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from statehub.cli.text import clean

if TYPE_CHECKING:  # it needs pydantic's typing, which a screen need not wait for
    from statehub.answers import Health, ImportResult

# one hue a status, the same everywhere; safe for colour-blind eyes (no red against green)
HUES = {
    "active": "blue", "ready": "blue", "todo": "blue", "open": "yellow",
    "progress": "cyan", "proposed": "white", "backlog": "white", "paused": "white",
    "wait": "yellow", "blocked": "yellow", "escalated": "bold magenta",
    "done": "dim", "finished": "dim", "resolved": "dim", "cancel": "dim", "archived": "dim", "superseded": "dim",
}  # fmt: skip
LONGEST_LIST = 10


def status_of(summary: dict[str, Any], health: "Health", url: str) -> Group:
    """The summary on one screen."""
    state = f"{health['status']}, database {health['database']}"
    shown: list[RenderableType] = [
        Text.assemble(("State Hub ", "bold"), f"{url}  ", (state, "dim")),
        _totals(summary["totals"]),
    ]
    decisions, waiting = summary["blocking_decisions"], summary["waiting_tasks"]
    plans, events = summary["open_workstreams"], summary["recent_progress"]
    sections = [
        ("Blocking decisions", _decisions(decisions), len(decisions), "blocking_decisions"),
        ("Waiting tasks", _waiting(waiting), len(waiting), "waiting_tasks"),
        ("Open workplans", _plans(plans), len(plans), "open_workstreams"),
        ("Recent progress", _events(events), len(events), ""),
    ]
    for title, table, count, key in sections:
        total = summary["truncated"].get(key, {}).get("total", count)
        heading = Text.assemble((f"\n{title} ", "bold"), (f"{total}" if key else "", "dim"))
        shown += [heading, table if count else Text("  none", style="dim")]
        if key and total > min(count, LONGEST_LIST):
            shown.append(Text(f"  … {total - min(count, LONGEST_LIST)} more: custodian status --json", style="dim"))
    return Group(*shown)


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


def _totals(totals: dict[str, dict[str, int]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, counts in totals.items():
        parts = Text()
        for status, count in counts.items():
            if status != "total" and count:
                parts.append(f"{count} {status}  ", style=HUES.get(status, ""))
        table.add_row(Text("workplans" if label == "workstreams" else label), str(counts["total"]), parts)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for heading in headings:
        table.add_column(
            heading, no_wrap=heading != "text", overflow="ellipsis", ratio=1 if heading == "text" else None
        )
    return table


def _decisions(rows: list[dict[str, Any]]) -> Table:
    table = _table("code", "status", "text", "age", "due")
    for row in rows[:LONGEST_LIST]:
        about = clean(row["title"]) + (f" — {clean(row['escalation_note'])}" if row["escalation_note"] else "")
        due = _due(row["due_at"])
        table.add_row(_code(row), _status(row), Text(about), Text(_age(row["created_at"]), style="dim"), due)
    return table


def _waiting(rows: list[dict[str, Any]]) -> Table:
    table = _table("code", "text", "who", "age")
    for row in rows[:LONGEST_LIST]:
        text = Text(clean(row["title"]))
        if row["waiting_on"]:
            text.append(f" — {clean(row['waiting_on'])}", style="yellow")
        table.add_row(_code(row), text, Text(clean(row["assignee"])), Text(_age(row["updated_at"]), style="dim"))
    return table


def _plans(rows: list[dict[str, Any]]) -> Table:
    table = _table("code", "status", "text", "tasks", "owner")
    for row in rows[:LONGEST_LIST]:
        tasks = f"{row['tasks']['done']}/{row['tasks']['total']}"
        table.add_row(_code(row), _status(row), Text(clean(row["title"])), tasks, Text(clean(row["owner"])))
    return table


def _events(rows: list[dict[str, Any]]) -> Table:
    table = _table("age", "author", "text")
    for row in rows[:LONGEST_LIST]:
        age = Text(_age(row["occurred_at"]), style="dim")
        table.add_row(age, Text(clean(row["author"]), style="cyan"), Text(clean(row["summary"])))
    return table


def _code(row: dict[str, Any]) -> Text:
    return Text(clean(row["code"]), style="bold")


def _status(row: dict[str, Any]) -> Text:
    return Text(row["status"], style=HUES.get(row["status"], ""))


def _due(text: str | None) -> Text:
    if not text:
        return Text()
    days = (datetime.fromisoformat(text) - datetime.now(UTC)).days
    return Text(f"overdue {-days} d", style="bold magenta") if days < 0 else Text(f"due in {days} d", style="yellow")


def _age(text: str) -> str:
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
