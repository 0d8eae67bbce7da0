"""Topics, repos, workplans, decisions, events."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, RootModel

from statehub.models.fields import (
    GIVEN,
    MOST_AT_ONCE,
    Code,
    Detail,
    Document,
    Labels,
    Name,
    Person,
    Priority,
    Reference,
    Slug,
    Time,
    Title,
    _given,
)
from statehub.vocabularies import (
    DecisionStatus,
    DecisionType,
    EventType,
    RepoCategory,
    RepoStatus,
    TopicStatus,
    WorkplanStatus,
)


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
    capability_tags: Labels = Field(default_factory=list)
    business_stake: Labels = Field(default_factory=list)
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
    labels: Labels = Field(default_factory=list)
    detail: Detail = Field(default_factory=dict)


class WorkplanCreate(WorkplanPatch):
    repo: Reference
    title: Title


class DecisionPatch(Document):
    code: Code = ""
    topic: Reference | None = None
    workplan: Reference | None = None
    title: Title = ""
    context: str = ""
    options: list[JsonValue] = Field(default_factory=list)
    decision_type: DecisionType = "pending"
    status: DecisionStatus = "open"
    rationale: str | None = None
    decided_by: Person | None = None
    decided_at: Time | None = None
    due_at: Time | None = None
    superseded_by: Reference | None = None
    labels: Labels = Field(default_factory=list)
    detail: Detail = Field(default_factory=dict)


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
                        {
                            "allOf": [
                                {"required": ["decision_type"], "properties": {"decision_type": {"const": "made"}}},
                                _given("rationale", "decided_by", pattern=GIVEN),
                            ]
                        },
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
    detail: Detail = Field(default_factory=dict)
    repo: Reference | None = None
    topic: Reference | None = None
    workplan: Reference | None = None
    task: Reference | None = None
    decision: Reference | None = None
    occurred_at: Time = Field(default_factory=lambda: datetime.now(UTC), description="now, unless told")


class ProgressBulk(RootModel[Annotated[list[ProgressAppend], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Events, all or nothing."""


class Resolve(Document):
    rationale: Annotated[str, Field(min_length=1, pattern=GIVEN)]
    decided_by: Person | None = Field(None, description="the author, where it is left out")
