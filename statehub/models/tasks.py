"""Tasks, and what they wait for."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, RootModel, model_validator

from statehub.models.fields import (
    MOST_AT_ONCE,
    ClaimSeq,
    Detail,
    Document,
    Labels,
    Person,
    Position,
    Priority,
    Reference,
    TaskCode,
    Time,
    Title,
)
from statehub.vocabularies import TaskStatus


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
    labels: Labels = Field(default_factory=list)
    detail: Detail = Field(default_factory=dict)


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


class TaskBulk(RootModel[Annotated[list[TaskCreate], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Tasks, all or nothing."""


class Dependency(Document):
    depends_on: Reference
