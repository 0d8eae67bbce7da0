"""The older words, and the meter that counts them."""

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from statehub.models.fields import Document, Name, Reference, Time, Title, _integral
from statehub.models.rows import WorkplanPatch
from statehub.vocabularies import LegacyKind


class WorkstreamPatch(WorkplanPatch):
    """A workplan under the older words; the others are taken too."""

    repo: Reference = Field("", validation_alias=AliasChoices("repo_id", "repo"))
    topic: Reference | None = Field(None, validation_alias=AliasChoices("topic_id", "topic"))


class WorkstreamCreate(WorkstreamPatch):
    repo: Reference = Field(validation_alias=AliasChoices("repo_id", "repo"))
    title: Title


class LegacyUse(Document):
    kind: LegacyKind
    name: Name


class LegacyInterface(LegacyUse):
    successor: Name
    sunset_at: Time | None = Field(None, description="when it ends, if that is known")
    retire_after_days: Annotated[int, Field(ge=1, le=3650, strict=True), BeforeValidator(_integral)] = Field(
        30, description="days without a use after which it may be removed"
    )
