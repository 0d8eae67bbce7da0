"""Claims, and why a task is ready or not."""

from typing_extensions import TypedDict

from statehub.answers.rows import Task, Time
from statehub.vocabularies import TaskStatus


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
