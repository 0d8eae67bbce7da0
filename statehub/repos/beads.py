"""Reads a Beads export (JSONL, one issue a line) into what `import_plans` takes.

An epic becomes a workplan, any other issue a task of the workplan of its
nearest epic by `parent-child`, else of `<SLUG>-INBOX`. What has no place stays
in `detail`, the history becomes events; a broken line is skipped, and said.
"""

import json
from collections.abc import Iterator
from typing import Any

from statehub.repos.imported import Imported
from statehub.repos.storable import person, problem_of_code, shown, time, unstorable

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


def read(text: str, *, repo: str, domain: str) -> dict[str, Any]:
    """The document for `import_plans`. Never raises for a broken line: it is among `skipped`."""
    found = Imported("beads", repo, domain)
    lines = text.removeprefix("\ufeff").split("\n")  # splitlines would cut at U+2028 too, which JSON may have
    issues: dict[str, Issue] = {}
    for number, issue in _issues(lines, found):
        if (key := issue["id"].lower()) in issues:
            found.skip(f"line {number}", f"the id {shown(issue['id'])} stands more than once; the first one counts")
        else:
            issues[key] = issue
    export = _Export(issues, found)
    for issue in issues.values():
        if _is_epic(issue):
            export.take("workplan", issue, status=EPIC_STATUS.get(issue["status"], "active"))
    for position, issue in enumerate(issue for issue in issues.values() if not _is_epic(issue)):
        export.take_task(issue, position)
    for issue in issues.values():
        export.take_blocks(issue)
        export.take_history(issue)
    return found.document(sum(1 for line in lines if line.strip()))


class _Export:
    """The issues of one file, by their lower-case id."""

    def __init__(self, issues: dict[str, Issue], found: Imported) -> None:
        self.issues, self.found = issues, found
        self.parents = {key: link for key, issue in issues.items() for link in list(_links(issue, _PARENT))[:1]}

    def take_task(self, issue: Issue, position: int) -> None:
        status = TASK_STATUS[issue["status"]]
        parent = self.issues.get(self.parents.get(issue["id"].lower(), ""))
        self.take(
            "task", issue, status=status, workplan=self._epic_of(issue) or self.found.inbox,
            parent=parent["id"] if parent and not _is_epic(parent) else None, assignee=person(issue.get("assignee")),
            waiting_on=issue["status"] if status == "wait" else None, position=position,
        )  # fmt: skip

    def take(self, noun: str, issue: Issue, **row: Any) -> None:
        kept = {key: value for key, value in issue.items() if key not in _PLACED and value not in (None, "", [])}
        kept["dependencies"] = issue.get("dependencies") or []
        description = issue.get("description") or ""
        if not isinstance(description, str):
            kept["description"], description = description, ""
        if (assignee := issue.get("assignee")) and assignee != person(assignee):
            kept["assignee"] = assignee
        if lost := [comment for comment in _comments(issue) if not _told(comment)]:
            kept["comments"] = lost
        priority = min(4, max(0, issue.get("priority", 2)))
        if priority != issue.get("priority", 2):
            kept["priority"] = issue["priority"]
        self.found.add(
            noun, issue["id"], kept, code=issue["id"], title=issue["title"], labels=issue.get("labels") or [],
            description=description, priority=priority, **row,
        )  # fmt: skip

    def take_blocks(self, issue: Issue) -> None:
        """Between epics, and between tasks; one between the two kinds stays in detail."""
        for link in _links(issue, _BLOCKS):
            needed = self.issues.get(link)
            name = f"{issue['id']} → {needed['id'] if needed else link}"
            if needed is None:
                self.found.skip(name, "blocked by an issue that is not in the file; kept in detail")
            elif _is_epic(issue) != _is_epic(needed):
                self.found.skip(name, "blocks between an epic and a task; kept in detail")
            else:
                self.found.depend("workplan" if _is_epic(issue) else "task", issue["id"], needed["id"])

    def take_history(self, issue: Issue) -> None:
        noun = "workplan" if _is_epic(issue) else "task"
        code, name = issue["id"], f"{noun.capitalize()} {issue['id']}"
        self.found.event(noun, code, "created", f"{name} created: {issue['title']}", time(issue.get("created_at")))
        closed = f"{name} closed: {issue.get('close_reason') or issue['title']}"
        self.found.event(noun, code, "status", closed, time(issue.get("closed_at")))
        for comment in _comments(issue):
            if _told(comment):
                author = person(comment.get("author")) or f"{self.found.repo} (beads)"
                said = {"detail": comment, "author": author, "author_kind": "agent"}
                self.found.event(noun, code, "note", comment["text"].strip(), time(comment["created_at"]), **said)

    def _epic_of(self, issue: Issue) -> str | None:
        """The nearest epic above; a loop in the file ends the search."""
        seen: set[str] = set()
        key = issue["id"].lower()
        while (key := self.parents.get(key, "")) in self.issues and key not in seen:
            seen.add(key)
            if _is_epic(self.issues[key]):
                return str(self.issues[key]["id"])
        return None


def _issues(lines: list[str], found: Imported) -> Iterator[tuple[int, Issue]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            issue = json.loads(line)
        except (ValueError, RecursionError) as error:
            found.skip(f"line {number}", f"no JSON: {error}")
            continue
        if problem := unstorable(issue) or _problem(issue):
            found.skip(f"line {number}", problem)
        else:
            yield number, issue


def _problem(issue: Any) -> str | None:
    if not isinstance(issue, dict):
        return "not an object"
    for key in ("id", "title", "status"):
        if not isinstance(issue.get(key), str):
            return f"has no {key}"
    if issue["status"] not in TASK_STATUS:
        return f"unknown status {shown(issue['status'])!r}; known: {', '.join(TASK_STATUS)}"
    if type(issue.get("priority", 2)) is not int:
        return "priority is no number"
    if not isinstance(labels := issue.get("labels") or [], list) or not all(isinstance(label, str) for label in labels):
        return "labels are no texts"
    links = issue.get("dependencies") or []
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        return "dependencies are no objects"
    return problem_of_code("workplan" if _is_epic(issue) else "task", issue["id"])


def _is_epic(issue: Issue) -> bool:
    return issue.get("issue_type") == "epic"


def _links(issue: Issue, kind: str) -> Iterator[str]:
    for link in issue.get("dependencies") or ():
        if link.get("type") == kind and link.get("depends_on_id"):
            yield str(link["depends_on_id"]).lower()


def _comments(issue: Issue) -> list[Any]:
    comments = issue.get("comments") or []
    return comments if isinstance(comments, list) else [comments]


def _told(comment: Any) -> bool:
    """Whether it becomes an event; any other stays in detail."""
    if not isinstance(comment, dict) or not isinstance(comment.get("text"), str):
        return False
    return bool(comment["text"].strip() and time(comment.get("created_at")))
