"""What one import brings: the rows that `import_plans` takes, and what was left out, with its reason.

The files are somebody else's: whatever could not be stored is left out here,
so that one bad row costs nothing but itself.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from statehub.models.fields import GIVEN

Row = dict[str, Any]

TITLE_LENGTH, SUMMARY_LENGTH, NAME_LENGTH = 1000, 2000, 200
MOST_LABELS = 100
MAX_DEPTH = 60
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST = {"workplan": 100, "task": 120, "decision": 100}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ROUTES = ("ready", "claim", "claims")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_GIVEN = re.compile(GIVEN)


class Imported:
    """Collects. `noun` is workplan, task or decision throughout; codes are compared without case."""

    def __init__(self, fmt: str, repo: str, domain: str) -> None:
        self.format, self.repo, self.domain = fmt, repo, domain
        self.inbox = f"{repo.upper()}-INBOX"
        self.rows: dict[str, dict[str, Row]] = {"workplan": {}, "task": {}, "decision": {}}
        self.needs: dict[str, dict[tuple[str, str], list[str]]] = {"workplan": {}, "task": {}}
        self.events: list[Row] = []
        self.skipped: list[dict[str, str]] = []

    def skip(self, name: object, why: str) -> None:
        """Something was left out."""
        self.skipped.append({"name": shown(name), "why": why})

    def has(self, noun: str, code: str) -> bool:
        """Whether that row is there."""
        return code.lower() in self.rows[noun]

    def add(
        self, noun: str, name: str, kept: Row, *, code: str, title: object, labels: object = (), **row: Any
    ) -> bool:
        """Take a row; `kept` is what has no column. False: it was left out, and said under `name`."""
        why = unstorable([code, title, labels, kept, list(row.values())]) or problem_of_code(noun, code)
        if not why and self.has(noun, code):
            why = f"the id {shown(code)} stands more than once; the first one counts"
        plan = row.get("workplan")
        if not why and plan not in (None, self.inbox) and not self.has("workplan", plan):
            why = f"its workplan {shown(plan)} was left out"
        if why:
            self.skip(name, why)
            return False
        kept = dict(kept)
        said = " ".join(str("" if title is None else title).split())
        if not (isinstance(title, str) and given(said) and len(said) <= TITLE_LENGTH) and title:
            kept["title"] = title
        named = labels_of(labels)
        if labels and named != labels:
            kept["labels"] = labels
        taken = row | {
            "code": code,
            "title": said[:TITLE_LENGTH] if given(said[:TITLE_LENGTH]) else code,
            "labels": named,
        }
        seen = {key: value for key, value in taken.items() if key != "position"} | {"kept": kept}
        checksum = hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()
        taken["detail"] = {self.format: kept, "source": {"format": self.format, "sha256": checksum}}
        self.rows[noun][code.lower()] = taken
        return True

    def event(self, noun: str, code: str, kind: str, summary: str, at: str | None, **more: Any) -> None:
        """A moment of the history, where its time is known and its row was taken."""
        if at and self.has(noun, code) and unstorable([summary, more]) is None:
            about = {noun: code, "author": f"{self.repo} ({self.format})", "author_kind": "system"}
            self.events.append(
                about | {"event_type": kind, "summary": summary[:SUMMARY_LENGTH], "occurred_at": at} | more
            )

    def depend(self, noun: str, waits: str, needs: str) -> None:
        """Make one wait for the other; once, however often it is said."""
        if self.has(noun, waits) and not self.has(noun, needs):
            self.skip(f"{waits} → {needs}", "depends on what is not in the file; kept in detail")
        elif self.has(noun, waits):
            self.needs[noun].setdefault((waits.lower(), needs.lower()), [waits, needs])

    def document(self, read: int) -> Row:
        """What `import_plans` takes."""
        tasks = self.rows["task"]
        self._cut_loops(tasks)
        owned = [*tasks.values(), *self.rows["decision"].values()]
        if any(row["workplan"] == self.inbox for row in owned) and not self.has("workplan", self.inbox):
            self.rows["workplan"][self.inbox.lower()] = _inbox(self.inbox)
        return {
            "format": self.format,
            "read": read,
            "repo": {"slug": self.repo, "name": self.repo, "domain": self.domain},
            "workplans": list(self.rows["workplan"].values()),
            "tasks": list(tasks.values()),
            "decisions": list(self.rows["decision"].values()),
            "workplan_dependencies": list(self.needs["workplan"].values()),
            "task_dependencies": list(self.needs["task"].values()),
            "events": self.events,
            "skipped": self.skipped,
        }

    def _cut_loops(self, tasks: dict[str, Row]) -> None:
        """No task is below itself, and none below one that was left out."""
        safe: set[str] = set()
        for start in tasks:
            path: dict[str, None] = {}
            at: str | None = start
            while at is not None and at not in safe:
                path[at] = None
                parent = tasks[at]["parent"]
                above = parent.lower() if parent else None
                if above is not None and (above in path or above not in tasks):
                    why = "that closes a cycle" if above in path else "it was left out"
                    self.skip(tasks[at]["code"], f"cannot be below {parent}: {why}; kept without a parent")
                    tasks[at]["parent"] = above = None
                at = above
            safe.update(path)


def given(text: object) -> bool:
    """Whether there is anything in it that can be seen."""
    return isinstance(text, str) and _GIVEN.search(text) is not None


def shown(value: object, most: int = 200) -> str:
    """Any value in a message: one line, not too long."""
    text = _UNSTORABLE.sub("�", " ".join(str(value).split()))
    return text if len(text) <= most else text[:most] + "…"


def problem_of_code(noun: str, code: str) -> str | None:
    """Why this cannot be a code; None when it can."""
    if not _CODE.fullmatch(code) or len(code) > _LONGEST[noun] or _ID.fullmatch(code):
        return (
            f"the id {shown(code, 50)!r} can be no code: letters, digits, dot, dash and underscore, "
            f"at most {_LONGEST[noun]}, the first a letter or digit, and not like a UUID"
        )
    if noun == "task" and code.lower() in _ROUTES:
        return f"the id {code} is a word of the routes below /tasks"
    return None


def unstorable(value: Any, most_deep: int = MAX_DEPTH) -> str | None:
    """Why this cannot be stored as JSON; None when it can."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if _UNSTORABLE.search(item):
                return "has a NUL or a lone surrogate; remove it"
        elif isinstance(item, float):
            if not math.isfinite(item):
                return "has a number that cannot be stored"
        elif isinstance(item, dict | list | tuple):
            if depth > most_deep:
                return f"is nested more than {most_deep} deep"
            waiting += ((inner, depth + 1) for inner in item)
            if isinstance(item, dict):
                waiting += ((inner, depth + 1) for inner in item.values())
    return None


def labels_of(labels: object) -> list[str]:
    """Those that can be labels, once each."""
    listed: Iterable[object] = labels if isinstance(labels, list | tuple) else [labels]
    named = [label.strip() for label in listed if isinstance(label, str) and given(label)]
    return [label for label in dict.fromkeys(named) if len(label) <= NAME_LENGTH][:MOST_LABELS]


def person(name: object) -> str | None:
    """A name that can be an assignee or author, without the @ of a mention; None where it is none."""
    text = name.strip().removeprefix("@") if isinstance(name, str) else ""
    return text if given(text) and len(text) <= NAME_LENGTH and not unstorable(text) else None


def time(text: object, forms: Sequence[str] = ()) -> str | None:
    """RFC 3339 in UTC; without a zone it is taken for UTC. None for what is no time, or none that can be stored."""
    if not isinstance(text, str):
        return None
    found = _read_time(text.strip(), forms)
    try:
        found = found and found.astimezone(UTC)
    except OverflowError:
        return None
    return found.isoformat() if found and 2 <= found.year <= 9998 else None


def _read_time(text: str, forms: Sequence[str]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _inbox(code: str) -> Row:
    return {
        "code": code,
        "title": "Inbox",
        "description": "Tasks that belong to no plan.",
        "status": "active",
        "priority": 2,
        "labels": [],
        "detail": {"source": {"format": "inbox"}},
    }
