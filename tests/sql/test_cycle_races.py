"""pass_gate(), refuse_*_cycle(): two writers who only together close a cycle, at every isolation level."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from uuid import UUID

import psycopg
import pytest

from tests.sql.world import (
    API,
    LEVELS,
    READ_COMMITTED,
    Connection,
    Database,
    depend,
    make_plan,
    make_task,
    value,
    wait_until_blocked,
)

GRAPHS = ["task_dependencies", "workplan_dependencies"]
REFUSED = {"SH409", "40001"}
ROUNDS = 8
CYCLE = """
    with recursive reach (start, id) as (
        select {0}, depends_on from {0}_dependencies
        union select r.start, d.depends_on from reach as r inner join {0}_dependencies as d on d.{0} = r.id
    )
    select count(*) from reach where start = id
"""


@pytest.fixture
def sessions(database: Database, level: psycopg.IsolationLevel) -> Iterator[list[Connection]]:
    """Three sessions at that isolation level, which commit when told to."""
    with ExitStack() as stack:
        found = [stack.enter_context(closing(database.connect(API))) for _ in range(3)]
        for session in found:
            session.isolation_level = level
            session.autocommit = False
        yield found


def make_nodes(connection: Connection, table: str, number: int) -> list[UUID]:
    plans = [make_plan(connection) for _ in range(number)]
    return plans if table == "workplan_dependencies" else [make_task(connection, plan) for plan in plans]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
def test_who_comes_second_waits_and_is_refused(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel
) -> None:
    first, second, _ = sessions
    one, two = make_nodes(owner, table, 2)
    second.execute("select 1 from tasks")  # a snapshot that is older than the other's commit
    depend(first, one, two, table)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(depend, second, two, one, table)
        wait_until_blocked(owner, second)
        first.commit()
        with pytest.raises(psycopg.Error) as raised:
            waiting.result()
    assert raised.value.sqlstate == ("SH409" if level is READ_COMMITTED else "40001")
    assert value(owner, f"select count(*) from {table}") == 1


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
def test_who_looked_before_the_other_committed_is_refused(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel
) -> None:
    first, second, _ = sessions
    one, two = make_nodes(owner, table, 2)
    assert value(second, f"select count(*) from {table}") == 0
    depend(first, one, two, table)
    first.commit()
    with pytest.raises(psycopg.Error) as raised:
        depend(second, two, one, table)
    assert raised.value.sqlstate == ("SH409" if level is READ_COMMITTED else "40001")
    assert value(owner, f"select count(*) from {table}") == 1


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
@pytest.mark.parametrize("number", [2, 3])
def test_writers_at_once_close_no_cycle_and_do_not_deadlock(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel, number: int
) -> None:
    start = threading.Barrier(number)

    def add(session: Connection, waits: UUID, needs: UUID) -> str | None:
        start.wait(20)
        try:
            depend(session, waits, needs, table)
            session.commit()
        except psycopg.Error as error:
            session.rollback()
            return error.sqlstate
        return None

    with ThreadPoolExecutor(number) as pool:
        for _ in range(ROUNDS):
            before = value(owner, f"select count(*) from {table}")
            nodes = make_nodes(owner, table, number)
            edges = [(nodes[n], nodes[(n + 1) % number]) for n in range(number)]
            states = list(pool.map(add, sessions, *zip(*edges, strict=True)))
            refused = [state for state in states if state]
            assert set(refused) <= REFUSED
            assert 1 <= len(refused) < number
            assert level is not READ_COMMITTED or refused == ["SH409"]
            assert value(owner, f"select count(*) from {table}") == before + number - len(refused)
    assert value(owner, CYCLE.format(table.removesuffix("_dependencies"))) == 0
