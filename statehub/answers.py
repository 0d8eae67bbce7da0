"""What the hub answers, as types: for the OpenAPI document, and for whoever writes a client."""

from typing import Any, Generic, Literal, TypeVar

from typing_extensions import TypedDict

from statehub.vocabularies import (
    AuthorKind,
    DecisionStatus,
    DecisionType,
    EventType,
    FollowedKind,
    LegacyKind,
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


class Claimed(TypedDict):
    """A task, and the number that all writes under this claim carry."""

    task: Task
    claim_seq: int
    claimed_at: Time
    lease_expires_at: Time


class Renewed(TypedDict):
    """A lease."""

    task: str
    claim_seq: int
    lease_expires_at: Time


class Completed(TypedDict):
    """The task, and the codes of those that became ready."""

    task: Task
    unblocked: list[str]


class Claim(TypedDict):
    """Who holds a task; also after the lease ran out, until somebody takes over."""

    task: str
    title: str
    repo: str
    workplan: str
    status: TaskStatus
    claimed_by: str
    claim_seq: int
    claimed_at: Time
    lease_expires_at: Time
    expired: bool


class Holder(TypedDict):
    """The claim of a task."""

    claimed_by: str
    claim_seq: int
    claimed_at: Time
    lease_expires_at: Time
    expired: bool


class Named(TypedDict):
    """A row that is in the way, or its workplan."""

    code: str
    title: str
    status: str


class Why(TypedDict):
    """Why a task is ready or is not: a sentence for each obstacle, or that there is none."""

    task: str
    title: str
    status: TaskStatus
    ready: bool
    why: list[str]
    assignee: str | None
    waiting_on: str | None
    workplan: Named
    claim: Holder | None
    open_dependencies: list[Named]
    open_workplan_dependencies: list[Named]


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


class PlannedTask(TypedDict):
    """A task as a sync reads it."""

    code: str
    title: str
    status: TaskStatus
    assignee: str | None
    waiting_on: str | None
    priority: int
    depends_on: list[str]
    position: int
    version: int


class Plan(TypedDict):
    """A workplan as a sync reads it; `synced`: it has come from a file before."""

    code: str
    title: str
    status: WorkplanStatus
    owner: str | None
    topic: str | None
    depends_on: list[str]
    synced: bool
    source_path: str | None
    sync_base: dict[str, Any] | None
    version: int
    tasks: list[PlannedTask]


class Plans(TypedDict):
    """All plans of a repository."""

    repo: str
    last_synced_at: Time | None
    workplans: list[Plan]


class SyncedTask(TypedDict):
    code: str
    version: int


class SyncedWorkplan(SyncedTask):
    tasks: list[SyncedTask]


class SyncCounts(TypedDict):
    """What a sync changed."""

    workplans_created: int
    workplans_updated: int
    tasks_created: int
    tasks_updated: int
    dependencies_added: int
    dependencies_removed: int


class Synced(TypedDict):
    """What a sync did; codes and versions in the order of the batch."""

    repo: str
    last_synced_at: Time | None
    counts: SyncCounts
    workplans: list[SyncedWorkplan]


class CallerUses(TypedDict):
    """Uses of a legacy interface, by day (UTC) and caller."""

    used_on: str
    caller: str
    uses: int


class LegacyInterface(Row):
    """A legacy interface as reviewed; `uses` of the last 90 days, `why` in a sentence."""

    id: str
    kind: LegacyKind
    name: str
    successor: str
    sunset_at: Time | None
    retire_after_days: int
    total: int
    last_used_at: Time | None
    may_retire: bool
    why: str
    uses: list[CallerUses]


class LegacyUse(CallerUses):
    """A use that was recorded, and what to use instead."""

    kind: LegacyKind
    name: str
    successor: str
    sunset_at: Time | None


class ImportCounts(TypedDict):
    """What happened to one kind of row."""

    created: int
    updated: int
    unchanged: int
    skipped: int


class Skipped(TypedDict):
    """What was left out of an import, and why."""

    name: str
    why: str


class ImportResult(TypedDict):
    """What an import did."""

    format: str
    repo: str
    read: int
    workplans: ImportCounts
    tasks: ImportCounts
    dependencies: ImportCounts
    events: ImportCounts
    skipped: list[Skipped]
