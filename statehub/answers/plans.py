"""What a sync reads and writes, and what an import did."""

from typing import Any

from typing_extensions import TypedDict

from statehub.answers.rows import Time
from statehub.vocabularies import TaskStatus, WorkplanStatus


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
    decisions: ImportCounts
    dependencies: ImportCounts
    events: ImportCounts
    skipped: list[Skipped]


class HubImported(TypedDict):
    """Whether the rows of an exported hub went in, or were here already; and how many of each kind there are."""

    created: bool
    counts: dict[str, int]
