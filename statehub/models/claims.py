"""Claims."""

from typing import Annotated

from pydantic import ConfigDict, Field

from statehub.models.fields import (
    GIVEN,
    LONGEST_WAIT_S,
    MAX_LEASE_S,
    ClaimSeq,
    Document,
    Labels,
    Name,
    Priority,
    Reference,
    Seconds,
    _given,
)


class Agent(Document):
    """Who holds a task, or wants to; the author too, where no other is named."""

    agent: Annotated[str, Field(min_length=1, max_length=200, pattern=GIVEN, description="compared without case")]


class ClaimTask(Agent):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"properties": {"task": {"type": "null"}}}, {"properties": {"wait_s": {"const": 0}}}],
            "description": "Only one that names no task can wait.",
        }
    )

    task: Reference | None = Field(None, description="this one, or 409 with the reason; else the next that is ready")
    repo: Reference | None = None
    workplan: Reference | None = None
    domain: Name | None = None
    tags: Labels | None = Field(None, description="the repository's capability tags must contain all of them")
    max_priority: Priority | None = None
    lease_s: Annotated[Seconds, Field(ge=0.001, le=MAX_LEASE_S)] | None = Field(
        None, description="default: STATEHUB_LEASE"
    )
    wait_s: Annotated[Seconds, Field(ge=0, le=LONGEST_WAIT_S)] = Field(
        0, description="wait so long for one to be ready"
    )


class Heartbeat(Agent):
    claim_seq: ClaimSeq
    lease_s: Annotated[Seconds, Field(ge=0.001, le=MAX_LEASE_S)] | None = Field(
        None, description="default: as it was taken for"
    )


class Release(Agent):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _given("claim_seq", type="integer"),
                {"required": ["force"], "properties": {"force": {"const": True}}},
            ]
        }
    )

    claim_seq: ClaimSeq | None = Field(
        None, description="not needed with force; with both, that claim and no later one"
    )
    reason: Annotated[str, Field(max_length=2000)] | None = None
    force: bool = Field(False, strict=True, description="take the claim away from whoever holds it")


class Complete(Agent):
    claim_seq: ClaimSeq
    summary: Annotated[str, Field(max_length=20_000)] | None = Field(None, description="what was done")
