"""refuse_parent_cycle(), refuse_successor_cycle(): parents and successors lead to an end, however many write."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.sql.world import (
    API,
    LEVELS,
    OWNER,
    READ_COMMITTED,
    SUPERUSER,
    Connection,
    Database,
    column,
    make_decision,
    make_plan,
    make_task,
    value,
    wait_until_blocked,
)

GRAPHS = {"tasks": "parent", "decisions": "superseded_by"}
REPLICA = f"{SUPERUSER} -c session_replication_role=replica"
REFUSED = {"SH409", "40001"}
ROUNDS = 6


def make(connection: Connection, table: str, number: int) -> list[UUID]:
    plan = make_plan(connection)
    return [make_task(connection, plan) if table == "tasks" else make_decision(connection) for _ in range(number)]


def point(connection: Connection, table: str, row: UUID, at: UUID | None) -> None:
    connection.execute(f"update {table} set {GRAPHS[table]} = %s where id = %s", [at, row])


def loops(connection: Connection, table: str) -> int:
    link = GRAPHS[table]
    found: int = value(
        connection,
        f"with recursive reach (start, id) as (select id, {link} from {table} where {link} is not null"
        f" union select r.start, t.{link} from reach as r inner join {table} as t on r.id = t.id"
        f" where t.{link} is not null) select count(*) from reach where start = id",
    )
    return found


@pytest.fixture(params=[API, OWNER, SUPERUSER, REPLICA], ids=["api", "owner", "superuser", "replica"])
def writer(request: pytest.FixtureRequest, shared: Database) -> Iterator[Connection]:
    """Everybody who may write, even one for whom ordinary triggers sleep."""
    with closing(shared.connect(request.param)) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.mark.parametrize("table", GRAPHS)
@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_loop_is_refused_whatever_its_length(writer: Connection, table: str, length: int) -> None:
    nodes = make(writer, table, length)
    for row, at in pairwise(nodes):
        point(writer, table, row, at)
    with pytest.raises(psycopg.Error, match="that closes a cycle") as raised, writer.transaction():
        point(writer, table, nodes[-1], nodes[0])
    assert (raised.value.sqlstate, raised.value.diag.column_name) == ("SH409", GRAPHS[table])
    assert loops(writer, table) == 0


@pytest.mark.parametrize("table", GRAPHS)
def test_a_loop_within_one_statement_is_refused(api_tx: Connection, table: str) -> None:
    nodes = make(api_tx, table, 2)
    link = GRAPHS[table]
    others = f"(select o.id from {table} as o where o.id = any(%s) and o.id <> t.id)"
    with pytest.raises(psycopg.Error, match="that closes a cycle"), api_tx.transaction():
        api_tx.execute(f"update {table} as t set {link} = {others} where id = any(%s)", [nodes, nodes])


@pytest.mark.parametrize("table", GRAPHS)
def test_a_loop_of_new_rows_is_refused(owner_tx: Connection, table: str) -> None:
    make(owner_tx, table, 1)
    one, two = uuid4(), uuid4()
    columns = "workplan" if table == "tasks" else "topic"
    with pytest.raises(psycopg.Error, match="that closes a cycle"), owner_tx.transaction():
        owner_tx.execute(
            f"insert into {table} (id, title, {columns}, {GRAPHS[table]})"
            f" select v.id, 'x', t.{columns}, v.link from (values (%s::uuid, %s::uuid), (%s, %s)) as v (id, link),"
            f" (select {columns} from {table} limit 1) as t",
            [one, two, two, one],
        )


@pytest.mark.parametrize("table", GRAPHS)
@pytest.mark.parametrize("verb", ["upsert", "merge"])
def test_a_loop_by_upsert_or_merge_is_refused(api_tx: Connection, table: str, verb: str) -> None:
    link = GRAPHS[table]
    one, two = make(api_tx, table, 2)
    point(api_tx, table, one, two)
    code = value(api_tx, f"select code from {table} where id = %s", two)
    place = "workplan" if table == "tasks" else "topic"
    statement = {
        "upsert": f"insert into {table} (code, title, {place}) select '{code}', 'x', {place} from {table} limit 1"
        f" on conflict (lower(code)) do update set {link} = %s",
        "merge": f"merge into {table} as t using (values ('{code}')) as v (code) on t.code = v.code"
        f" when matched then update set {link} = %s",
    }[verb]
    with pytest.raises(psycopg.Error, match="that closes a cycle"), api_tx.transaction():
        api_tx.execute(statement, [one])


@pytest.mark.parametrize("table", GRAPHS)
def test_a_chain_may_be_turned_round_once_it_is_cut(api_tx: Connection, table: str) -> None:
    one, two = make(api_tx, table, 2)
    point(api_tx, table, one, two)
    point(api_tx, table, one, None)
    point(api_tx, table, two, one)
    assert column(api_tx, f"select id from {table} where {GRAPHS[table]} = %s", one) == [two]


# --- two writers who only together close a loop


@pytest.fixture
def sessions(database: Database, level: psycopg.IsolationLevel) -> Iterator[list[Connection]]:
    """Three sessions at that isolation level, which commit when told to."""
    with ExitStack() as stack:
        found = [stack.enter_context(closing(database.connect(API))) for _ in range(3)]
        for session in found:
            session.isolation_level = level
            session.autocommit = False
        yield found


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
def test_who_comes_second_waits_and_is_refused(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel
) -> None:
    first, second, _ = sessions
    one, two = make(owner, table, 2)
    second.execute("select 1 from tasks")  # a snapshot that is older than the other's commit
    point(first, table, one, two)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(point, second, table, two, one)
        wait_until_blocked(owner, second)
        first.commit()
        with pytest.raises(psycopg.Error) as raised:
            waiting.result()
    assert raised.value.sqlstate == ("SH409" if level is READ_COMMITTED else "40001")


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
def test_who_looked_before_the_other_committed_is_refused(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel
) -> None:
    first, second, _ = sessions
    one, two = make(owner, table, 2)
    second.execute("select 1 from tasks")
    point(first, table, one, two)
    first.commit()
    with pytest.raises(psycopg.Error) as raised:
        point(second, table, two, one)
    assert raised.value.sqlstate == ("SH409" if level is READ_COMMITTED else "40001")


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
@pytest.mark.parametrize("table", GRAPHS)
@pytest.mark.parametrize("number", [2, 3])
def test_writers_at_once_close_no_loop_and_do_not_deadlock(
    owner: Connection, sessions: list[Connection], table: str, level: psycopg.IsolationLevel, number: int
) -> None:
    start = threading.Barrier(number)

    def write(session: Connection, row: UUID, at: UUID) -> str | None:
        start.wait(20)
        try:
            point(session, table, row, at)
            session.commit()
        except psycopg.Error as error:
            session.rollback()
            return error.sqlstate
        return None

    with ThreadPoolExecutor(number) as pool:
        for _ in range(ROUNDS):
            nodes = make(owner, table, number)
            edges = [(nodes[n], nodes[(n + 1) % number]) for n in range(number)]
            refused = [state for state in pool.map(write, sessions, *zip(*edges, strict=True)) if state]
            assert set(refused) <= REFUSED
            assert 1 <= len(refused) < number
            assert level is not READ_COMMITTED or refused == ["SH409"]
    assert loops(owner, table) == 0
