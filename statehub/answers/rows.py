"""Rows as they are served, and pages of them."""

from typing import Any, Generic, TypeVar

from typing_extensions import TypedDict

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

Time = str
"""RFC 3339, UTC."""

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None


class Items(TypedDict, Generic[T]):
    """Rows that were written at once."""

    items: list[T]


class Row(TypedDict):
    """What every entity has."""

    version: int
    created_at: Time
    updated_at: Time


class Domain(Row):
    id: str
    slug: str
    name: str
    description: str


class Topic(Row):
    id: str
    slug: str
    title: str
    description: str
    domain: str
    status: TopicStatus


class Repo(Row):
    id: str
    slug: str
    name: str
    path: str | None
    remote_url: str | None
    category: RepoCategory
    domain: str
    capability_tags: list[str]
    business_stake: list[str]
    classification: dict[str, Any] | None
    classification_version: str | None
    status: RepoStatus
    last_synced_at: Time | None


class TaskCounts(TypedDict):
    """Tasks of a workplan."""

    done: int
    total: int


class Workplan(Row):
    id: str
    code: str
    repo: str
    topic: str | None
    domain: str
    title: str
    description: str
    owner: str | None
    status: WorkplanStatus
    priority: int
    due_at: Time | None
    labels: list[str]
    detail: dict[str, Any]
    source_path: str | None
    depends_on: list[str]
    tasks: TaskCounts
    finishable: bool


class Workstream(Workplan):
    """A workplan under the older words, beside the usual ones."""

    workstream_id: str
    repo_id: str
    topic_id: str | None


class Task(Row):
    id: str
    code: str
    workplan: str
    repo: str
    parent: str | None
    title: str
    description: str
    status: TaskStatus
    priority: int
    assignee: str | None
    waiting_on: str | None
    due_at: Time | None
    position: int
    labels: list[str]
    detail: dict[str, Any]
    depends_on: list[str]


class Blocked(Task):
    """A task that waits, or that is todo and has a dependency that is not done."""

    reason: str


class Decision(Row):
    id: str
    code: str
    topic: str | None
    workplan: str | None
    title: str
    context: str
    options: list[Any]
    decision_type: DecisionType
    status: DecisionStatus
    rationale: str | None
    decided_by: str | None
    decided_at: Time | None
    due_at: Time | None
    escalation_note: str | None
    superseded_by: str | None
    labels: list[str]
    detail: dict[str, Any]


class Event(TypedDict):
    id: int
    event_type: EventType
    summary: str
    detail: dict[str, Any]
    author: str
    author_kind: AuthorKind
    repo: str | None
    topic: str | None
    workplan: str | None
    task: str | None
    decision: str | None
    created_at: Time
    occurred_at: Time


class Stub(TypedDict):
    """A row that another one waits for."""

    code: str
    title: str
    status: str
    repo: str


class Dependencies(TypedDict):
    """What a row waits for, and what waits for it."""

    items: list[Stub]
    dependents: list[Stub]
