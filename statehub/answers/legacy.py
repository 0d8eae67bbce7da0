"""The legacy meter."""

from typing_extensions import TypedDict

from statehub.answers.rows import Row, Time
from statehub.vocabularies import LegacyKind


class CallerUses(TypedDict):
    """Uses of a legacy interface, by day (UTC) and caller."""

    used_on: str
    caller: str
    uses: int


class LegacyInterface(Row):
    """A legacy interface as reviewed; `uses` of the last 90 days, `why` in a sentence."""

    id: str
    kind: LegacyKind
    name: str
    successor: str
    sunset_at: Time | None
    retire_after_days: int
    total: int
    last_used_at: Time | None
    may_retire: bool
    why: str
    uses: list[CallerUses]


class LegacyUse(CallerUses):
    """A use that was recorded, and what to use instead."""

    kind: LegacyKind
    name: str
    successor: str
    sunset_at: Time | None
