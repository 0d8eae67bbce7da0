"""The kinds of rows as nouns of `custodian`: what each is called, what it can be asked for and given. Data only.

Tested against the API's own filters and documents, which would cost a command its start to import.
"""

from dataclasses import dataclass
from typing import Any

from statehub.vocabularies import (
    AuthorKind,
    DecisionStatus,
    DecisionType,
    EventType,
    RepoCategory,
    RepoStatus,
    TaskStatus,
    TopicStatus,
    WorkplanStatus,
)

TEXT, PROSE, NUMBER, PRIORITY, TIME, DUE, LABELS, JSON = (
    "text", "prose", "number", "priority", "time", "due", "labels", "json",
)  # fmt: skip
SHORT = {
    "due_at": "due", "labels": "label", "capability_tags": "tag", "business_stake": "stake", "options": "option",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column as an option: `kind` is one of the words above, or a vocabulary."""

    name: str
    kind: Any
    help: str

    @property
    def option(self) -> str:
        """How it is written."""
        return "--" + SHORT.get(self.name, self.name).replace("_", "-")


@dataclass(frozen=True)
class Noun:
    """`path` of its rows. `name`: the column that names a row; `named` is what `add` takes first.

    `shown`: columns of a list, the most needed first; `flexible` gives way. `needed`: what `add` cannot do without.
    """

    word: str
    path: str
    about: str
    name: str
    named: str
    shown: tuple[str, ...]
    flexible: str
    filters: tuple[Column, ...]
    columns: tuple[Column, ...]
    needed: tuple[str, ...]
    sorts: tuple[str, ...]
    example: str
    example_changes: str = ""

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be done with it."""
        return ("list", "show", "note") if self.word == "progress" else ("list", "show", "add", "set")


def _filters(**kinds: Any) -> tuple[Column, ...]:
    helps = {"since": "Changed at or after: a date, or a time.", "until": "Changed before."}
    return tuple(
        Column(name, kind, helps.get(name, f"Of this {name.replace('_', ' ')}; several: any of them."))
        for name, kind in kinds.items()
    )


def _columns(**columns: tuple[Any, str]) -> tuple[Column, ...]:
    return tuple(Column(name, kind, text) for name, (kind, text) in columns.items())


_CHANGED = {"since": TIME, "until": TIME}
_ORDERS = ("created_at", "updated_at")
_LABELS = (LABELS, "A label; several by giving it again. They replace those that were there.")
_DETAIL = (JSON, "More, as a JSON object; it replaces what was there.")
_DUE = (DUE, "Due: 2026-12-01 (its end, in UTC), or a time such as 2026-12-01T12:00:00Z.")
_PRIORITY = (PRIORITY, "0 is most urgent, 4 least.")

TASK = Noun(
    "task", "tasks", "Tasks: what is to be done, in a workplan.", "code", "title",
    ("code", "status", "priority", "title", "assignee", "due_at", "workplan"), "title",
    _filters(
        code=TEXT, workplan=TEXT, repo=TEXT, topic=TEXT, domain=TEXT, parent=TEXT, assignee=TEXT, status=TaskStatus,
        priority=PRIORITY, label=TEXT, **_CHANGED,
    ),
    _columns(
        workplan=(TEXT, "Code of its workplan."), title=(TEXT, "What is to be done."),
        description=(PROSE, "All about it; - reads stdin."), status=(TaskStatus, "Where it stands."),
        priority=_PRIORITY, assignee=(TEXT, "Who is to do it."), waiting_on=(TEXT, "What it waits for."), due_at=_DUE,
        parent=(TEXT, "Code of the task that it is a part of."), position=(NUMBER, "Its place among equals."),
        labels=_LABELS, code=(TEXT, "Its code; else the next of the workplan."), detail=_DETAIL,
    ),
    ("workplan",), (*_ORDERS, "code", "priority", "due_at"),
    'add "Measure it" --workplan MY-REPO-WP-0001 --priority 1', "MY-REPO-WP-0001-T01 --status wait --waiting-on ada",
)  # fmt: skip
WORKPLAN = Noun(
    "workplan", "workplans", "Workplans: tasks of a repository that belong together.", "code", "title",
    ("code", "status", "tasks", "title", "owner", "due_at", "repo"), "title",
    _filters(
        code=TEXT, repo=TEXT, topic=TEXT, domain=TEXT, owner=TEXT, status=WorkplanStatus, priority=PRIORITY, label=TEXT,
        **_CHANGED,
    ),
    _columns(
        repo=(TEXT, "Slug of its repository."), title=(TEXT, "What it is about."),
        description=(PROSE, "All about it; - reads stdin."), topic=(TEXT, "Slug of its topic."),
        owner=(TEXT, "Whose it is."),
        status=(WorkplanStatus, "Where it stands; tasks of ready and active plans are handed out."),
        priority=_PRIORITY, due_at=_DUE, labels=_LABELS, code=(TEXT, "Its code; else the next of the repository."),
        detail=_DETAIL,
    ),
    ("repo",), (*_ORDERS, "code", "priority", "due_at"),
    'add "Make it fast" --repo my-repo --status ready', "MY-REPO-WP-0001 --status active --owner ada",
)  # fmt: skip
DECISION = Noun(
    "decision", "decisions", "Decisions: questions to a person, and what was decided.", "code", "title",
    ("code", "status", "title", "due_at", "decided_by", "workplan"), "title",
    _filters(
        code=TEXT, repo=TEXT, topic=TEXT, workplan=TEXT, decision_type=DecisionType, status=DecisionStatus,
        decided_by=TEXT, label=TEXT, **_CHANGED,
    ),
    _columns(
        title=(TEXT, "The question."), context=(PROSE, "What one must know to answer; - reads stdin."),
        options=(LABELS, "A possible answer; several by giving it again."), topic=(TEXT, "Slug of its topic."),
        workplan=(TEXT, "Code of the workplan that needs it; this, a topic, or both."), due_at=_DUE,
        decision_type=(DecisionType, "Pending, or made already: that takes a rationale."),
        status=(DecisionStatus, "Where it stands."), rationale=(PROSE, "Why it was decided so; - reads stdin."),
        decided_by=(TEXT, "Who decided."), decided_at=(TIME, "When it was decided."),
        superseded_by=(TEXT, "Code of the decision that took its place."), labels=_LABELS,
        code=(TEXT, "Its code; else the next."), detail=_DETAIL,
    ),
    (), (*_ORDERS, "code", "due_at"),
    'add "Which database?" --workplan MY-REPO-WP-0001 --option PostgreSQL --option SQLite', "DEC-0001 --due 2026-12-24",
)  # fmt: skip
TOPIC = Noun(
    "topic", "topics", "Topics: what workplans and decisions are about, across repositories.", "slug", "slug",
    ("slug", "status", "title", "domain"), "title",
    _filters(slug=TEXT, domain=TEXT, status=TopicStatus, **_CHANGED),
    _columns(
        slug=(TEXT, "Its short name."), title=(TEXT, "Its name."), domain=(TEXT, "Slug of its domain."),
        description=(PROSE, "All about it; - reads stdin."), status=(TopicStatus, "Whether it is in use."),
    ),
    ("title", "domain"), (*_ORDERS, "slug"),
    'add search --title "Search" --domain infotech', "search --status paused",
)  # fmt: skip
REPO = Noun(
    "repo", "repos", "Repositories that the hub knows.", "slug", "slug",
    ("slug", "status", "category", "name", "domain", "path"), "name",
    _filters(slug=TEXT, domain=TEXT, status=RepoStatus, category=RepoCategory, tag=TEXT, **_CHANGED),
    _columns(
        slug=(TEXT, "Its short name."), name=(TEXT, "Its name."), domain=(TEXT, "Slug of its market domain."),
        path=(TEXT, "Where it is on this machine."), remote_url=(TEXT, "Where it is cloned from."),
        category=(RepoCategory, "What kind of thing it is."),
        capability_tags=(LABELS, "A capability; several by giving it again. They replace those that were there."),
        business_stake=(LABELS, "A stake; several by giving it again. They replace those that were there."),
        status=(RepoStatus, "Whether it is in use."),
    ),
    ("name", "domain"), (*_ORDERS, "slug"),
    'add my-repo --name "My repo" --domain infotech', "my-repo --category tooling --tag mcp",
)  # fmt: skip
PROGRESS = Noun(
    "progress", "progress", "The log of what happened: it is read and added to, never changed.", "id", "summary",
    ("id", "occurred_at", "author", "event_type", "summary", "repo", "workplan"), "summary",
    _filters(
        event_type=EventType, author=TEXT, author_kind=AuthorKind, repo=TEXT, topic=TEXT, workplan=TEXT, task=TEXT,
        decision=TEXT, since=TIME, until=TIME,
    ),
    _columns(
        summary=(TEXT, "What happened."), event_type=(EventType, "What kind of event; a note unless told."),
        task=(TEXT, "Code of the task it is about."), workplan=(TEXT, "Code of the workplan it is about."),
        decision=(TEXT, "Code of the decision it is about."), repo=(TEXT, "Slug of the repository it is about."),
        topic=(TEXT, "Slug of the topic it is about."), occurred_at=(TIME, "When it happened; now unless told."),
        detail=_DETAIL,
    ),
    (), ("id", "occurred_at"), 'note "3 ms, was 40" --task MY-REPO-WP-0001-T01',
)  # fmt: skip
NOUNS = (TASK, WORKPLAN, DECISION, TOPIC, REPO, PROGRESS)
