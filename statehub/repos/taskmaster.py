"""Reads a Task Master file (tasks.json, tagged or of before) into what `import_plans` takes.

A tag becomes a workplan `<SLUG>-<TAG>`, a task `<SLUG>-<TAG>-<id>`, a subtask
`…-<id>.<n>` below it. What has no place stays in `detail`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from statehub.errors import Invalid
from statehub.repos.imported import Imported
from statehub.repos.storable import person, shown, time

STATUS = {
    "pending": "todo", "in-progress": "progress", "review": "progress", "deferred": "wait", "blocked": "wait",
    "done": "done", "completed": "done", "cancelled": "cancel",
}  # fmt: skip
PRIORITY = {"critical": 0, "high": 1, "medium": 2, "low": 3}
# sections of a task's text, in the order in which they are read
_TEXTS = {"details": "Details", "testStrategy": "Test strategy"}
_PLACED = {"id", "title", "description", "status", "priority", "assignee", "labels", "subtasks", *_TEXTS}
MOST_LEVELS = 5


@dataclass(frozen=True)
class _Task:
    """A task of the file: its number within the tag, such as 3 or 3.1; its own fields, without what is below it."""

    number: str
    above: str | None
    fields: dict[str, Any]
    position: int


def read(text: str, *, repo: str, domain: str) -> dict[str, Any]:
    """The document for `import_plans`. Raises Invalid, with the line, where the file as a whole is no JSON."""
    found = Imported("taskmaster", repo, domain)
    twice: set[str] = set()
    try:
        tree = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=lambda pairs: _object(pairs, twice))
    except RecursionError:
        raise Invalid("the file is nested too deep to be one of Task Master") from None
    except ValueError as error:
        raise Invalid(f"the file is no JSON: {error}") from None
    for key in sorted(twice):
        found.skip(key, "this key stands twice in one object; the last one counts")
    count = 0
    for tag, content in _tags(tree, found):
        count += _Tag(tag, content, found).take()
    return found.document(count)


def _object(pairs: list[tuple[str, Any]], twice: set[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice.update(shown(name) for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return found


def _tags(tree: Any, found: Imported) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(tree, list):
        tree = {"tasks": tree}
    if not isinstance(tree, dict):
        raise Invalid('the file is none of Task Master: it must be {"TAG": {"tasks": […]}} or {"tasks": […]}')
    if isinstance(tree.get("tasks"), list):  # of before there were tags
        known = {"tasks", "metadata", "meta"}
        yield "master", {key: value for key, value in tree.items() if key in known}
        tree = {key: value for key, value in tree.items() if key not in known}
    for tag, content in tree.items():
        if isinstance(content, dict) and isinstance(content.get("tasks"), list):
            yield tag, content
        else:
            found.skip(f"tag {shown(tag)}", "has no list of tasks")


class _Tag:
    """One tag: its workplan and tasks."""

    def __init__(self, tag: str, content: dict[str, Any], found: Imported) -> None:
        self.tag, self.content, self.found = tag, content, found
        self.plan = f"{found.repo.upper()}-{_word(tag)}"
        if found.has("workplan", self.plan):  # of two tags that differ in signs alone
            self.plan += f"-{hashlib.sha256(tag.encode(errors='replace')).hexdigest()[:6]}"
        self.codes: dict[str, str] = {}
        self.again: Counter[str] = Counter()

    def take(self) -> int:
        """How many tasks there were."""
        about = {key: value for key, value in self.content.items() if key != "tasks"}
        said = about.get("metadata")
        metadata: dict[str, Any] = said if isinstance(said, dict) else {}
        description = metadata.get("description")
        self.found.add(
            "workplan", f"tag {shown(self.tag)}", about | {"tag": self.tag}, code=self.plan, title=self.tag,
            description=description if isinstance(description, str) else "", status="active", priority=2,
        )  # fmt: skip
        created = time(metadata.get("created"))
        self.found.event("workplan", self.plan, "created", f"Workplan {self.plan} created: {self.tag}", created)
        tasks = list(self._tasks(self.content["tasks"], None, 1))
        taken = [(task, code) for task in tasks if task is not None and (code := self._take(task))]
        for task, code in taken:
            for needed in self._needed(task):
                self.found.depend("task", code, needed)
        return len(tasks)

    def _tasks(self, listed: list[Any], above: str | None, level: int) -> Iterator[_Task | None]:
        """All tasks, those above first; None for one that is none."""
        for position, fields in enumerate(listed):
            place = (
                f"{shown(self.tag)}: {'subtask' if above else 'task'} {position + 1}{f' of {above}' if above else ''}"
            )
            if not isinstance(fields, dict) or not _is_id(fields.get("id")):
                self.found.skip(place, "has no id" if isinstance(fields, dict) else "is no object")
                yield None
                continue
            number = str(fields["id"]).strip()
            if above:
                number = f"{above}.{number.removeprefix(f'{above}.')}"
            yield _Task(number, above, fields, position)
            below = fields.get("subtasks") or []
            if not isinstance(below, list) or (below and level == MOST_LEVELS):
                why = f"nested more than {MOST_LEVELS} deep" if isinstance(below, list) else "no list"
                self.found.skip(f"{shown(self.tag)}: subtasks of {shown(number)}", f"are {why}")
            elif below:
                yield from self._tasks(below, number, level + 1)

    def _take(self, task: _Task) -> str | None:
        """Its code, where it was taken."""
        fields, name = task.fields, f"{shown(self.tag)}: {shown(task.number)}"
        code = f"{self.plan}-{task.number}"
        if self.found.has("task", code):
            code = self._free(code)
            self.found.skip(
                f"{name} as {shown(code)}", "the id stands more than once; taken all the same, under this code"
            )
        kept = {key: value for key, value in fields.items() if key not in _PLACED and value not in (None, "", [])}
        status, priority = fields.get("status", "pending"), fields.get("priority", "medium")
        placed = STATUS.get(status) if isinstance(status, str) else None
        if placed is None:
            self.found.skip(name, f"unknown status {shown(status)!r}: taken as pending, kept in detail")
        if placed is None or status in ("review", "blocked"):
            kept["status"] = status
        urgency = PRIORITY.get(priority) if isinstance(priority, str) else None
        if urgency is None:
            kept["priority"] = priority
            if priority is not None:
                self.found.skip(name, f"unknown priority {shown(priority)!r}: taken as medium, kept in detail")
        if (assignee := fields.get("assignee")) and assignee != person(assignee):
            kept["assignee"] = assignee
        kept |= {key: fields[key] for key in ("description", *_TEXTS) if fields.get(key) and not _is_text(fields[key])}
        parent = self.codes.get(task.above) if task.above else None
        if task.above and not parent:
            self.found.skip(name, "its parent was left out; kept without one")
        taken = self.found.add(
            "task", name, kept, code=code, title=fields.get("title"), labels=fields.get("labels") or [],
            description=_text_of(fields), status=placed or "todo", priority=2 if urgency is None else urgency,
            workplan=self.plan, parent=parent,
            assignee=person(assignee), waiting_on=status if placed == "wait" else None, position=task.position,
        )  # fmt: skip
        if not taken:
            return None
        self.codes.setdefault(task.number, code)
        at = time(fields.get("updatedAt"))
        self.found.event("task", code, "changed", f"Task {code} changed, {shown(status)}: {fields.get('title')}", at)
        return code

    def _needed(self, task: _Task) -> Iterator[str]:
        """Codes of what it depends on: 3 is a sibling where there is one, else a task; 3.1 is a subtask."""
        listed = task.fields.get("dependencies") or []
        for needed in listed if isinstance(listed, list) else [listed]:
            number = str(needed).strip()
            beside = f"{task.above}.{number}"
            if isinstance(needed, bool) or not isinstance(needed, int | float | str):
                self.found.skip(
                    f"{shown(self.tag)}: {shown(task.number)}", f"depends on {shown(needed)}, which is no id"
                )
            elif task.above and beside in self.codes:
                yield self.codes[beside]
            else:
                yield self.codes.get(number, f"{self.plan}-{shown(number)}")

    def _free(self, code: str) -> str:
        while True:
            self.again[code.lower()] += 1
            if not self.found.has("task", other := f"{code}-{self.again[code.lower()] + 1}"):
                return other


def _word(tag: str) -> str:
    """The tag as part of a code."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", tag).strip("-")


def _is_id(value: object) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool) and bool(str(value).strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _text_of(fields: dict[str, Any]) -> str:
    description = fields.get("description")
    parts = [description.strip()] if isinstance(description, str) else []
    for key, heading in _TEXTS.items():
        if isinstance(text := fields.get(key), str) and text.strip():
            parts.append(f"## {heading}\n\n{text.strip()}")
    return "\n\n".join(part for part in parts if part)
