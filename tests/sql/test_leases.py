"""heartbeat_task(), release_task(), complete_task(), check_claim(): only the claim that holds a task may go on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.sql.claims import Claim, claim, claim_events, complete, expire, heartbeat, refused, release, take
from tests.sql.world import (
    API,
    Connection,
    Database,
    depend,
    make_plan,
    make_task,
    ready,
    table_revisions,
    value,
    wait_until_blocked,
)


def edit(connection: Connection, held: Claim, agent: str = "ann") -> None:
    """What update_row() does with a document that carries claim_seq."""
    with connection.transaction():
        connection.execute("select from tasks where id = %s for no key update", [held.id])
        connection.execute("select check_claim(%s, %s, %s)", [held.id, held.claim_seq, agent])
        connection.execute("update tasks set title = title || '.' where id = %s", [held.id])


WRITES: dict[str, Callable[..., Any]] = {
    "heartbeat": heartbeat, "release": release, "complete": complete, "edit": edit,
}  # fmt: skip
STATE = """
    select t.status::text, t.title, c.claim_seq, c.claimed_by, c.claimed_at, c.lease_expires_at,
        (select max(id) from progress_events) from tasks as t left join task_claims as c on c.task = t.id
"""


@pytest.fixture
def held(api_tx: Connection) -> Claim:
    """The task T, held by ann."""
    make_task(api_tx, make_plan(api_tx), code="T")
    return take(api_tx, "ann", lease="10 minutes")


@pytest.mark.parametrize("write", WRITES)
def test_a_stale_holder_is_refused_with_the_new_one_and_changes_nothing(
    api_tx: Connection, held: Claim, write: str
) -> None:
    expire(api_tx, held)
    take(api_tx, "bob")
    before = api_tx.execute(STATE).fetchall()
    with refused("T is held by bob under claim 2, .* claim 1 of ann is over"), api_tx.transaction():
        WRITES[write](api_tx, held)
    assert api_tx.execute(STATE).fetchall() == before


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("claim_seq", "agent"), [(1, "bob"), (2, "ann"), (0, "ann"), (None, "ann")])
def test_another_number_or_another_name_is_refused(
    api_tx: Connection, held: Claim, write: str, claim_seq: Any, agent: str
) -> None:
    before = api_tx.execute(STATE).fetchall()
    with refused("T is held by ann under claim 1"), api_tx.transaction():
        WRITES[write](api_tx, Claim(held.id, held.code, claim_seq), agent)
    assert api_tx.execute(STATE).fetchall() == before


@pytest.mark.parametrize("write", WRITES)
def test_whoever_finished_or_released_holds_it_no_longer(api_tx: Connection, held: Claim, write: str) -> None:
    for end in (complete, release):
        with api_tx.transaction(force_rollback=True):
            end(api_tx, held)
            with refused("Nobody holds T, which is (done|todo): claim 1 of ann is over"), api_tx.transaction():
                WRITES[write](api_tx, held)


@pytest.mark.parametrize("write", WRITES)
def test_the_holder_goes_on_also_when_the_lease_ran_out_and_nobody_took_over(
    api_tx: Connection, held: Claim, write: str
) -> None:
    expire(api_tx, held)
    WRITES[write](api_tx, held, "ANN")


@pytest.mark.parametrize("write", ["heartbeat", "edit"])
def test_a_write_of_the_holder_renews_the_lease_by_what_it_was_taken_for(
    api_tx: Connection, held: Claim, write: str
) -> None:
    expire(api_tx, held)
    WRITES[write](api_tx, held)
    left = value(api_tx, "select extract(epoch from lease_expires_at - clock_timestamp()) from task_claims")
    assert 540 < left <= 600


def test_a_heartbeat_may_ask_for_another_lease(api_tx: Connection, held: Claim) -> None:
    heartbeat(api_tx, held, lease="2 hours")
    assert value(api_tx, "select lease_expires_at > clock_timestamp() + interval '119 minutes' from task_claims")
    with pytest.raises(psycopg.errors.CheckViolation, match="task_claims_lease_range"), api_tx.transaction():
        heartbeat(api_tx, held, lease="0 seconds")


def test_a_heartbeat_moves_no_revision_writes_no_event_and_tells_nobody(database: Database, api: Connection) -> None:
    make_task(api, make_plan(api))
    held = take(api)
    with closing(database.connect(API)) as listener:
        listener.execute("listen statehub")
        before = (table_revisions(api), value(api, "select max(id) from progress_events"))
        heartbeat(api, held)
        api.execute("notify statehub, 'the end'")
        told = next(listener.notifies(timeout=20)).payload
    assert told == "the end"
    assert (table_revisions(api), value(api, "select max(id) from progress_events")) == before


def test_a_released_task_is_ready_again_and_the_reason_is_told_once(api_tx: Connection, held: Claim) -> None:
    release(api_tx, held, "ann", "too hard")
    assert ready(api_tx) == ["T"]
    assert value(api_tx, "select claimed_by from task_claims") is None
    event = claim_events(api_tx, "T")[-1]
    assert len(claim_events(api_tx, "T")) == 2
    assert (event["event_type"], event["summary"]) == ("release", "Task T released by ann: too hard")
    assert event["detail"] == {
        "kind": "task", "name": "T", "columns": ["status"], "status": ["progress", "todo"],
        "agent": "ann", "claim_seq": 1, "reason": "too hard",
    }  # fmt: skip
    assert take(api_tx, "bob").claim_seq == 2


def test_a_task_that_waits_stays_so_when_it_is_released(api_tx: Connection, held: Claim) -> None:
    api_tx.execute("update tasks set status = 'wait', waiting_on = 'an answer'")
    release(api_tx, held)
    assert value(api_tx, "select status::text from tasks") == "wait"
    assert [event["event_type"] for event in claim_events(api_tx, "T")] == ["claim", "status", "release"]


def test_a_person_takes_a_claim_away_and_the_event_names_both(api_tx: Connection, held: Claim) -> None:
    force = "select release_task('T', 'boss', null, 'urgent elsewhere', true)"
    api_tx.execute(force)
    event = claim_events(api_tx, "T")[-1]
    assert event["summary"] == "Task T taken away from ann by boss: urgent elsewhere"
    assert event["detail"] | {"agent": "boss", "from": "ann", "force": True} == event["detail"]
    with refused("Nobody holds T"), api_tx.transaction():
        api_tx.execute(force)
    with refused("Nobody holds T"), api_tx.transaction():
        heartbeat(api_tx, held)


def test_a_finished_task_is_told_once_with_what_was_done(api_tx: Connection, held: Claim) -> None:
    assert complete(api_tx, held, "ann", "painted it") == []
    event = claim_events(api_tx, "T")[-1]
    assert len(claim_events(api_tx, "T")) == 2
    assert (event["event_type"], event["summary"]) == ("status", "Task T finished by ann: painted it")
    assert event["detail"] == {
        "kind": "task", "name": "T", "columns": ["status"], "status": ["progress", "done"],
        "agent": "ann", "claim_seq": 1, "summary": "painted it",
    }  # fmt: skip
    assert value(api_tx, "select claimed_by from task_claims") is None


@pytest.mark.parametrize("by", ["complete_task", "an edit"])
def test_whoever_finishes_a_task_says_what_became_ready(api_tx: Connection, held: Claim, by: str) -> None:
    plan = make_plan(api_tx)
    for code in ("B", "A", "STILL", "CLOSED"):
        depend(api_tx, make_task(api_tx, plan, code=code), held.id)
    depend(api_tx, *(value(api_tx, "select id from tasks where code = %s", code) for code in ("STILL", "A")))
    api_tx.execute("update tasks set workplan = %s where code = 'CLOSED'", [make_plan(api_tx, status="proposed")])
    if by == "complete_task":
        assert complete(api_tx, held) == ["A", "B"]
    else:
        api_tx.execute("update tasks set status = 'cancel' where code = 'T'")
    assert claim_events(api_tx, "T")[-1]["detail"]["unblocked"] == ["A", "B"]
    assert ready(api_tx) == ["A", "B"]


def test_a_change_that_finishes_nothing_names_nothing(api_tx: Connection, held: Claim) -> None:
    depend(api_tx, make_task(api_tx, make_plan(api_tx), code="A"), held.id)
    complete(api_tx, held)
    api_tx.execute("update tasks set title = 'x', status = 'cancel' where code = 'T'")
    assert "unblocked" not in claim_events(api_tx, "T")[-1]["detail"]


def test_a_late_complete_that_waits_for_a_takeover_is_refused(database: Database, api: Connection) -> None:
    make_task(api, make_plan(api), code="T")
    held = take(api)
    expire(api, held)
    with closing(database.connect(API)) as one, closing(database.connect(API)) as other, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            assert claim(one, "bob")
            late = pool.submit(complete, other, held)
            wait_until_blocked(api, other)
        with refused("T is held by bob under claim 2"):
            late.result(20)
    assert value(api, "select status::text from tasks") == "progress"


def test_an_edit_may_not_revive_a_lease_where_claims_are_limited(api_tx: Connection, held: Claim) -> None:
    expire(api_tx, held)
    expired = "select lease_expires_at <= clock_timestamp() from task_claims"
    api_tx.execute("select check_claim(%s, 1, 'ann', null, 3)", [held.id])
    assert value(api_tx, expired) is True
    api_tx.execute("select check_claim(%s, 1, 'ann', null, null)", [held.id])
    assert value(api_tx, expired) is False


def test_force_with_a_number_takes_that_claim_away_and_no_later_one(api_tx: Connection, held: Claim) -> None:
    force = "select release_task('T', 'boss', %s, null, true)"
    with refused("T is held by ann under claim"), api_tx.transaction():
        api_tx.execute(force, [held.claim_seq - 1])
    api_tx.execute(force, [held.claim_seq])
    assert claim_events(api_tx, "T")[-1]["detail"]["from"] == "ann"
    with refused("Nobody holds T"), api_tx.transaction():
        api_tx.execute(force, [held.claim_seq])
