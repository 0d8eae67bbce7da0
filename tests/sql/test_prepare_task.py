"""prepare_task() and the foreign key: what a task takes from its workplan."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.sql.world import (
    API,
    READ_COMMITTED,
    REPEATABLE_READ,
    Connection,
    Database,
    column,
    insert,
    is_blocked,
    make_plan,
    make_repo,
    make_task,
    value,
    wait_until,
)

STRAYS = "select t.code from tasks as t inner join workplans as w on t.workplan = w.id where t.repo <> w.repo"
Step = tuple[Connection, Callable[[], object]]
DUE = "2026-08-01 12:00+00"


@pytest.fixture
def plans(owner: Connection) -> list[UUID]:
    """A workplan of alpha, and one of beta."""
    return [make_plan(owner, repo=make_repo(owner, slug)) for slug in ("alpha", "beta")]


def repo_of(connection: Connection, task: UUID) -> object:
    named = "select r.slug from tasks as t inner join managed_repos as r on t.repo = r.id where t.id = %s"
    return value(connection, named, task)


def test_its_repository_is_that_of_its_workplan(owner: Connection, plans: list[UUID]) -> None:
    assert [repo_of(owner, make_task(owner, plan)) for plan in plans] == ["alpha", "beta"]


def test_another_repository_set_by_hand_does_not_stay(owner: Connection, plans: list[UUID]) -> None:
    task = make_task(owner, plans[0], repo=make_repo(owner, "beta"))
    assert repo_of(owner, task) == "alpha"
    owner.execute("update tasks set repo = %s", [make_repo(owner, "beta")])
    assert repo_of(owner, task) == "alpha"


def test_a_task_that_moves_to_another_workplan_changes_its_repository(owner: Connection, plans: list[UUID]) -> None:
    task = make_task(owner, plans[0])
    owner.execute("update tasks set workplan = %s", [plans[1]])
    assert repo_of(owner, task) == "beta"


def test_a_workplan_that_moves_takes_its_tasks_along(api: Connection, owner: Connection, plans: list[UUID]) -> None:
    tasks = [make_task(owner, plan) for plan in plans]
    api.execute("update workplans set repo = %s where id = %s", [make_repo(owner, "beta"), plans[0]])
    assert [repo_of(owner, task) for task in tasks] == ["beta", "beta"]
    assert column(owner, "select version from tasks order by code") == [2, 1]


@pytest.mark.parametrize("level", [READ_COMMITTED, REPEATABLE_READ], ids=lambda level: level.name)
@pytest.mark.parametrize("first", ["writer", "mover"])
def test_no_task_is_left_behind_when_it_is_written_while_its_workplan_moves(
    database: Database, owner: Connection, plans: list[UUID], first: str, level: psycopg.IsolationLevel
) -> None:
    beta = make_repo(owner, "beta")
    with closing(database.connect(API)) as writer, closing(database.connect(API)) as mover:
        steps: dict[str, Step] = {
            "writer": (writer, lambda: make_task(writer, plans[0])),
            "mover": (
                mover,
                lambda: mover.execute("update workplans set repo = %s where id = %s", [beta, plans[0]]),
            ),
        }
        one, step = steps.pop(first)
        ((other, other_step),) = steps.values()
        other.isolation_level = level
        with (
            suppress(psycopg.errors.SerializationFailure),
            ThreadPoolExecutor(1) as pool,
            other.transaction(),
        ):
            other.execute("select 1 from tasks")
            with one.transaction():
                step()
                running = pool.submit(other_step)
                wait_until(lambda: running.done() or is_blocked(owner, other), "the other waits, or is done")
            running.result()
    assert column(owner, STRAYS) == []


def test_its_due_date_is_that_of_its_workplan_where_it_has_none(owner: Connection) -> None:
    plan = make_plan(owner, due_at=DUE)
    make_task(owner, plan)
    make_task(owner, plan, due_at="2026-07-01")
    make_task(owner, make_plan(owner))
    dues = "select due_at = %s from tasks order by code"
    assert column(owner, dues, DUE) == [True, False, None]


def test_a_due_date_that_is_taken_away_stays_away(owner: Connection) -> None:
    task = make_task(owner, make_plan(owner, due_at=DUE))
    owner.execute("update tasks set due_at = null")
    assert value(owner, "select due_at from tasks where id = %s", task) is None


def test_an_unknown_workplan_or_repository_is_named_as_such(api: Connection) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as raised:
        make_task(api, uuid4())
    assert raised.value.diag.constraint_name == "tasks_workplan_known"
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as raised:
        insert(api, "workplans", repo=uuid4(), title="x")
    assert raised.value.diag.constraint_name == "workplans_repo_known"


def test_a_task_is_not_its_own_parent(api: Connection) -> None:
    task = make_task(api, make_plan(api))
    with pytest.raises(psycopg.errors.CheckViolation, match="tasks_parent_not_itself"):
        api.execute("update tasks set parent = id where id = %s", [task])
