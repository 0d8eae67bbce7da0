"""task_dependencies, workplan_dependencies: they point at what exists, and have no cycle."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.sql.world import Connection, depend, insert, make_plan, make_repo, make_task, value

Make = Callable[[Connection], UUID]


def task_of_a_plan(connection: Connection) -> UUID:
    return make_task(connection, make_plan(connection))


def task_of_a_repo_of_its_own(connection: Connection) -> UUID:
    repo = make_repo(connection, f"repo-{uuid4().hex[:8]}")
    return make_task(connection, make_plan(connection, repo=repo))


GRAPHS = [
    pytest.param("task_dependencies", task_of_a_plan, id="tasks"),
    pytest.param("task_dependencies", task_of_a_repo_of_its_own, id="tasks across repositories"),
    pytest.param("workplan_dependencies", make_plan, id="workplans"),
]


@pytest.mark.parametrize(("table", "make"), GRAPHS)
@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_cycle_is_refused_whatever_its_length(api_tx: Connection, table: str, make: Make, length: int) -> None:
    nodes = [make(api_tx) for _ in range(length)]
    for waits, needs in pairwise(nodes):
        depend(api_tx, waits, needs, table)
    with (
        pytest.raises(psycopg.Error, match=r"cannot depend on .*: that closes a cycle") as raised,
        api_tx.transaction(),
    ):
        depend(api_tx, nodes[-1], nodes[0], table)
    assert (raised.value.sqlstate, raised.value.diag.column_name) == ("SH409", "depends_on")
    assert value(api_tx, f"select count(*) from {table}") == length - 1


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_a_cycle_within_one_statement_is_refused(api_tx: Connection, table: str, make: Make) -> None:
    one, two = make(api_tx), make(api_tx)
    with pytest.raises(psycopg.Error) as raised, api_tx.transaction():
        api_tx.execute(
            f"insert into {table} ({table.removesuffix('_dependencies')}, depends_on) values (%s, %s), (%s, %s)",
            [one, two, two, one],
        )
    assert raised.value.sqlstate == "SH409"


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_a_cycle_by_update_is_refused(owner_tx: Connection, table: str, make: Make) -> None:
    one, two, three = make(owner_tx), make(owner_tx), make(owner_tx)
    depend(owner_tx, one, two, table)
    depend(owner_tx, two, three, table)
    with pytest.raises(psycopg.Error) as raised, owner_tx.transaction():
        owner_tx.execute(f"update {table} set depends_on = %s where depends_on = %s", [one, three])
    assert raised.value.sqlstate == "SH409"


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_a_diamond_is_no_cycle(api_tx: Connection, table: str, make: Make) -> None:
    top, left, right, bottom = (make(api_tx) for _ in range(4))
    for waits, needs in [(top, left), (top, right), (left, bottom), (right, bottom), (top, bottom)]:
        depend(api_tx, waits, needs, table)
    assert value(api_tx, f"select count(*) from {table}") == 5


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_a_row_does_not_depend_on_itself(api_tx: Connection, table: str, make: Make) -> None:
    one = make(api_tx)
    with pytest.raises(psycopg.errors.CheckViolation, match=f"{table}_not_itself"), api_tx.transaction():
        depend(api_tx, one, one, table)


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_a_dependency_is_made_once(api_tx: Connection, table: str, make: Make) -> None:
    one, two = make(api_tx), make(api_tx)
    depend(api_tx, one, two, table)
    with pytest.raises(psycopg.errors.UniqueViolation, match=f"{table}_pkey"), api_tx.transaction():
        depend(api_tx, one, two, table)


@pytest.mark.parametrize(("table", "make"), GRAPHS)
def test_what_it_points_at_exists(api_tx: Connection, table: str, make: Make) -> None:
    one, nobody = make(api_tx), uuid4()
    for waits, needs, constraint in [
        (one, nobody, "depends_on"),
        (nobody, one, table.removesuffix("_dependencies")),
    ]:
        with (
            pytest.raises(psycopg.errors.ForeignKeyViolation, match=f"{table}_{constraint}_known"),
            api_tx.transaction(),
        ):
            depend(api_tx, waits, needs, table)


REMOVED: list[Any] = [
    pytest.param("task_dependencies", task_of_a_plan, "tasks", id="tasks"),
    pytest.param("workplan_dependencies", make_plan, "workplans", id="workplans"),
]


@pytest.mark.parametrize(("table", "make", "kind"), REMOVED)
def test_a_dependency_is_taken_back_by_short_name_and_may_be_turned_round(
    api_tx: Connection, table: str, make: Make, kind: str
) -> None:
    one, two = make(api_tx), make(api_tx)
    depend(api_tx, one, two, table)
    remove = f"select remove_{table[:-3]}y(lower(o.code), t.id::text) from {kind} as o, {kind} as t"
    remove += " where o.id = %s and t.id = %s"
    assert value(api_tx, remove, one, two) is True
    assert value(api_tx, f"select count(*) from {table}") == 0
    assert value(api_tx, remove, one, two) is False
    depend(api_tx, two, one, table)


@pytest.mark.parametrize(("table", "make", "kind"), REMOVED)
def test_taking_back_what_is_unknown_says_so(api_tx: Connection, table: str, make: Make, kind: str) -> None:
    code = value(api_tx, f"select code from {kind} where id = %s", make(api_tx))
    for names in [(code, "nowhere"), ("nowhere", code)]:
        with pytest.raises(psycopg.Error, match=r"There is no .* nowhere") as raised, api_tx.transaction():
            api_tx.execute(f"select remove_{table[:-3]}y(%s, %s)", names)
        assert raised.value.sqlstate == "SH404"


def test_a_new_dependency_starts_at_version_one(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    one, two = make_task(api_tx, plan), make_task(api_tx, plan)
    assert insert(api_tx, "task_dependencies", "version", task=one, depends_on=two) == 1
