"""Reads a Beads export (JSONL, one issue a line) into what `import_plans` takes.

An epic becomes a workplan, any other issue a task of the workplan of its
nearest epic by `parent-child`, else of `<SLUG>-INBOX`. What has no place stays
in `detail`, the history becomes events; a broken line is skipped, and said.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

Issue = dict[str, Any]

TASK_STATUS = {
    "open": "todo",
    "in_progress": "progress",
    "blocked": "wait",
    "deferred": "wait",
    "closed": "done",
    "tombstone": "cancel",
}
EPIC_STATUS = {"closed": "finished", "tombstone": "archived"}
# What is a column of ours, a dependency or an event; everything else goes into detail.
_PLACED = {"id", "title", "description", "status", "priority", "assignee", "labels", "dependencies", "comments"}
_BLOCKS, _PARENT = "blocks", "parent-child"
SUMMARY_LENGTH = 2000
TITLE_LENGTH = 1000


def read(text: str, *, repo: str, domain: str) -> dict[str, Any]:
    """The document for `import_plans`. Never raises for a broken line: it is among `skipped`."""
    skipped: list[dict[str, str]] = []
    issues = {issue["id"].lower(): issue for issue in _issues(text, skipped)}
    export = _Export(repo, issues, skipped)
    inbox = f"{repo.upper()}-INBOX"
    tasks = [export.task(issue, position, inbox) for position, issue in enumerate(export.tasks())]
    plans = [export.workplan(issue) for issue in export.epics()]
    if any(task["workplan"] == inbox for task in tasks):
        plans.append(_inbox(inbox))
    between_plans, between_tasks = export.dependencies()
    return {
        "format": "beads",
        "read": sum(1 for line in text.splitlines() if line.strip()),
        "repo": {"slug": repo, "name": repo, "domain": domain},
        "workplans": plans,
        "tasks": tasks,
        "workplan_dependencies": between_plans,
        "task_dependencies": between_tasks,
        "events": [event for issue in issues.values() for event in export.events(issue)],
        "skipped": skipped,
    }


class _Export:
    """The issues of one file, by their lower-case id."""

    def __init__(self, repo: str, issues: dict[str, Issue], skipped: list[dict[str, str]]) -> None:
        self.repo = repo
        self.issues = issues
        self.skipped = skipped
        self.parents: dict[str, str] = {}
        for key, issue in issues.items():
            for link in _links(issue, _PARENT):
                self.parents.setdefault(key, link)

    def epics(self) -> Iterator[Issue]:
        return (issue for issue in self.issues.values() if _is_epic(issue))

    def tasks(self) -> Iterator[Issue]:
        return (issue for issue in self.issues.values() if not _is_epic(issue))

    def workplan(self, issue: Issue) -> dict[str, Any]:
        return self._row(issue) | {"status": EPIC_STATUS.get(issue["status"], "active")}

    def task(self, issue: Issue, position: int, inbox: str) -> dict[str, Any]:
        status = TASK_STATUS.get(issue["status"], "todo")
        parent = self.issues.get(self.parents.get(issue["id"].lower(), ""))
        return self._row(issue) | {
            "status": status,
            "workplan": self._epic_of(issue) or inbox,
            "parent": parent["id"] if parent and not _is_epic(parent) else None,
            "assignee": str(issue.get("assignee") or "").strip() or None,
            "waiting_on": issue["status"] if status == "wait" else None,
            "position": position,
        }

    def dependencies(self) -> tuple[list[list[str]], list[list[str]]]:
        """Pairs [who waits, what for]: between epics, and between tasks. One between the two kinds stays in detail."""
        plans, tasks = [], []
        for issue in self.issues.values():
            for link in _links(issue, _BLOCKS):
                needed = self.issues.get(link)
                if needed is None:
                    self._skip(issue, link, "blocked by an issue that is not in the file; kept in detail")
                elif _is_epic(issue) and _is_epic(needed):
                    plans.append([issue["id"], needed["id"]])
                elif not _is_epic(issue) and not _is_epic(needed):
                    tasks.append([issue["id"], needed["id"]])
                else:
                    self._skip(issue, needed["id"], "blocks between an epic and a task; kept in detail")
        return plans, tasks

    def events(self, issue: Issue) -> Iterator[dict[str, Any]]:
        noun = "workplan" if _is_epic(issue) else "task"
        about = {noun: issue["id"], "author": f"{self.repo} (beads)", "author_kind": "system"}
        name = f"{noun.capitalize()} {issue['id']}"
        if at := _time(issue.get("created_at")):
            summary = f"{name} created: {issue['title']}"
            yield about | {"event_type": "created", "summary": summary[:SUMMARY_LENGTH], "occurred_at": at}
        if at := _time(issue.get("closed_at")):
            summary = f"{name} closed: {issue.get('close_reason') or issue['title']}"
            yield about | {"event_type": "status", "summary": summary[:SUMMARY_LENGTH], "occurred_at": at}
        for comment in issue.get("comments") or ():
            text, at = str(comment.get("text") or "").strip(), _time(comment.get("created_at"))
            if text and at:
                told = {"event_type": "note", "summary": text[:SUMMARY_LENGTH], "detail": comment, "occurred_at": at}
                yield (
                    about
                    | told
                    | {"author": str(comment.get("author") or about["author"])[:200], "author_kind": "agent"}
                )

    def _row(self, issue: Issue) -> dict[str, Any]:
        kept = {key: value for key, value in issue.items() if key not in _PLACED and value not in (None, "", [])}
        kept["dependencies"] = issue.get("dependencies") or []
        checksum = hashlib.sha256(json.dumps(issue, sort_keys=True).encode()).hexdigest()
        title = issue["title"].strip() or issue["id"]
        if len(title) > TITLE_LENGTH:
            kept["title"] = title
        return {
            "code": issue["id"],
            "title": title[:TITLE_LENGTH],
            "description": issue.get("description") or "",
            "priority": min(4, max(0, issue.get("priority", 2))),
            "labels": issue.get("labels") or [],
            "detail": {"beads": kept, "source": {"format": "beads", "sha256": checksum}},
        }

    def _epic_of(self, issue: Issue) -> str | None:
        """The nearest epic above; a loop in the file ends the search."""
        seen: set[str] = set()
        key = issue["id"].lower()
        while (key := self.parents.get(key, "")) in self.issues and key not in seen:
            seen.add(key)
            if _is_epic(self.issues[key]):
                return str(self.issues[key]["id"])
        return None

    def _skip(self, issue: Issue, needed: str, why: str) -> None:
        self.skipped.append({"name": f"{issue['id']} → {needed}", "why": why})


def _issues(text: str, skipped: list[dict[str, str]]) -> Iterator[Issue]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            issue = json.loads(line)
        except (ValueError, RecursionError) as error:
            skipped.append({"name": f"line {number}", "why": f"no JSON: {error}"})
            continue
        if problem := _problem(issue):
            skipped.append({"name": f"line {number}", "why": problem})
        else:
            yield issue


def _problem(issue: Any) -> str | None:
    if not isinstance(issue, dict):
        return "not an object"
    for key in ("id", "title", "status"):
        if not isinstance(issue.get(key), str):
            return f"has no {key}"
    if issue["status"] not in TASK_STATUS:
        return f"unknown status {issue['status']!r}; known: {', '.join(TASK_STATUS)}"
    if not isinstance(issue.get("priority", 2), int):
        return "priority is no number"
    if not all(isinstance(label, str) for label in issue.get("labels") or ()):
        return "labels are no texts"
    return None


def _is_epic(issue: Issue) -> bool:
    return issue.get("issue_type") == "epic"


def _links(issue: Issue, kind: str) -> Iterator[str]:
    for link in issue.get("dependencies") or ():
        if link.get("type") == kind and link.get("depends_on_id"):
            yield str(link["depends_on_id"]).lower()


def _time(text: Any) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat() if text else None
    except (TypeError, ValueError):
        return None


def _inbox(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "title": "Inbox",
        "description": "Tasks that belong to no plan.",
        "status": "active",
        "priority": 2,
        "labels": [],
        "detail": {"source": {"format": "inbox"}},
    }
