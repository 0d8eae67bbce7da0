"""Reads a Backlog.md folder (path → text) into what `import_plans` takes.

One workplan a milestone, else `<SLUG>-INBOX`; tasks, completed and drafts are
tasks, decisions decisions. What has no place stays in `detail`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from statehub.repos.backlog_places import Milestones, References, Settings
from statehub.repos.backlog_text import lists_of, section, text_of
from statehub.repos.frontmatter import Page, frontmatter_length, read_page
from statehub.repos.imported import Imported
from statehub.repos.storable import given, person, shown, unstorable
from statehub.repos.yaml_nodes import Refused

PRIORITY = {"critical": 0, "high": 1, "medium": 2, "low": 3}
DECIDED = {"accepted": "resolved", "rejected": "resolved", "superseded": "superseded", "deprecated": "superseded"}
# of two files with one id and one date, the one in the folder that stands first here counts
TASK_FOLDERS = ("completed", "tasks", "drafts", "archive/tasks", "archive/drafts")
MILESTONE_FOLDERS = ("milestones", "archive/milestones")
# YAML is slow to read: this takes half a minute
MOST_FRONTMATTER = 4 * 2**20
_PLACED = {"id", "title", "status", "assignee", "labels", "milestone", "priority", "ordinal"}


@dataclass(frozen=True)
class _File:
    path: str
    folder: str
    code: str
    page: Page


def read(files: Mapping[str, str], *, repo: str, domain: str) -> dict[str, Any]:
    """The document for `import_plans`. Never raises: a file that cannot be read is among `skipped`."""
    found = Imported("backlog", repo, domain)
    folder = _Folder(files, found)
    folder.take()
    return found.document(len(files))


class _Folder:
    """The files of one folder, by what they are."""

    def __init__(self, files: Mapping[str, str], found: Imported) -> None:
        self.found = found
        self.settings = Settings(files, found)
        self.files: dict[str, list[_File]] = {}
        self.left = MOST_FRONTMATTER
        for path in sorted(files, key=_natural):
            if (file := self._file(path, files[path])) is not None:
                self.files.setdefault(file.folder, []).append(file)

    def take(self) -> None:
        """Everything, what others refer to first."""
        chosen = self._tasks()
        milestones = Milestones(
            [(file.code, file.page, file.folder != "milestones") for file in self._of(MILESTONE_FOLDERS)], self.found
        )
        for file in chosen:
            milestones.take(file.page.fields.get("milestone"), file.path)
        references = References(self.found, [file.code for file in chosen], self.settings.prefix)
        for position, file in enumerate(chosen):
            self._take_task(file, position, milestones, references)
        for file in chosen:
            references.depend(file.code, file.path, file.page.fields.get("dependencies"))
        for file in self._of(("decisions",)):
            self._take_decision(file)

    def _of(self, folders: tuple[str, ...]) -> list[_File]:
        return [file for folder in folders for file in self.files.get(folder, [])]

    def _file(self, path: str, text: str) -> _File | None:
        place = PurePosixPath(path)
        folder = str(place.parent)
        if path in self.settings.PLACES:
            return None
        if folder not in (*TASK_FOLDERS, *MILESTONE_FOLDERS, "decisions") or place.suffix.lower() != ".md":
            self.found.skip(path, "has no place in a hub; it stays in the repository")
            return None
        if place.stem.lower() == "readme":
            self.found.skip(path, "explains the folder; it stays in the repository")
            return None
        if why := unstorable([path, text]):
            self.found.skip(path, why)
            return None
        self.left -= frontmatter_length(text)
        if self.left < 0:
            self.found.skip(
                path, f"all files before it have {MOST_FRONTMATTER // 2**20} MiB of frontmatter; no import takes more"
            )
            return None
        try:
            page = read_page(text)
        except Refused as refused:
            self.found.skip(f"{path}:{refused.line}", str(refused))
            return None
        name, _, rest = place.stem.partition(" - ")
        code = page.fields.get("id")
        if not given(code):
            code = name.strip()
        if not given(page.fields.get("title")) and rest:
            page.fields.setdefault("title", rest.replace("-", " "))
        return _File(path, folder, str(code).strip(), page)

    def _tasks(self) -> list[_File]:
        """One file an id: the one that was changed last, and of the same day the one that is done."""
        chosen: dict[str, _File] = {}
        for file in sorted(self._of(TASK_FOLDERS), key=self._changed, reverse=True):  # stable: folders keep their order
            if (other := chosen.setdefault(file.code.lower(), file)) is not file:
                self.found.skip(file.path, f"its id {shown(file.code)} is that of {other.path} too, which counts")
        return sorted(
            chosen.values(), key=lambda file: (_ordinal(file) is None, _ordinal(file) or 0, _natural(file.code))
        )

    def _changed(self, file: _File) -> str:
        fields = file.page.fields
        return self.settings.time(fields.get("updated_date") or fields.get("created_date")) or ""

    def _take_task(self, file: _File, position: int, milestones: Milestones, references: References) -> None:
        fields, path = file.page.fields, file.path
        kept = {key: value for key, value in fields.items() if key not in _PLACED and value not in (None, "", [])}
        kept |= {"path": path} | lists_of(file.page.body)
        status, waiting = self._status(file, kept)
        priority = fields.get("priority")
        urgency = PRIORITY.get(priority.lower()) if isinstance(priority, str) else None
        if priority is not None and urgency is None:
            kept["priority"] = priority
            self.found.skip(path, f"unknown priority {shown(priority)!r}: taken as medium, kept in detail")
        assignees = fields.get("assignee")
        assignees = assignees if isinstance(assignees, list) else [assignees] if assignees is not None else []
        assignee = person(assignees[0]) if assignees else None
        if assignees != [assignee]:
            kept["assignee"] = assignees
        if fields.get("ordinal") is not None and fields["ordinal"] != (_ordinal(file) or 0):
            kept["ordinal"] = fields["ordinal"]
        parent = references.resolve(fields.get("parent_task_id")) if fields.get("parent_task_id") else None
        if fields.get("parent_task_id") and not parent:
            why = f"its parent {shown(fields['parent_task_id'])} is not in the folder; kept in detail"
            self.found.skip(path, why)
        ordinal = _ordinal(file)
        self.found.add(
            "task", path, kept, code=file.code, title=fields.get("title"), labels=fields.get("labels") or [],
            description=text_of(file.page.body), status=status, priority=2 if urgency is None else urgency,
            workplan=milestones.code_of(fields.get("milestone")), parent=parent, assignee=assignee,
            waiting_on=waiting, position=position if ordinal is None else ordinal,
        )  # fmt: skip
        for key, event in (("created_date", "created"), ("updated_date", "changed"), ("completed_date", "status")):
            told = {"created": "created", "changed": "changed last", "status": "completed"}[event]
            self._tell("task", file, key, event, f"Task {file.code} {told}: {fields.get('title')}")

    def _status(self, file: _File, kept: dict[str, Any]) -> tuple[str, str | None]:
        """Ours, and what it waits on."""
        named = file.page.fields.get("status")
        placed = self.settings.status_of(named)
        if placed is None:
            self.found.skip(file.path, f"unknown status {shown(named)!r}: taken as To Do, kept in detail")
        if placed is None or not isinstance(named, str) or named.casefold() not in self.settings.CANONICAL:
            kept["status"] = named
        if file.folder.endswith("drafts"):
            kept["status"] = named
            return ("cancel", None) if file.folder.startswith("archive") else ("wait", "draft")
        if file.folder == "archive/tasks" and placed != "done":
            kept["status"] = named
            return "cancel", None
        return placed or "todo", str(named) if placed == "wait" else None

    def _take_decision(self, file: _File) -> None:
        fields = file.page.fields
        kept = {key: value for key, value in fields.items() if key not in ("id", "title", "labels") and value}
        kept["path"] = file.path
        named = str(fields.get("status") or "proposed").casefold()
        status = DECIDED.get(named, "open")
        if named not in (*DECIDED, "proposed"):
            self.found.skip(file.path, f"unknown status {shown(named)!r}: taken as proposed, kept in detail")
        body = text_of(file.page.body)
        made = status == "resolved" or (status == "superseded" and given(section(body, "decision")))
        at = self.settings.time(fields.get("date") or fields.get("created_date"))
        reason = section(body, "decision") or f"{named}; see the context"
        self.found.add(
            "decision", file.path, kept, code=file.code, title=fields.get("title"), labels=fields.get("labels") or [],
            context=body, workplan=self.found.inbox, decision_type="made" if made else "pending", status=status,
            rationale=reason if made else None, decided_by=f"{self.found.repo} (backlog)" if made else None,
            decided_at=at if made else None,
        )  # fmt: skip
        event = "decision" if made else "created"
        self._tell("decision", file, "date", event, f"Decision {file.code} {named}: {fields.get('title')}")

    def _tell(self, noun: str, file: _File, key: str, event: str, summary: str) -> None:
        written = file.page.fields.get(key)
        at = self.settings.time(written)
        if written and not at:
            self.found.skip(file.path, f"{key} {shown(written)!r} is no date; kept in detail")
        self.found.event(noun, file.code, event, summary, at)


def _ordinal(file: _File) -> int | None:
    value = file.page.fields.get("ordinal")
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 2**31:
        return None
    return int(value)


def _natural(text: str) -> list[tuple[int, str]]:
    """Sorts back-2 before back-10."""
    return [
        (int(part[:18]), "") if part.isdigit() and part.isascii() else (0, part)
        for part in re.split(r"(\d+)", text.lower())
    ]
