"""How much happens, and how fast it is decided."""

from typing import Literal

from typing_extensions import TypedDict


class DayVolume(TypedDict):
    """Events of a day (UTC), those that there were none of left out of `counts`."""

    day: str
    total: int
    counts: dict[str, int]


class Volume(TypedDict):
    """Each day of the window, the oldest first."""

    by: Literal["author_kind", "event_type"]
    items: list[DayVolume]


class WeekVelocity(TypedDict):
    """Decisions made in the week from that Monday (UTC); the `answered` were asked first, and waited `median_days`."""

    week: str
    made: int
    answered: int
    median_days: float | None


class Velocity(TypedDict):
    """Each week of the window, the oldest first."""

    items: list[WeekVelocity]
