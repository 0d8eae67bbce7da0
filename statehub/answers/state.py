"""The state as a whole: problems, health, the summary, changes, what was searched for."""

from typing import Any, Literal

from typing_extensions import TypedDict

from statehub.answers.rows import Event, TaskCounts, Time
from statehub.vocabularies import AuthorKind, DecisionStatus, EventType, FollowedKind, TopicStatus, WorkplanStatus


class Problem(TypedDict, total=False):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list["Fault"]


class Fault(TypedDict):
    """What is wrong where; `pointer` is a JSON pointer into the body."""

    pointer: str
    detail: str


class Health(TypedDict):
    status: Literal["ok"]
    database: Literal["up"]
    version: str


class Sick(TypedDict):
    status: Literal["error"]
    database: Literal["down"]
    detail: str
    version: str


class Readiness(TypedDict, total=False):
    """`ledger_pending`, `unsettled` and `tables` (the revision of each) are missing when the database is away."""

    status: Literal["ready", "degraded", "not ready"]
    problems: list[str]
    version: str
    listener: Literal["up", "down", "off"]
    verified_age_s: float | None
    revision: dict[str, Any]
    ledger_pending: int
    unsettled: int
    tables: dict[str, int]


class SummaryTask(TypedDict):
    code: str
    title: str
    workplan: str
    repo: str
    priority: int
    assignee: str | None
    waiting_on: str | None
    updated_at: Time


class SummaryDecision(TypedDict):
    code: str
    title: str
    topic: str | None
    workplan: str | None
    status: DecisionStatus
    escalation_note: str | None
    due_at: Time | None
    created_at: Time


class SummaryEvent(TypedDict):
    id: int
    event_type: EventType
    summary: str
    author: str
    author_kind: AuthorKind
    repo: str | None
    topic: str | None
    workplan: str | None
    task: str | None
    decision: str | None
    created_at: Time
    occurred_at: Time


class WorkplanStub(TypedDict):
    code: str
    title: str
    status: WorkplanStatus
    tasks: TaskCounts


class OpenWorkplan(WorkplanStub):
    repo: str
    topic: str | None
    domain: str
    owner: str | None
    priority: int
    due_at: Time | None


class SummaryTopic(TypedDict):
    id: str
    slug: str
    title: str
    domain: str
    status: TopicStatus
    workstreams: list[WorkplanStub]


class Revision(TypedDict):
    """What the summary is labelled with."""

    token: str
    core: int
    progress: int


class Truncated(TypedDict):
    """A list that was cut: how many there are, and the link that pages through them."""

    total: int
    href: str


class Totals(TypedDict):
    """Rows by status, and `total`."""

    topics: dict[str, int]
    workstreams: dict[str, int]
    tasks: dict[str, int]
    decisions: dict[str, int]


class Summary(TypedDict):
    """The whole picture. The keys keep the older word workstream."""

    schema: Literal["statehub/summary/1"]
    generated_at: Time
    revision: Revision
    totals: Totals
    topics: list[SummaryTopic]
    blocking_decisions: list[SummaryDecision]
    waiting_tasks: list[SummaryTask]
    open_workstreams: list[OpenWorkplan]
    recent_progress: list[SummaryEvent]
    truncated: dict[str, Truncated]


class Changed(TypedDict):
    """The state is past the token that was asked for."""

    token: str
    sections: list[Literal["core", "progress"]]


class Message(TypedDict):
    """A Server-Sent Event; `data` is JSON: {"section", "revision"}."""

    event: Literal["change"]
    id: str
    data: str


class Changes(TypedDict):
    """Events since a token; ask for the next ones with `token`, or for the rest of these with `next_cursor`."""

    items: list[Event]
    token: str
    next_cursor: str | None


class Highlight(TypedDict):
    """Where a hit matches: `parts` are plain text, by turns not matched and matched, the first not."""

    field: str
    parts: list[str]


class Hit(TypedDict):
    """A row that was found; `href` is its path in this API, `at` when it last changed or, an event, happened."""

    kind: FollowedKind
    name: str
    title: str
    status: str | None
    repo: str | None
    workplan: str | None
    at: Time
    href: str
    rank: float
    highlight: Highlight
