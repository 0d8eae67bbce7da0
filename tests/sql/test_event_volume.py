"""`event_volume`: events a day, by who or what they were."""

import json
from typing import Any

from tests.sql.world import Connection, value


def volume(api_tx: Connection, days: int, by: str = "author_kind") -> Any:
    return json.loads(value(api_tx, "select event_volume(%s, %s)", days, by))


def note(api_tx: Connection, when: str, kind: str = "agent", event_type: str = "note") -> None:
    query = """
        insert into progress_events (summary, author, author_kind, event_type, occurred_at)
        values ('x', 'ann', %s::author_kind, %s::event_type, date_trunc('day', now(), 'UTC') + %s::interval)
    """
    api_tx.execute(query, [kind, event_type, when])


def test_every_day_is_there_and_today_is_the_last(api_tx: Connection) -> None:
    before = volume(api_tx, 1)["items"][0]["total"]
    found = volume(api_tx, 30)
    assert found["by"] == "author_kind"
    days = [item["day"] for item in found["items"]]
    assert days == sorted(set(days))
    assert len(days) == 30
    assert days[-1] == value(api_tx, "select (now() at time zone 'UTC')::date::text")
    assert found["items"][-1]["total"] == before


def test_an_event_counts_on_its_day_and_outside_of_the_window_on_none(api_tx: Connection) -> None:
    def counts() -> list[dict[str, int]]:
        return [item["counts"] for item in volume(api_tx, 3)["items"]]

    then = counts()
    for when in ("-2 days", "-1 second", "-2 days -1 second", "1 day"):
        note(api_tx, when, kind="system")
    gained = [now.get("system", 0) - was.get("system", 0) for was, now in zip(then, counts(), strict=True)]
    assert gained == [1, 1, 0]


def test_events_are_split_by_type_too_and_the_total_is_their_sum(api_tx: Connection) -> None:
    was = volume(api_tx, 2, "event_type")["items"][0]["counts"]
    note(api_tx, "-1 hour", event_type="milestone")
    note(api_tx, "-1 hour", event_type="milestone")
    note(api_tx, "-1 hour", event_type="sync")
    day = volume(api_tx, 2, "event_type")["items"][0]
    assert day["counts"]["milestone"] == was.get("milestone", 0) + 2
    assert day["counts"]["sync"] == was.get("sync", 0) + 1
    assert day["total"] == sum(day["counts"].values())


def test_the_days_are_those_of_utc_whatever_the_session_says(api_tx: Connection) -> None:
    api_tx.execute("set local timezone = 'Pacific/Kiritimati'")
    assert volume(api_tx, 1)["items"][0]["day"] == value(api_tx, "select (now() at time zone 'UTC')::date::text")
