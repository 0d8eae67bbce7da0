"""prepare_decision() and the constraints of decisions: asked, made once, about something."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID

import psycopg
import pytest

from tests.sql.world import (
    API,
    Connection,
    Database,
    insert,
    make_decision,
    make_plan,
    value,
    wait_until_blocked,
)

MADE = "update decisions set decision_type = 'made', rationale = %s, decided_by = %s where id = %s"


@pytest.mark.parametrize("missing", ["rationale", "decided_by"])
@pytest.mark.parametrize("given", [None, "", "  "])
def test_a_made_decision_needs_rationale_and_decided_by(api_tx: Connection, missing: str, given: str | None) -> None:
    columns = {"rationale": "cheap", "decided_by": "me", missing: given}
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="decisions_made_with_rationale"),
        api_tx.transaction(),
    ):
        make_decision(api_tx, decision_type="made", **columns)
    decision = make_decision(api_tx)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="decisions_made_with_rationale"),
        api_tx.transaction(),
    ):
        api_tx.execute(MADE, [columns["rationale"], columns["decided_by"], decision])


def test_a_decision_created_as_made_is_resolved(api_tx: Connection) -> None:
    decision = make_decision(api_tx, decision_type="made", rationale="cheap", decided_by="me")
    assert one(api_tx, decision, "status") == "resolved"
    assert one(api_tx, decision, "decided_at") is not None


@pytest.mark.parametrize("title", ["Which way?", "Which bank?"])
def test_a_pending_decision_that_is_made_is_resolved(api_tx: Connection, title: str) -> None:
    decision = make_decision(api_tx, title=title)
    api_tx.execute(MADE, ["cheap", "me", decision])
    assert one(api_tx, decision, "status") == "resolved"


@pytest.mark.parametrize(
    "again",
    [
        "rationale = 'other', decision_type = 'made'",
        "decided_by = 'somebody else'",
        "decided_at = now() - interval '1 day'",
        "decision_type = 'pending', status = 'open'",
    ],
)
def test_a_decision_that_was_made_is_not_made_again(api_tx: Connection, again: str) -> None:
    decision = make_decision(api_tx, code="D", decision_type="made", rationale="cheap", decided_by="me")
    with pytest.raises(psycopg.Error, match="D was decided by me already") as raised:
        api_tx.execute(f"update decisions set {again} where id = %s", [decision])
    assert raised.value.sqlstate == "SH409"


def test_of_two_who_make_it_at_once_one_is_refused(database: Database, owner: Connection) -> None:
    decision = make_decision(owner)
    with (
        closing(database.connect(API)) as one_of_them,
        closing(database.connect(API)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with one_of_them.transaction():
            one_of_them.execute(MADE, ["cheap", "one", decision])
            waiting = pool.submit(other.execute, MADE, ["dear", "other", decision])
            wait_until_blocked(owner, other)
        with pytest.raises(psycopg.Error, match="was decided by one already"):
            waiting.result()
    assert one(owner, decision, "rationale") == "cheap"


def test_a_made_decision_may_be_superseded(api_tx: Connection) -> None:
    decision = make_decision(api_tx, decision_type="made", rationale="cheap", decided_by="me")
    newer = make_decision(api_tx, decision_type="made", rationale="better", decided_by="me")
    api_tx.execute("update decisions set status = 'superseded', superseded_by = %s where id = %s", [newer, decision])
    assert one(api_tx, decision, "status") == "superseded"


def test_a_pending_decision_may_not_be_called_resolved(api_tx: Connection) -> None:
    decision = make_decision(api_tx)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="decisions_status_fits_type"),
        api_tx.transaction(),
    ):
        api_tx.execute("update decisions set status = 'resolved' where id = %s", [decision])


def test_a_decision_is_about_a_topic_a_workplan_or_both(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    topic = value(api_tx, "select id from topics where slug = 'platform'")
    for columns in ({"topic": topic}, {"workplan": plan}, {"topic": topic, "workplan": plan}):
        assert insert(api_tx, "decisions", title="Which way?", **columns)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="decisions_about_something"),
        api_tx.transaction(),
    ):
        insert(api_tx, "decisions", title="Which way?")


def one(connection: Connection, decision: UUID, column: str) -> object:
    return value(connection, f"select {column} from decisions where id = %s", decision)


# --- successors


def superseded(connection: Connection, decision: UUID) -> tuple[object, object]:
    return one(connection, decision, "status"), one(connection, decision, "superseded_by")


@pytest.mark.parametrize("title", ["Which way?", "Which bank?"])
def test_who_names_its_successor_is_superseded(api_tx: Connection, title: str) -> None:
    decision, newer = make_decision(api_tx, title=title), make_decision(api_tx)
    api_tx.execute("update decisions set superseded_by = %s where id = %s", [newer, decision])
    assert superseded(api_tx, decision) == ("superseded", newer)
    made = make_decision(api_tx, decision_type="made", rationale="cheap", decided_by="me")
    api_tx.execute("update decisions set superseded_by = %s where id = %s", [newer, made])
    assert superseded(api_tx, made) == ("superseded", newer)
    assert one(api_tx, make_decision(api_tx, superseded_by=newer), "status") == "superseded"


def test_a_decision_is_superseded_without_a_successor_too(api_tx: Connection) -> None:
    decision = make_decision(api_tx)
    api_tx.execute("update decisions set status = 'superseded' where id = %s", [decision])
    assert superseded(api_tx, decision) == ("superseded", None)


def test_a_decision_does_not_supersede_itself(api_tx: Connection) -> None:
    decision = make_decision(api_tx)
    with pytest.raises(psycopg.errors.CheckViolation, match="decisions_superseded_by_not_itself"):
        api_tx.execute("update decisions set superseded_by = id where id = %s", [decision])


def test_what_has_a_successor_is_opened_again_only_without_it(api_tx: Connection) -> None:
    decision, newer = make_decision(api_tx), make_decision(api_tx)
    api_tx.execute("update decisions set superseded_by = %s where id = %s", [newer, decision])
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="decisions_superseded_by_fits_status"),
        api_tx.transaction(),
    ):
        api_tx.execute("update decisions set status = 'open' where id = %s", [decision])
    api_tx.execute("update decisions set status = 'open', superseded_by = null where id = %s", [decision])
    assert superseded(api_tx, decision) == ("open", None)


def test_a_status_that_was_asked_for_is_not_overruled_by_a_successor(api_tx: Connection) -> None:
    decision, newer = make_decision(api_tx, title="Which bank?"), make_decision(api_tx)
    with pytest.raises(psycopg.errors.CheckViolation, match="decisions_superseded_by_fits_status"):
        api_tx.execute("update decisions set status = 'open', superseded_by = %s where id = %s", [newer, decision])
