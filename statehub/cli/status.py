"""`custodian status`: one screen of plain text and few marks. Rich alone would take longer than the hub to answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from statehub.cli.columns import GAP, cells_of, cut, fitted
from statehub.cli.text import clean

# one hue a status, the same everywhere; safe for colour-blind eyes (no red against green)
BOLD, DIM, BLUE, CYAN, YELLOW, LOUD = "1", "2", "34", "36", "33", "1;35"
HUES = {
    "active": BLUE, "ready": BLUE, "todo": BLUE, "open": YELLOW, "progress": CYAN, "wait": YELLOW, "blocked": YELLOW,
    "escalated": LOUD, "done": DIM, "finished": DIM, "resolved": DIM, "cancel": DIM, "archived": DIM, "superseded": DIM,
}  # fmt: skip
ENDED = ("done", "finished", "resolved", "cancel", "archived", "superseded")
LONGEST_LIST = 10
Cell = tuple[str, str]
"""A text and its mark."""


class Screen(NamedTuple):
    """Cells of a line (None: nothing is cut), lines (None: ten rows a list), and whether marks are wanted."""

    width: int | None
    height: int | None
    marks: bool


class Section(NamedTuple):
    """A list: `total` may be more than its rows. Column `flexible` gives way."""

    title: str
    rows: Sequence[Sequence[Cell]]
    total: int
    flexible: int


def lines_of(
    summary: dict[str, Any], health: Any, claims: Sequence[Any], url: str, screen: Screen, now: datetime | None = None
) -> list[str]:
    """What is going on: what waits for a person first."""
    now = now or datetime.now(UTC)
    decisions = sorted(summary["blocking_decisions"], key=lambda row: _late(row, now), reverse=True)
    sections = [
        Section(
            "Blocking decisions", [_decision(row, now) for row in decisions], _total(summary, "blocking_decisions"), 2
        ),
        Section(
            "Waiting tasks",
            [_waiting(row, now) for row in summary["waiting_tasks"]],
            _total(summary, "waiting_tasks"),
            1,
        ),
        Section("Held tasks", [_claim(row, now) for row in claims], len(claims), 3),
        Section(
            "Open workplans",
            [_plan(row) for row in summary["open_workstreams"]],
            _total(summary, "open_workstreams"),
            3,
        ),
        Section("Recent progress", [_event(row, now) for row in summary["recent_progress"]], 0, 2),
    ]
    told = [section for section in sections if section.rows]
    lines = [_head(url, health, screen), *_totals(summary["totals"], screen)]
    silent = [section.title.lower() for section in sections if not section.rows]
    lengths = _lengths(told, None if screen.height is None else screen.height - len(lines) - 2 * len(told) - 1)
    for section, length in zip(told, lengths, strict=True):
        lines += ["", _heading(section, length, screen)]
        lines += [_painted(row, cells, screen) for row, cells in _rows(section, length, screen)]
    if silent:
        lines.append(_mark(_cut(f"none: {', '.join(silent)}", screen), DIM, screen))
    return lines


def _head(url: str, health: Any, screen: Screen) -> str:
    state = f"{health['status']}, database {health['database']}"
    text = _cut(f"State Hub {url}  {state}", screen)
    name = _mark(text[:9], BOLD, screen)
    return name + (text[9:] if health["status"] == "ok" else _mark(text[9:], LOUD, screen))


def _totals(totals: dict[str, dict[str, int]], screen: Screen) -> list[str]:
    lines = []
    named = {"workplans" if kind == "workstreams" else kind: counts for kind, counts in totals.items()}
    digits = max(len(str(counts["total"])) for counts in named.values())
    for kind, counts in named.items():
        parts = [(f"{n} {status}", status) for status, n in counts.items() if status != "total" and n]
        parts.sort(key=lambda part: part[1] in ENDED)
        room = 10_000 if screen.width is None else screen.width
        line = f"{kind:<9}  {counts['total']:>{digits}}"
        room -= len(line)
        for text, status in parts:
            if (room := room - len(text) - len(GAP)) < 0:
                break
            line += GAP + _mark(text, HUES.get(status, ""), screen)
        lines.append(line)
    return lines


def _heading(section: Section, length: int, screen: Screen) -> str:
    if not section.total:
        return _mark(section.title, BOLD, screen)
    count = f"{section.total}" if section.total <= length else f"{section.total}, the first {length}"
    return f"{_mark(section.title, BOLD, screen)} {_mark(count, DIM, screen)}"


def _lengths(sections: Sequence[Section], room: int | None) -> list[int]:
    """How many rows of each are shown: one more of each in turn, while there is room; at least one."""
    lengths = [min(len(section.rows), LONGEST_LIST if room is None else 1) for section in sections]
    while room is not None and sum(lengths) < room:
        growing = [n for n, s in enumerate(sections) if lengths[n] < min(len(s.rows), LONGEST_LIST)]
        if not growing:
            break
        lengths[min(growing, key=lambda n: lengths[n])] += 1
    return lengths


def _rows(section: Section, length: int, screen: Screen) -> list[tuple[Sequence[Cell], list[tuple[int, str]]]]:
    shown = section.rows[:length]
    width = None if screen.width is None else screen.width - 2
    return list(zip(shown, fitted([[text for text, _ in row] for row in shown], section.flexible, width), strict=True))


def _painted(row: Sequence[Cell], cells: list[tuple[int, str]], screen: Screen) -> str:
    last = len(cells) - 1
    texts = [(column, text.rstrip() if number == last else text) for number, (column, text) in enumerate(cells)]
    return "  " + GAP.join(_mark(text, row[column][1], screen) for column, text in texts)


def _decision(row: dict[str, Any], now: datetime) -> list[Cell]:
    about = clean(row["title"]) + (f" — {clean(row['escalation_note'])}" if row["escalation_note"] else "")
    late = _late(row, now) > 0
    return [
        (row["code"], BOLD), (_due(row["due_at"], now), LOUD if late else YELLOW), (about, LOUD if late else ""),
        (_age(row["created_at"], now), DIM), (row["status"], HUES.get(row["status"], "")),
    ]  # fmt: skip


def _waiting(row: dict[str, Any], now: datetime) -> list[Cell]:
    text = clean(row["title"]) + (f" — {clean(row['waiting_on'])}" if row["waiting_on"] else "")
    return [(row["code"], BOLD), (text, ""), (_age(row["updated_at"], now), DIM), (row["assignee"] or "", "")]


def _claim(row: dict[str, Any], now: datetime) -> list[Cell]:
    left = (datetime.fromisoformat(row["lease_expires_at"]) - now).total_seconds()
    lease = f"{_span(left)} left" if left > 0 else f"ran out {_span(-left)} ago"
    return [(row["task"], BOLD), (row["claimed_by"], CYAN), (lease, "" if left > 0 else YELLOW), (row["title"], "")]


def _plan(row: dict[str, Any]) -> list[Cell]:
    tasks = f"{row['tasks']['done']}/{row['tasks']['total']}"
    status = row["status"]
    return [
        (row["code"], BOLD),
        (tasks, ""),
        (status, HUES.get(status, "")),
        (row["title"], ""),
        (row["owner"] or "", ""),
    ]


def _event(row: dict[str, Any], now: datetime) -> list[Cell]:
    return [(_age(row["occurred_at"], now), DIM), (row["author"], CYAN), (row["summary"], "")]


def _total(summary: dict[str, Any], key: str) -> int:
    total: int = summary["truncated"].get(key, {}).get("total", len(summary[key]))
    return total


def _late(row: dict[str, Any], now: datetime) -> float:
    """Seconds past its due date; below 0 before it, and least without one."""
    return float("-inf") if not row["due_at"] else (now - datetime.fromisoformat(row["due_at"])).total_seconds()


def _due(text: str | None, now: datetime) -> str:
    if not text:
        return ""
    left = (datetime.fromisoformat(text) - now).total_seconds()
    return f"overdue {_span(-left)}" if left < 0 else f"due in {_span(left)}"


def _age(text: str, now: datetime) -> str:
    return _span((now - datetime.fromisoformat(text)).total_seconds())


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _cut(text: str, screen: Screen) -> str:
    return text if screen.width is None or cells_of(text) <= screen.width else cut(text, screen.width)


def _mark(text: str, mark: str, screen: Screen) -> str:
    return f"\x1b[{mark}m{text}\x1b[0m" if screen.marks and mark and text else text
