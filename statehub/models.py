"""What a client may send."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, RootModel

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


def _rfc3339(value: object) -> object:
    # pydantic takes seconds since 1970 too, which a schema of date-time does not
    if not (isinstance(value, str) and "T" in value.upper()):
        raise ValueError("must be a time such as 2026-11-23T17:00:00Z")
    return value


def _integral(value: object) -> object:
    # to JSON Schema, 2.0 is an integer
    return int(value) if isinstance(value, float) and value.is_integer() else value


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["state-hub"])]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$", examples=["STATE-WP-0001"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Title = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Reference = Annotated[str, Field(min_length=1, max_length=120, description="a short name or an id")]
Priority = Annotated[int, BeforeValidator(_integral), Field(ge=0, le=4, strict=True, description="0 most urgent … 4")]
Position = Annotated[int, BeforeValidator(_integral), Field(ge=-(2**31), lt=2**31, strict=True)]
Labels = Annotated[list[Name], Field(max_length=100)]
Detail = dict[str, JsonValue]
MOST_AT_ONCE = 1000
Time = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]


class Document(BaseModel):
    """A body. Fields are columns; what is left out keeps its value, or the database's default."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="iso8601")

    author: Name | None = Field(None, description="who writes, where neither a token nor X-StateHub-Author says it")
    author_kind: AuthorKind | None = None

    def columns(self) -> dict[str, Any]:
        """The fields that were sent, as JSON; without the author, who is no column."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"author", "author_kind"})


class TopicPatch(Document):
    slug: Slug = ""
    title: Title = ""
    description: str = ""
    domain: Reference = ""
    status: TopicStatus = "active"


class TopicCreate(TopicPatch):
    slug: Slug
    title: Title
    domain: Reference


class RepoPatch(Document):
    slug: Slug = ""
    name: Title = ""
    path: str | None = None
    remote_url: str | None = None
    category: RepoCategory = "project"
    domain: Reference = ""
    capability_tags: Labels = []
    business_stake: Labels = []
    status: RepoStatus = "active"


class RepoCreate(RepoPatch):
    slug: Slug
    name: Title
    domain: Reference


class WorkplanPatch(Document):
    code: Code = ""
    repo: Reference = ""
    topic: Reference | None = None
    title: Title = ""
    description: str = ""
    owner: Name | None = None
    status: WorkplanStatus = "proposed"
    priority: Priority = 2
    due_at: Time | None = None
    labels: Labels = []
    detail: Detail = {}


class WorkplanCreate(WorkplanPatch):
    repo: Reference
    title: Title


class TaskPatch(Document):
    code: Code = ""
    workplan: Reference = ""
    parent: Reference | None = None
    title: Title = ""
    description: str = ""
    status: TaskStatus = "todo"
    priority: Priority = 2
    assignee: Name | None = None
    waiting_on: str | None = None
    due_at: Time | None = None
    position: Position = 0
    labels: Labels = []
    detail: Detail = {}


class TaskCreate(TaskPatch):
    workplan: Reference
    title: Title


class DecisionPatch(Document):
    code: Code = ""
    topic: Reference | None = None
    workplan: Reference | None = None
    title: Title = ""
    context: str = ""
    options: list[JsonValue] = []
    decision_type: DecisionType = "pending"
    status: DecisionStatus = "open"
    rationale: str | None = None
    decided_by: Name | None = None
    decided_at: Time | None = None
    due_at: Time | None = None
    superseded_by: Reference | None = None
    labels: Labels = []
    detail: Detail = {}


class DecisionCreate(DecisionPatch):
    title: Title


class ProgressAppend(Document):
    event_type: EventType = "note"
    summary: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
    detail: Detail = {}
    repo: Reference | None = None
    topic: Reference | None = None
    workplan: Reference | None = None
    task: Reference | None = None
    decision: Reference | None = None
    occurred_at: Time | None = None


class ProgressBulk(RootModel[Annotated[list[ProgressAppend], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Events, all or nothing."""


class TaskBulk(RootModel[Annotated[list[TaskCreate], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Tasks, all or nothing."""


class Resolve(Document):
    rationale: Annotated[str, Field(min_length=1, pattern=r"\S")]
    decided_by: Name | None = Field(None, description="the author, where it is left out")


class Dependency(Document):
    depends_on: Reference


class Import(Document):
    format: Literal["beads"]
    repo: Slug
    domain: Reference = "infotech"
    document: str
