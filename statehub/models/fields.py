"""What fields have in common: short names, times, numbers; and the body itself."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from statehub import authors
from statehub.vocabularies import AuthorKind


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
    return {"required": list(names), "properties": {name: {"type": "string"} | schema for name in names}}


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


Seconds = Annotated[float, Field(allow_inf_nan=False)]
