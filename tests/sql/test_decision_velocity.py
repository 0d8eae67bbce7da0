"""`decision_velocity`: decisions made a week, and how long they had waited."""

import json
from typing import Any

from tests.sql.world import Connection, value


def velocity(tx: Connection, weeks: int = 3) -> Any:
    return json.loads(value(tx, "select decision_velocity(%s)", weeks))["items"]


def decide(tx: Connection, week: int, after: str) -> None:
    """A decision made on the Tuesday of that week (0: this one, -1: the one before), `after` it was asked."""
    query = """
        insert into decisions (title, topic, decision_type, rationale, decided_by, decided_at, created_at)
        select 'Q', (select id from topics limit 1), 'made', 'so', 'ann', t.at, t.at - %s::interval
        from (select date_trunc('week', now(), 'UTC') + interval '1 day' + make_interval(weeks => %s) as at) as t
    """
    tx.execute(query, [after, week])


def test_a_week_without_a_decision_is_there_and_has_no_median(owner_tx: Connection) -> None:
    found = velocity(owner_tx, 12)
    assert len(found) == 12
    assert found[-1]["week"] == value(owner_tx, "select date_trunc('week', now(), 'UTC')::date::text")
    assert found[0] == {"week": found[0]["week"], "made": 0, "answered": 0, "median_days": None}


def test_the_median_is_that_of_the_questions_of_the_week(owner_tx: Connection) -> None:
    for after in ("1 day", "2 days", "12 days"):
        decide(owner_tx, -1, after)
    decide(owner_tx, -2, "36 hours")
    before, last, _ = velocity(owner_tx)
    assert (last["made"], last["answered"], last["median_days"]) == (3, 3, 2)
    assert (before["made"], before["median_days"]) == (1, 1.5)


def test_what_was_made_when_it_was_written_down_waited_for_nothing(owner_tx: Connection) -> None:
    decide(owner_tx, -1, "0 days")
    decide(owner_tx, -1, "4 days")
    last = velocity(owner_tx)[1]
    assert (last["made"], last["answered"], last["median_days"]) == (2, 1, 4)
