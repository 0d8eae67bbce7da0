"""release_finished_claim(), task_claims: who finishes a task holds it no longer."""

import psycopg
import pytest

from tests.sql.world import Connection, make_plan, make_task, value

CLAIM = """
    insert into task_claims (task, claim_seq, claimed_by, claimed_at, lease_expires_at)
    values (%s, 7, 'me', now(), now())
"""
HELD = "select claimed_by is not null from task_claims where task = %s"


@pytest.mark.parametrize("status", ["done", "cancel"])
def test_the_end_of_a_task_releases_its_claim_and_keeps_the_number(api_tx: Connection, status: str) -> None:
    task = make_task(api_tx, make_plan(api_tx), status="progress")
    api_tx.execute(CLAIM, [task])
    api_tx.execute("update tasks set status = %s where id = %s", [status, task])
    columns = "claim_seq, claimed_by, claimed_at, lease_expires_at"
    assert api_tx.execute(f"select {columns} from task_claims").fetchall() == [(7, None, None, None)]


@pytest.mark.parametrize("change", ["status = 'wait'", "status = 'progress'", "title = 'done'", "priority = 0"])
def test_any_other_change_leaves_the_claim(api_tx: Connection, change: str) -> None:
    task = make_task(api_tx, make_plan(api_tx), status="progress")
    api_tx.execute(CLAIM, [task])
    api_tx.execute(f"update tasks set {change}")
    assert value(api_tx, HELD, task) is True


def test_many_tasks_that_end_at_once_are_all_released(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    tasks = [make_task(api_tx, plan, status="progress") for _ in range(3)]
    for task in tasks:
        api_tx.execute(CLAIM, [task])
    api_tx.execute("update tasks set status = 'done' where id <> %s", [tasks[0]])
    assert [value(api_tx, HELD, task) for task in tasks] == [True, False, False]


@pytest.mark.parametrize("missing", ["claimed_by", "claimed_at", "lease_expires_at"])
def test_a_claim_is_whole_or_none(api_tx: Connection, missing: str) -> None:
    task = make_task(api_tx, make_plan(api_tx))
    api_tx.execute(CLAIM, [task])
    with pytest.raises(psycopg.errors.CheckViolation, match="task_claims_whole"), api_tx.transaction():
        api_tx.execute(f"update task_claims set {missing} = null")
