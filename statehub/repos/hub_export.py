"""Reads an exported hub (`GET /export`) into what `import_hub` takes: all of it, or none."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, NoReturn

from statehub.errors import Invalid
from statehub.repos.storable import shown, unstorable

SCHEMA = "statehub/export/1"
MOST_DEEP = 500
# every kind, and which of its fields name a row of another line
REFERENCES: Mapping[str, Mapping[str, str]] = {
    "keyword": {}, "domain": {}, "topic": {"domain": "domain"}, "repo": {"domain": "domain"},
    "workplan": {"repo": "repo", "topic": "topic"},
    "workplan_dependency": {"workplan": "workplan", "depends_on": "workplan"},
    "task": {"workplan": "workplan", "repo": "repo", "parent": "task"},
    "task_dependency": {"task": "task", "depends_on": "task"},
    "claim": {"task": "task"},
    "decision": {"topic": "topic", "workplan": "workplan", "superseded_by": "decision"},
    "progress": {"repo": "repo", "topic": "topic", "workplan": "workplan", "task": "task", "decision": "decision"},
    "counter": {"repo": "repo", "workplan": "workplan"},
    "legacy_interface": {}, "legacy_use": {"interface": "legacy_interface"},
}  # fmt: skip
_NAMED = {
    "keyword": "keyword", "domain": "slug", "topic": "slug", "repo": "slug", "workplan": "code", "task": "code",
    "decision": "code", "progress": "id", "legacy_interface": "name",
}  # fmt: skip
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "topic": ("domain",), "repo": ("domain",), "workplan": ("repo",), "workplan_dependency": ("workplan", "depends_on"),
    "task": ("workplan",), "task_dependency": ("task", "depends_on"), "claim": ("task",), "legacy_use": ("interface",),
}  # fmt: skip


class HubExport:
    """The lines of a file, checked: each is a row of a kind that is known, and refers to rows of the file."""

    def __init__(self, text: str) -> None:
        self.lines: list[str] = []
        self.rows: list[dict[str, Any]] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            if line.strip():
                self.lines.append(line)
                self.rows.append(_row(line, number))
        _check_ends(self.rows)
        self.lines, self.rows = self.lines[1:-1], self.rows[1:-1]
        names = _names(self.rows)
        for number, row in enumerate(self.rows, 2):
            _check(row, number, names)

    def document(self) -> str:
        """{kind: [row]} as JSON text, the rows as they stand in the file."""
        by_kind: dict[str, list[str]] = {kind: [] for kind in REFERENCES}
        for line, row in zip(self.lines, self.rows, strict=True):
            by_kind[row["kind"]].append(line)
        return "{" + ",".join(f'"{kind}":[{",".join(lines)}]' for kind, lines in by_kind.items()) + "}"

    def counts(self) -> dict[str, int]:
        """How many rows of each kind."""
        found = dict.fromkeys(REFERENCES, 0)
        for row in self.rows:
            found[row["kind"]] += 1
        return found


async def difference(export: HubExport, lines: AsyncGenerator[str]) -> str | None:
    """The first row in which the hub whose export has these lines is another one; None where it is the same.

    Uses of legacy interfaces make no difference: they are counted while one only looks.
    """
    ours = iter([row for row in export.rows if row["kind"] != "legacy_use"])
    async with aclosing(lines):
        async for line in lines:
            theirs = json.loads(line)
            if theirs["kind"] in ("hub", "legacy_use"):
                continue
            row = next(ours, {"kind": "end"})
            if row != theirs and not row["kind"] == theirs["kind"] == "end":
                told = row if theirs["kind"] == "end" else theirs
                name = told.get("code") or told.get("slug") or told.get("keyword") or told.get("id") or told.get("task")
                return f"{told['kind']} {shown(name, 80)}"
    return None


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        _refuse(number, f"is no JSON ({error}): the file was cut or damaged")
    if not isinstance(row, dict) or not isinstance(row.get("kind"), str):
        _refuse(number, "is no row of an export")
    if why := unstorable(row, MOST_DEEP):
        _refuse(number, why)
    return row


def _check_ends(rows: list[dict[str, Any]]) -> None:
    head = rows[0] if rows else {}
    if head.get("kind") != "hub":
        raise Invalid("line 1: is not the first line of an export; custodian export writes one")
    if head.get("schema") != SCHEMA:
        raise Invalid(f"line 1: is of {shown(head.get('schema'))}; this hub reads {SCHEMA}")
    end = rows[-1]
    if end.get("kind") != "end":
        raise Invalid(f"the file was cut: line {len(rows)} is its last, and does not count the rows; export it again")
    if end.get("rows") != len(rows) - 2:
        raise Invalid(
            f"the file is not whole: its last line counts {shown(end.get('rows'))} rows, and there are {len(rows) - 2}"
        )


def _names(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {kind: set() for kind in REFERENCES}
    for number, row in enumerate(rows, 2):
        kind = row["kind"]
        if kind not in REFERENCES:
            _refuse(number, f"unknown kind {shown(kind, 50)!r}; known: {', '.join(REFERENCES)}")
        if kind in _NAMED:
            name = row.get(_NAMED[kind])
            if isinstance(name, bool) or not isinstance(name, str | int):
                _refuse(number, f"{kind} has no {_NAMED[kind]}")
            word = f"{row.get('legacy_kind')} {name}" if kind == "legacy_interface" else str(name).lower()
            if word in found[kind]:
                _refuse(number, f"{kind} {shown(name, 50)} stands twice")
            found[kind].add(word)
    return found


def _check(row: dict[str, Any], number: int, names: dict[str, set[str]]) -> None:
    kind = row["kind"]
    for field, of in REFERENCES[kind].items():
        name = row.get(field)
        if name is None and field not in _NEEDED.get(kind, ()):
            continue
        word = f"{row.get('legacy_kind')} {name}" if of == "legacy_interface" else str(name).lower()
        if not isinstance(name, str) or word not in names[of]:
            _refuse(number, f"{field}: there is no {of} {shown(name, 50)} in the file")
    version = row.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version < 2**31:
        _refuse(number, "version: takes whole numbers from 1")
    if kind == "progress" and not (isinstance(row["id"], int) and 0 < row["id"] < 2**53):
        _refuse(number, "id: takes whole numbers from 1, as far as JSON is exact")
    for field, value in row.items():
        if field.endswith("_at") and value is not None and not _is_time(value):
            _refuse(number, f"{field}: {shown(value, 50)!r} is no time")


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _refuse(number: int, why: str) -> NoReturn:
    raise Invalid(f"line {number}: {why}; nothing was taken")
