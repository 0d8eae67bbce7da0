"""settle(): sets the flag of what was left unsettled, and waits for nobody."""

from contextlib import closing
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from tests.sql.world import (
    API,
    IMPATIENT,
    READY,
    Connection,
    Database,
    column,
    depend,
    make_plan,
    make_task,
    ready,
    value,
)

TASK_STATUSES = st.sampled_from(["wait", "todo", "todo", "progress", "done", "done", "cancel"])
PLAN_STATUSES = st.sampled_from(["proposed", "ready", "active", "blocked", "finished", "archived"])
PLAN, TASK, HOURS = st.integers(0, 2), st.integers(0, 5), st.sampled_from([None, -1, 1])
WRONG_FLAGS = "select code from tasks as t where queued <> task_is_ready(t.status, t.workplan, t.id)"


def change_and_settle(connection: Connection, change: str, was: str, now: str) -> None:
    for status in (was, now):
        connection.execute(change, [status])
        assert ready(connection) == sorted(column(connection, READY)), f"{was} to {now}, unsettled"
        connection.execute("select settle()")
        assert column(connection, WRONG_FLAGS) == [], f"{was} to {now}"
        assert ready(connection) == sorted(column(connection, READY)), f"{was} to {now}, settled"


@pytest.mark.parametrize("code", ["TASK", "NEEDED"])
def test_every_change_of_status_of_a_task_is_settled(owner: Connection, waiting: tuple[UUID, UUID], code: str) -> None:
    words = column(owner, "select value from vocabularies where name = 'task_status'")
    for was, now in product(words, words):
        change_and_settle(owner, f"update tasks set status = %s where code = '{code}'", was, now)


@pytest.mark.parametrize("code", ["PLAN", "FIRST"])
def test_every_change_of_status_of_a_workplan_is_settled(
    owner: Connection, waiting: tuple[UUID, UUID], code: str
) -> None:
    first = make_plan(owner, code="FIRST")
    depend(owner, value(owner, "select id from workplans where code = 'PLAN'"), first, "workplan_dependencies")
    if code == "PLAN":
        owner.execute("update workplans set status = 'finished' where code = 'FIRST'")
    words = column(owner, "select value from vocabularies where name = 'workplan_status'")
    for was, now in product(words, words):
        change_and_settle(owner, f"update workplans set status = %s where code = '{code}'", was, now)


@pytest.fixture
def waiting(owner: Connection) -> tuple[UUID, UUID]:
    """A settled TASK that waits for another one, NEEDED, in the workplan PLAN."""
    plan = make_plan(owner, code="PLAN")
    task, needed = make_task(owner, plan, code="TASK"), make_task(owner, plan, code="NEEDED")
    depend(owner, task, needed)
    owner.execute("select settle()")
    return task, needed


def test_what_somebody_has_locked_stays_unsettled_and_is_judged_right(
    database: Database, owner: Connection, waiting: tuple[UUID, UUID]
) -> None:
    def state() -> tuple[Any, ...]:
        flag = value(owner, "select queued from tasks where code = 'TASK'")
        return flag, value(owner, "select count(*) from unsettled"), ready(owner)

    with closing(database.connect(API)) as holder, closing(database.connect(IMPATIENT)) as settler:
        with holder.transaction():
            holder.execute("update tasks set title = 'mine' where code = 'TASK'")
            owner.execute("update tasks set status = 'done' where code = 'NEEDED'")
            assert value(settler, "select settle()") == 0
            assert state() == (False, 1, ["TASK"])
        assert state() == (False, 1, ["TASK"])
        assert value(settler, "select settle()") == 1
        assert state() == (True, 0, ["TASK"])


@pytest.mark.parametrize("table", ["task", "workplan"])
@pytest.mark.parametrize(
    "by_hand",
    [
        "update {0}_dependencies set depends_on = (select id from {0}s where code = 'DONE')",
        "update {0}_dependencies set {0} = (select id from {0}s where code = 'DONE')",
        "delete from {0}_dependencies",
        "truncate {0}_dependencies",
        "select remove_{0}_dependency('WAITING', 'NEEDED')",
    ],
)
def test_a_dependency_that_goes_or_turns_is_settled_too(owner: Connection, table: str, by_hand: str) -> None:
    plans = {code: make_plan(owner, code=code) for code in ("WAITING", "NEEDED")}
    plans["DONE"] = make_plan(owner, code="DONE", status="finished")
    plan_of = plans if table == "workplan" else dict.fromkeys(plans, make_plan(owner))
    tasks = {code: make_task(owner, plan, code=code) for code, plan in plan_of.items()}
    owner.execute("update tasks set status = 'done' where code = 'DONE'")
    rows = tasks if table == "task" else plans
    depend(owner, rows["WAITING"], rows["NEEDED"], f"{table}_dependencies")
    owner.execute("select settle()")
    assert ready(owner) == ["NEEDED"]
    owner.execute(by_hand.format(table))
    assert ready(owner) == sorted(column(owner, READY)) == ["NEEDED", "WAITING"]
    owner.execute("select settle()")
    assert ready(owner) == ["NEEDED", "WAITING"]
    assert column(owner, WRONG_FLAGS) == []


def test_of_two_settlers_at_once_one_passes_by(
    database: Database, owner: Connection, waiting: tuple[UUID, UUID]
) -> None:
    owner.execute("update tasks set status = 'done' where code = 'NEEDED'")
    with closing(database.connect(IMPATIENT)) as one, closing(database.connect(IMPATIENT)) as other:
        with one.transaction():
            assert value(one, "select settle()") == 1
            assert value(other, "select settle()") == 0
            assert ready(one) == ready(other) == ["TASK"]
        assert ready(other) == ["TASK"]


def test_it_leaves_version_time_and_log_alone(owner: Connection, waiting: tuple[UUID, UUID]) -> None:
    owner.execute("update tasks set status = 'done' where code = 'NEEDED'")
    kept = "select (version, updated_at, (select max(id) from progress_events))::text from tasks where code = 'TASK'"
    before = value(owner, kept)
    assert value(owner, "select settle()") == 1
    assert value(owner, kept) == before
