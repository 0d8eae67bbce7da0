"""What a client may send."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ModelWrapValidatorHandler,
    PrivateAttr,
    RootModel,
    model_validator,
)

from statehub import authors
from statehub.vocabularies import (
    AuthorKind,
    DecisionStatus,
    DecisionType,
    EventType,
    LegacyKind,
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


def _utc(value: datetime) -> datetime:
    # PostgreSQL reads no offset beyond 15:59, RFC 3339 has them up to 23:59
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("takes the years 1 to 9999") from None


def _integral(value: object) -> object:
    # to JSON Schema, 2.0 is an integer
    return int(value) if isinstance(value, float) and value.is_integer() else value


# what is white differs between JSON Schema, Python and PostgreSQL: here is all of it
GIVEN = r"[^\s\u001c-\u001f\u0085\u180e\u200b\ufeff]"

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["state-hub"])]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["STATE-WP-0001"])]
TaskCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$", examples=["STATE-WP-0001-T01"])]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Person = Annotated[str, Field(min_length=1, max_length=200, pattern=GIVEN)]
Author = Annotated[str, Field(pattern=authors.PATTERN, examples=["ada"])]
Title = Annotated[str, Field(min_length=1, max_length=1000, pattern=GIVEN)]
Reference = Annotated[str, Field(min_length=1, max_length=120, description="a short name or an id")]
# a bound goes before what reads the value: behind it, JSON Schema is not told
Priority = Annotated[int, Field(ge=0, le=4, strict=True, description="0 most urgent … 4"), BeforeValidator(_integral)]
Position = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, strict=True), BeforeValidator(_integral)]
Labels = Annotated[list[Name], Field(max_length=100)]
Detail = dict[str, JsonValue]
ClaimSeq = Annotated[int, Field(ge=0, le=2**63 - 1, strict=True), BeforeValidator(_integral)]
MOST_AT_ONCE = 1000
MAX_LEASE_S = 604_800
LONGEST_WAIT_S = 55.0
Time = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_utc)]


def _given(*names: str, **schema: Any) -> dict[str, Any]:
    return {"required": list(names), "properties": {name: {"type": "string", **schema} for name in names}}


class Document(BaseModel):
    """A body. Fields are columns; what is left out keeps its value, or the database's default."""

    model_config = ConfigDict(extra="forbid", ser_json_timedelta="iso8601")

    author: Author | None = Field(None, description="who writes, where neither a token nor X-StateHub-Author says it")
    author_kind: AuthorKind | None = None

    def columns(self) -> dict[str, Any]:
        """The fields that were sent, as JSON; without the author, who is no column."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"author", "author_kind"})

    @property
    def older_words(self) -> bool:
        """Whether it was sent in words that have a successor."""
        return False


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


class WorkstreamPatch(WorkplanPatch):
    """A workplan under the older words; the others are taken too."""

    repo: Reference = Field("", validation_alias=AliasChoices("repo_id", "repo"))
    topic: Reference | None = Field(None, validation_alias=AliasChoices("topic_id", "topic"))


class WorkstreamCreate(WorkstreamPatch):
    repo: Reference = Field(validation_alias=AliasChoices("repo_id", "repo"))
    title: Title


class TaskColumns(Document):
    code: TaskCode = ""
    workplan: Reference = ""
    parent: Reference | None = None
    title: Title = ""
    description: str = ""
    status: TaskStatus = "todo"
    priority: Priority = 2
    assignee: Person | None = None
    waiting_on: str | None = None
    due_at: Time | None = None
    position: Position = 0
    labels: Labels = []
    detail: Detail = {}


class TaskPatch(TaskColumns):
    claim_seq: ClaimSeq | None = Field(
        None, description="the holder's: 409 once somebody else holds the task; renews the lease"
    )


def _with_workstream_id(schema: dict[str, Any]) -> None:
    older = {**schema["properties"]["workplan"], "title": "Workstream Id", "deprecated": True}
    schema["properties"]["workstream_id"] = older
    schema["required"].remove("workplan")
    schema["oneOf"] = [{"required": ["workplan"]}, {"required": ["workstream_id"]}]


class TaskCreate(TaskColumns):
    model_config = ConfigDict(json_schema_extra=_with_workstream_id)

    workplan: Reference
    title: Title
    _older_word: bool = PrivateAttr(default=False)

    @property
    def older_words(self) -> bool:
        """Whether it was sent with `workstream_id`."""
        return self._older_word

    @model_validator(mode="wrap")
    @classmethod
    def _take_the_older_word(cls, value: Any, validated: ModelWrapValidatorHandler[Self]) -> Self:
        older = isinstance(value, dict) and "workstream_id" in value and "workplan" not in value
        if older:
            value = {"workplan" if name == "workstream_id" else name: inner for name, inner in value.items()}
        made = validated(value)
        made._older_word = older
        return made


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
    decided_by: Person | None = None
    decided_at: Time | None = None
    due_at: Time | None = None
    superseded_by: Reference | None = None
    labels: Labels = []
    detail: Detail = {}


class DecisionCreate(DecisionPatch):
    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"anyOf": [_given("topic"), _given("workplan")], "description": "it is about something"},
                {
                    "anyOf": [
                        {
                            "properties": {
                                "decision_type": {"const": "pending"},
                                "status": {"enum": ["open", "escalated", "superseded"]},
                            }
                        },
                        _given("decision_type", "rationale", "decided_by", pattern=GIVEN),
                    ],
                    "description": "what is made says why, and by whom",
                },
                {
                    "anyOf": [
                        {"properties": {"superseded_by": {"type": "null"}}},
                        {"properties": {"status": {"enum": ["open", "superseded"]}}},
                    ],
                    "description": "what names its successor is superseded",
                },
            ]
        }
    )

    title: Title


class ProgressAppend(Document):
    event_type: EventType = "note"
    summary: Annotated[str, Field(min_length=1, max_length=2000, pattern=GIVEN)]
    detail: Detail = {}
    repo: Reference | None = None
    topic: Reference | None = None
    workplan: Reference | None = None
    task: Reference | None = None
    decision: Reference | None = None
    occurred_at: Time = Field(default_factory=lambda: datetime.now(UTC), description="now, unless told")


class ProgressBulk(RootModel[Annotated[list[ProgressAppend], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Events, all or nothing."""


class TaskBulk(RootModel[Annotated[list[TaskCreate], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Tasks, all or nothing."""


class _Synced(BaseModel):
    """A row of a sync. With `version` it is there, and was read at that; without it is new, and needs a title."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True), BeforeValidator(_integral)] | None = None
    title: Title = ""
    description: str = ""
    priority: Priority = 2
    due_at: Time | None = None
    labels: Labels = []
    depends_on: Annotated[list[Code], Field(max_length=MOST_AT_ONCE, description="the whole set, by code")] = []

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.version is None and not self.title:
            raise ValueError("a new row needs a title; one that is there needs the version that was read")
        return self


class SyncedTask(_Synced):
    code: Code | None = Field(None, description="a new task may leave it to the database")
    status: TaskStatus = "todo"
    assignee: Name | None = None
    waiting_on: str | None = None
    position: Position = 0

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.version is not None and self.code is None:
            raise ValueError("a task that is there needs its code")
        return self


class SyncedWorkplan(_Synced):
    code: Code
    topic: Reference | None = None
    owner: Name | None = None
    status: WorkplanStatus = "proposed"
    source_path: str | None = None
    sync_base: Detail | None = None
    tasks: list[SyncedTask] = []


class Sync(Document):
    """What a sync found. Fields that are left out keep their value."""

    workplans: Annotated[list[SyncedWorkplan], Field(max_length=10_000)]


class Resolve(Document):
    rationale: Annotated[str, Field(min_length=1, pattern=GIVEN)]
    decided_by: Person | None = Field(None, description="the author, where it is left out")


class Classify(Document):
    """`.repo-classification.yaml` as JSON; a key that is none of these is kept."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    schema_: Literal["repo-classification/v1.0"] = Field(alias="schema")
    slug: Slug
    name: Title
    category: RepoCategory
    domain: Slug
    capability_tags: Labels
    business_stake: Labels
    topic: Slug | None = None
    path: str | None = Field(None, description="where it is on this machine; no part of the file")
    remote_url: str | None = Field(None, description="no part of the file")

    def columns(self) -> dict[str, Any]:
        """The document as it was sent, without the author."""
        found = super().columns()
        return {"schema": found.pop("schema_"), **found}


class LegacyUse(Document):
    kind: LegacyKind
    name: Name


class LegacyInterface(LegacyUse):
    successor: Name
    sunset_at: Time | None = Field(None, description="when it ends, if that is known")
    retire_after_days: Annotated[int, Field(ge=1, le=3650, strict=True), BeforeValidator(_integral)] = Field(
        30, description="days without a use after which it may be removed"
    )


class Dependency(Document):
    depends_on: Reference


Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Agent(Document):
    """Who holds a task, or wants to; the author too, where no other is named."""

    agent: Annotated[str, Field(min_length=1, max_length=200, pattern=GIVEN, description="compared without case")]


class ClaimTask(Agent):
    task: Reference | None = Field(None, description="this one, or 409 with the reason; else the next that is ready")
    repo: Reference | None = None
    workplan: Reference | None = None
    domain: Name | None = None
    tags: Labels | None = Field(None, description="the repository's capability tags must contain all of them")
    max_priority: Priority | None = None
    lease_s: Annotated[Seconds, Field(gt=0, le=MAX_LEASE_S)] | None = Field(None, description="default: STATEHUB_LEASE")
    wait_s: Annotated[Seconds, Field(ge=0, le=LONGEST_WAIT_S)] = Field(
        0, description="wait so long for one to be ready"
    )


class Heartbeat(Agent):
    claim_seq: ClaimSeq
    lease_s: Annotated[Seconds, Field(gt=0, le=MAX_LEASE_S)] | None = Field(
        None, description="default: as it was taken for"
    )


class Release(Agent):
    claim_seq: ClaimSeq | None = Field(None, description="not needed with force")
    reason: Annotated[str, Field(max_length=2000)] | None = None
    force: bool = Field(False, strict=True, description="take the claim away from whoever holds it")


class Complete(Agent):
    claim_seq: ClaimSeq
    summary: Annotated[str, Field(max_length=20_000)] | None = Field(None, description="what was done")


class Import(Document):
    format: Literal["beads"]
    repo: Slug
    domain: Reference = "infotech"
    document: str
