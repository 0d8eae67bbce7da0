"""leave_unsettled(), settle(): of two changes at once, the one that commits later is judged when both are visible."""

from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest

from tests.sql.world import (
    API,
    IMPATIENT,
    READ_COMMITTED,
    READY,
    REPEATABLE_READ,
    Connection,
    Database,
    column,
    depend,
    make_plan,
    make_task,
    ready,
    value,
)

FINISH = "update tasks set status = 'done' where code = '{}'"
REOPEN = "update tasks set status = 'todo' where code = '{}'"
PLAN = "update workplans set status = '{}' where code = '{}'"
ADD = "insert into tasks (code, workplan, title) select 'NEW', id, 'x' from workplans where code = '{}'"
LINK = """
    insert into {0}_dependencies ({0}, depends_on)
    select a.id, b.id from {0}s as a, {0}s as b where a.code = '{1}' and b.code = '{2}'
"""
MOVE = "update tasks set workplan = (select id from workplans where code = '{}') where code = '{}'"


@dataclass(frozen=True)
class Race:
    """Two statements that know nothing of each other, and the tasks that are ready after both."""

    one: str
    other: str
    ready: tuple[str, ...]


# Before each: T waits for A and B, U for nothing; A and D are todo in the plan OPEN, SHUT is proposed with S in it,
# and LATER is ready but waits for SHUT, with L in it.
RACES = {
    "two who finish what one task waits for": Race(FINISH.format("A"), FINISH.format("B"), ("D", "T", "U")),
    "one finishes what another makes a task wait for": Race(
        FINISH.format("D"), LINK.format("task", "U", "D"), ("A", "B", "U")
    ),
    "one reopens what another makes a task wait for": Race(
        REOPEN.format("DONE"), LINK.format("task", "U", "DONE"), ("A", "B", "D", "DONE")
    ),
    "one makes a task wait that another puts back to todo": Race(
        LINK.format("task", "DONE", "A"), REOPEN.format("DONE"), ("A", "B", "D", "U")
    ),
    "one finishes, another takes the other dependency back": Race(
        FINISH.format("A"), "select remove_task_dependency('T', 'B')", ("B", "D", "T", "U")
    ),
    "one opens the workplan that another adds a task to": Race(
        PLAN.format("ready", "SHUT"), ADD.format("SHUT"), ("A", "B", "D", "NEW", "S", "U")
    ),
    "one closes the workplan that another adds a task to": Race(PLAN.format("blocked", "OPEN"), ADD.format("OPEN"), ()),
    "one closes the workplan that another moves a task to": Race(
        PLAN.format("blocked", "OPEN"), MOVE.format("OPEN", "S"), ()
    ),
    "one opens the workplan that another moves a task to": Race(
        PLAN.format("active", "SHUT"), MOVE.format("SHUT", "U"), ("A", "B", "D", "S", "U")
    ),
    "one closes the workplan that another puts a task back to todo in": Race(
        PLAN.format("blocked", "OPEN"), REOPEN.format("DONE"), ()
    ),
    "one finishes the workplan that another makes a workplan wait for": Race(
        PLAN.format("finished", "SHUT"), LINK.format("workplan", "OPEN", "SHUT"), ("A", "B", "D", "L", "U")
    ),
    "one finishes the workplan that the other opens a follower of": Race(
        PLAN.format("finished", "SHUT"),
        "update workplans set status = 'blocked' where code = 'LATER'",
        ("A", "B", "D", "U"),
    ),
    "one finishes the workplan, another adds a task to its follower": Race(
        PLAN.format("finished", "SHUT"), ADD.format("LATER"), ("A", "B", "D", "L", "NEW", "U")
    ),
}


@pytest.fixture
def settled(owner: Connection) -> Connection:
    """The owner of the world that the races start from, nothing left to settle."""
    plan = make_plan(owner, code="OPEN")
    shut = make_plan(owner, code="SHUT", status="proposed")
    later = make_plan(owner, code="LATER")
    depend(owner, later, shut, "workplan_dependencies")
    tasks = {code: make_task(owner, plan, code=code) for code in ("A", "B", "D", "T", "U")}
    make_task(owner, plan, code="DONE", status="done")
    make_task(owner, shut, code="S")
    make_task(owner, later, code="L")
    for needed in ("A", "B"):
        depend(owner, tasks["T"], tasks[needed])
    owner.execute("select settle()")
    assert ready(owner) == ["A", "B", "D", "U"]
    return owner


@pytest.mark.parametrize("level", [READ_COMMITTED, REPEATABLE_READ], ids=lambda level: level.name)
@pytest.mark.parametrize("first", [0, 1], ids=["in order", "the other way round"])
@pytest.mark.parametrize("race", RACES)
def test_the_queue_is_exact_after(
    database: Database, settled: Connection, race: str, first: int, level: psycopg.IsolationLevel
) -> None:
    statements = [RACES[race].one, RACES[race].other]
    with (
        closing(database.connect(API)) as one,
        closing(database.connect(API)) as other,
        closing(database.connect(IMPATIENT)) as settler,
    ):
        for session in (one, other):
            session.isolation_level = level
            session.autocommit = False
            session.execute("set local lock_timeout = '3s'")
            session.execute("select 1 from tasks")
        for session, statement in zip((one, other), statements, strict=True):
            session.execute(statement)
        for session in (one, other)[:: 1 - 2 * first]:
            settler.execute("select settle()")
            assert ready(settler) == sorted(column(settler, READY))
            session.commit()
            assert ready(settler) == sorted(column(settler, READY))
        expected = sorted(RACES[race].ready)
        assert ready(settler) == expected
        settler.execute("select settle()")
        assert ready(settler) == expected
        assert column(settler, "select code from tasks where queued order by code") == expected
        assert value(settler, "select count(*) from unsettled") == 0
