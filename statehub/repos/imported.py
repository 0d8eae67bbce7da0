"""What one import brings: the rows that `import_plans` takes, and what was left out, with its reason.

The files are somebody else's: whatever could not be stored is left out here,
so that one bad row costs nothing but itself.
"""

import hashlib
import json
from typing import Any

from statehub.repos.storable import given, labels_of, problem_of_code, shown, unstorable

Row = dict[str, Any]

TITLE_LENGTH, SUMMARY_LENGTH = 1000, 2000


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
