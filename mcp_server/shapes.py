"""What a row looks like in an answer: compact by default, since the reader pays by the token. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from mcp_server.texts import bounded, clean, one_line

Detail = Literal["compact", "full"]
Row = Mapping[str, Any]
Shape = Callable[[Row], dict[str, Any]]
LONGEST_DESCRIPTION = 1500
_TIMES = ("created_at", "updated_at", "due_at", "occurred_at", "decided_at", "lease_expires_at", "claimed_at", "at")


def rows_of(limit: int, detail: Detail, fields: str | None = None) -> int:
    """How many rows a page may have at most: next_cursor leads to the rest."""
    return min(limit, 200 if fields else 20 if detail == "full" else 100)


def dumped(document: Any) -> str:
    """JSON without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def moment(time: str | None) -> str | None:
    """To the second: 2026-11-23T17:00:00Z."""
    return time and time[:19] + "Z"


def picked(row: Row, *columns: str) -> dict[str, Any]:
    """Those columns that say something; titles on one line."""
    found = {}
    for name in columns:
        value = row.get(name)
        if value is None or value in ("", [], {}):
            continue
        if name in _TIMES:
            value = moment(value)
        elif isinstance(value, str):
            value = one_line(value)
        found[name] = value
    return found


def task(row: Row) -> dict[str, Any]:
    return picked(row, "code", "title", "status", "priority", "assignee", "waiting_on", "due_at")


def blocked(row: Row) -> dict[str, Any]:
    return picked(row, "code", "title", "status", "priority", "assignee", "reason", "due_at")


def waiting(row: Row) -> dict[str, Any]:
    return picked(row, "code", "title", "assignee", "waiting_on")


def workplan(row: Row) -> dict[str, Any]:
    found = picked(row, "code", "title", "status", "repo", "owner", "due_at")
    if counts := row.get("tasks"):
        found["done"] = f"{counts['done']}/{counts['total']}"
    return found


def decision(row: Row) -> dict[str, Any]:
    return picked(row, "code", "title", "status", "workplan", "topic", "due_at", "escalation_note")


def event(row: Row) -> dict[str, Any]:
    found = picked(row, "event_type", "summary", "author")
    found["at"] = moment(row.get("occurred_at"))
    about = next((row[kind] for kind in ("task", "decision", "workplan", "topic", "repo") if row.get(kind)), None)
    return found | ({"about": about} if about else {})


def topic(row: Row) -> dict[str, Any]:
    return picked(row, "slug", "title", "status", "domain")


def hit(row: Row) -> dict[str, Any]:
    found = picked(row, "kind", "name", "title", "status", "at")
    if words := row.get("highlight"):
        found["match"] = one_line("".join(words["parts"]), 100)
    return found


def described(shape: Shape, row: Row, *columns: str) -> dict[str, Any]:
    """A row as the answer to a question for it: its shape, these columns, and its texts."""
    found = shape(row) | picked(row, *columns)
    for name in ("description", "context", "rationale"):
        if text := row.get(name):
            found[name] = clean(text, LONGEST_DESCRIPTION)
    return found


def shown(shape: Shape, rows: Sequence[Row], detail: Detail, fields: str | None) -> list[Any]:
    """Rows of a list: compact, or whole. With `fields` they are what was asked for."""
    if fields is None and detail == "compact":
        return [shape(row) for row in rows]
    found: list[Any] = bounded(list(rows), dumped)
    return found


def whole(row: Any) -> Any:
    """Everything, clean, and of bounded length."""
    return bounded(row, dumped)
