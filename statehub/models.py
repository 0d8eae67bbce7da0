"""What a client may send. Vocabularies are tested against the types in SQL, where they are written."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

TopicStatus = Literal["active", "paused", "archived"]
RepoStatus = Literal["active", "archived"]
RepoCategory = Literal["experimental", "research", "project", "tooling", "product", "business"]
WorkplanStatus = Literal["proposed", "ready", "active", "blocked", "backlog", "finished", "archived"]
TaskStatus = Literal["wait", "todo", "progress", "done", "cancel"]
DecisionType = Literal["pending", "made"]
DecisionStatus = Literal["open", "resolved", "escalated", "superseded"]
AuthorKind = Literal["human", "agent", "system"]
EventType = Literal[
    "note", "milestone", "created", "changed", "status", "claim", "release", "takeover", "decision", "import",
    "sync", "registration",
]  # fmt: skip

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["state-hub"])]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$", examples=["STATE-WP-0001"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Title = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Reference = Annotated[str, Field(min_length=1, max_length=120, description="a short name or an id")]
Priority = Annotated[int, Field(ge=0, le=4, strict=True, description="0 most urgent … 4")]
Position = Annotated[int, Field(ge=-(2**31), lt=2**31, strict=True)]
Labels = Annotated[list[Name], Field(max_length=100)]
Detail = dict[str, JsonValue]
Time = AwareDatetime


class Document(BaseModel):
    """A body. Fields are columns; what is left out keeps its value, or the database's default."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="iso8601")

    def columns(self) -> dict[str, Any]:
        """The fields that were sent, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


class TopicPatch(Document):
    slug: Slug = ""
    title: Title = ""
    description: str = ""
    domain: Slug = ""
    status: TopicStatus = "active"


class TopicCreate(TopicPatch):
    slug: Slug
    title: Title
    domain: Slug


class RepoPatch(Document):
    slug: Slug = ""
    name: Title = ""
    path: str | None = None
    remote_url: str | None = None
    category: RepoCategory = "project"
    domain: Slug = ""
    capability_tags: Labels = []
    business_stake: Labels = []
    status: RepoStatus = "active"


class RepoCreate(RepoPatch):
    slug: Slug
    name: Title
    domain: Slug


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
    author: Name | None = None
    author_kind: AuthorKind = "agent"
    repo: Reference | None = None
    topic: Reference | None = None
    workplan: Reference | None = None
    task: Reference | None = None
    decision: Reference | None = None
    occurred_at: Time | None = None


class Import(Document):
    format: Literal["beads"]
    repo: Slug
    domain: Slug = "infotech"
    document: str
