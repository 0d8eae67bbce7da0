"""What a read can be asked for: query parameters as models. Tested against `list_filters` and `list_sorts` in SQL."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from statehub import answers
from statehub.models import LONGEST_WAIT_S, Priority, Time
from statehub.vocabularies import (
    AuthorKind,
    DecisionStatus,
    DecisionType,
    EventType,
    FollowedKind,
    RepoCategory,
    RepoStatus,
    TaskStatus,
    TopicStatus,
    WorkplanStatus,
)

MOST = 500


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,9}", value):
        raise ValueError("must be a whole number")
    return int(value) if isinstance(value, str) else value


def _limit(value: object) -> object:
    if isinstance(value, str) and not (re.fullmatch("[0-9]{1,8}", value) and 1 <= int(value) <= MOST):
        raise ValueError(f"takes 1 to {MOST}")
    return int(value) if isinstance(value, str) else value


def _sections(text: str) -> str:
    if not set(text.split(",")) <= {"core", "progress"}:
        raise ValueError("takes core, progress, or both with a comma")
    return text


Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(default_factory=list)]
Priorities = Annotated[list[Annotated[Priority, BeforeValidator(_whole)]], Field(default_factory=list)]
Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_limit)]
Cursor = Annotated[str, Field(description="next_cursor of the page before")]
Word = Annotated[str, Field(min_length=1, max_length=200)]
TokenText = Annotated[
    str, Field(description="a revision token, from X-StateHub-Revision or from revision.token of the summary")
]


class Query(BaseModel):
    """Query parameters. Unknown ones are refused, by name."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """A page of a list; `row` is what stands in it, `path` where."""

    row: ClassVar[type]
    path: ClassVar[str]
    fields: str | None = Field(None, description="columns to return, with commas; all, when it is left out")
    limit: Limit = 50
    cursor: Cursor | None = None

    @classmethod
    def columns(cls) -> list[str]:
        """What a row has, as it is served."""
        last = get_type_hints(answers.Row)
        return sorted(get_type_hints(cls.row), key=lambda name: name in last)

    def filters(self) -> dict[str, list[Any]]:
        """Column to values, any of which will do."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        moments = {name: [value.isoformat()] for name, value in found.items() if isinstance(value, datetime)}
        return moments | {name: value for name, value in found.items() if isinstance(value, list) and value}


class ChangedQuery(ListQuery):
    since: Time | None = Field(None, description="changed at or after")
    until: Time | None = Field(None, description="changed before")


class DomainList(ListQuery):
    row, path = answers.Domain, "domains"
    slug: Names
    sort: Literal["slug", "-slug"] = "slug"


class TopicList(ChangedQuery):
    row, path = answers.Topic, "topics"
    slug: Names
    domain: Names
    status: list[TopicStatus] = []
    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at", "slug", "-slug"] = "created_at"


class RepoList(ChangedQuery):
    row, path = answers.Repo, "repos"
    slug: Names
    domain: Names
    status: list[RepoStatus] = []
    category: list[RepoCategory] = []
    tag: Names
    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at", "slug", "-slug"] = "created_at"


Sort = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "code", "-code",
    "priority", "-priority", "due_at", "-due_at",
]  # fmt: skip


class WorkplanList(ChangedQuery):
    row: ClassVar[type] = answers.Workplan
    path = "workplans"
    code: Names
    repo: Names
    topic: Names
    domain: Names
    owner: Names
    status: list[WorkplanStatus] = []
    priority: Priorities
    label: Names
    sort: Sort = "created_at"


class WorkstreamList(WorkplanList):
    row, path = answers.Workstream, "workstreams"
    workstream_id: Names
    repo_id: Names
    topic_id: Names


class TaskList(ChangedQuery):
    row, path = answers.Task, "tasks"
    code: Names
    workplan: Names
    repo: Names
    topic: Names
    domain: Names
    parent: Names
    assignee: Names
    status: list[TaskStatus] = []
    priority: Priorities
    label: Names
    sort: Sort = "created_at"


class DecisionList(ChangedQuery):
    row, path = answers.Decision, "decisions"
    code: Names
    repo: Names
    topic: Names
    workplan: Names
    decision_type: list[DecisionType] = []
    status: list[DecisionStatus] = []
    decided_by: Names
    label: Names
    sort: Literal[
        "created_at", "-created_at", "updated_at", "-updated_at", "code", "-code", "due_at", "-due_at"
    ] = "created_at"  # fmt: skip


class ProgressList(ListQuery):
    row, path = answers.Event, "progress"
    event_type: list[EventType] = []
    author: Names
    author_kind: list[AuthorKind] = []
    repo: Names
    topic: Names
    workplan: Names
    task: Names
    decision: Names
    since: Time | None = Field(None, description="occurred at or after")
    until: Time | None = Field(None, description="occurred before")
    sort: Literal["id", "-id", "occurred_at", "-occurred_at"] = "-id"


class FollowQuery(Query):
    """Which changes are told: all, or those of this section, repo, workplan, author, kind of row."""

    section: Annotated[str, AfterValidator(_sections)] = Field(
        "core,progress", json_schema_extra={"enum": ["core", "progress", "core,progress", "progress,core"]}
    )
    repo: Word | None = None
    workplan: Word | None = None
    author: Word | None = None
    kind: FollowedKind | None = None


class WaitQuery(FollowQuery):
    since: TokenText
    timeout: float = Field(25.0, ge=0, le=LONGEST_WAIT_S, description="seconds", allow_inf_nan=False)


class ChangesQuery(Query):
    since: TokenText
    limit: Limit = 100
    cursor: Cursor | None = None


class ReadyQuery(Query):
    agent: Word | None = Field(None, description="leave out what is assigned to others")
    repo: Word | None = None
    workplan: Word | None = None
    domain: Word | None = None
    tag: Names
    max_priority: Annotated[Priority, BeforeValidator(_whole)] | None = None
    limit: Limit = 50


class BlockedQuery(Query):
    repo: Word | None = None
    workplan: Word | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class ClaimsQuery(Query):
    agent: Word | None = None
    repo: Word | None = None
    limit: Limit = 50


class SearchQuery(Query):
    """Words are all needed; "a phrase", or, -without; the last word also as a beginning. Codes are words too."""

    q: Annotated[str, Field(min_length=1, max_length=500)]
    kind: list[FollowedKind] = []
    repo: Names
    status: Names
    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)] = 20
    cursor: Cursor | None = None


class VolumeQuery(Query):
    """Events of the last so many days (UTC), today being the last of them."""

    days: Annotated[int, Field(ge=1, le=90), BeforeValidator(_whole)] = 30
    by: Literal["author_kind", "event_type"] = "author_kind"


class VelocityQuery(Query):
    """Decisions of the last so many weeks (from Monday, UTC), this one being the last of them."""

    weeks: Annotated[int, Field(ge=1, le=53), BeforeValidator(_whole)] = 12


class ContextQuery(Query):
    """`repo`: slug or id; without one, what is going on in all of them. `budget`: characters."""

    repo: Word | None = None
    budget: Annotated[int, Field(ge=500, le=9500, description="characters"), BeforeValidator(_whole)] = 9500


LISTS = (DomainList, TopicList, RepoList, WorkplanList, WorkstreamList, TaskList, DecisionList, ProgressList)
