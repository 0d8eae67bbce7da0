"""Whole repositories: classification, sync, import."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from statehub.models.fields import (
    MOST_AT_ONCE,
    Code,
    Detail,
    Document,
    Labels,
    Name,
    Person,
    Position,
    Priority,
    Reference,
    Slug,
    TaskCode,
    Time,
    Title,
    _given,
    _integral,
)
from statehub.vocabularies import RepoCategory, TaskStatus, WorkplanStatus

ImportFormat = Literal["beads", "taskmaster", "backlog"]


class _Synced(BaseModel):
    """A row of a sync. With `version` it is there, and was read at that; without it is new, and needs a title."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"anyOf": [{"required": ["title"]}, _given("version", type="integer")]}
    )

    version: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True), BeforeValidator(_integral)] | None = None
    title: Title = ""
    description: str = ""
    priority: Priority = 2
    due_at: Time | None = None
    labels: Labels = Field(default_factory=list)
    depends_on: Annotated[list[TaskCode], Field(max_length=MOST_AT_ONCE, description="the whole set, by code")] = []
    depends_on_read: Annotated[
        list[TaskCode] | None,
        Field(max_length=MOST_AT_ONCE, description="the set that was read: what others added or took since then stays"),
    ] = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.version is None and not self.title:
            raise ValueError("a new row needs a title; one that is there needs the version that was read")
        return self


class SyncedTask(_Synced):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["title"], "properties": {"version": {"type": "null"}}},
                {
                    "required": ["version", "code"],
                    "properties": {"version": {"type": "integer"}, "code": {"type": "string"}},
                },
            ]
        }
    )

    code: TaskCode | None = Field(None, description="a new task may leave it to the database")
    status: TaskStatus = "todo"
    assignee: Person | None = None
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


class Import(Document):
    """What another tool kept; the document is its file as text, for `backlog` an object of path → text."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"format": {"enum": ["beads", "taskmaster"]}, "document": {"type": "string"}}},
                {"properties": {"format": {"enum": ["backlog"]}, "document": {"type": "object"}}},
            ]
        }
    )

    format: ImportFormat
    repo: Slug
    domain: Reference = "infotech"
    document: str | dict[str, str]
    dry_run: bool = Field(False, description="tell what would happen, and change nothing")

    @model_validator(mode="after")
    def _is_of_its_format(self) -> Self:
        if isinstance(self.document, dict) != (self.format == "backlog"):
            takes = "an object of path → text" if self.format == "backlog" else "the file as text"
            raise ValueError(f"the document of {self.format} is {takes}")
        return self


class ImportHub(Document):
    """The whole text of an export."""

    document: str
