"""offer_finished(), finishable: a workplan with nothing left to do is offered as finished, once, and never set so."""

from contextlib import closing
from typing import Any

import pytest

from tests.sql.world import API, Connection, Database, column, make_plan, make_task, value

OFFERS = """
    select e.summary from progress_events as e where e.event_type = 'note' and e.author_kind = 'system' order by e.id
"""


def settled(connection: Connection, change: str = "select 1") -> list[Any]:
    """All offers, after a change was settled."""
    connection.execute(change)
    connection.execute("select settle()")
    return column(connection, OFFERS)


def finishable(connection: Connection) -> bool:
    """What is served with the workplan."""
    return bool(value(connection, "select finishable from workplan_rows where code = 'PLAN'"))


@pytest.fixture
def world(owner: Connection) -> Connection:
    """The workplan PLAN, with the tasks A and B."""
    plan = make_plan(owner, code="PLAN")
    for code in ("A", "B"):
        make_task(owner, plan, code=code)
    return owner


def test_the_last_task_offers_the_workplan_once(world: Connection) -> None:
    assert settled(world, "update tasks set status = 'done' where code = 'A'") == []
    assert not finishable(world)
    offer = ["Workplan PLAN can be finished: its 2 tasks are done or cancelled"]
    assert settled(world, "update tasks set status = 'cancel' where code = 'B'") == offer
    assert finishable(world)
    assert value(world, "select status::text from workplans") == "ready"
    for edit in ("title = 'x'", "status = 'cancel'", "status = 'done'"):
        assert settled(world, f"update tasks set {edit}") == offer


@pytest.mark.parametrize(
    "change",
    [
        "update tasks set status = 'todo' where code = 'A'",
        "insert into tasks (workplan, title, code) select id, 'New', 'NEW' from workplans",
    ],
    ids=["reopened", "added"],
)
def test_it_is_offered_again_after_more_work_came(world: Connection, change: str) -> None:
    assert len(settled(world, "update tasks set status = 'done'")) == 1
    assert len(settled(world, change)) == 1
    assert not finishable(world)
    assert len(settled(world, "update tasks set status = 'done'")) == 2


@pytest.mark.parametrize("status", ["finished", "archived"])
def test_what_is_finished_is_not_offered(world: Connection, status: str) -> None:
    world.execute("update workplans set status = %s::workplan_status", [status])
    assert settled(world, "update tasks set status = 'done'") == []
    assert not finishable(world)


def test_a_workplan_without_tasks_is_not_finishable(owner: Connection) -> None:
    make_plan(owner, code="PLAN")
    assert settled(owner) == []
    assert not finishable(owner)


def test_two_who_finish_the_last_two_at_once_offer_it_too(database: Database, world: Connection) -> None:
    with (
        closing(database.connect(API)) as one,
        closing(database.connect(API)) as other,
        one.transaction(),
        other.transaction(),
    ):
        one.execute("update tasks set status = 'done' where code = 'A'")
        other.execute("update tasks set status = 'done' where code = 'B'")
    assert len(settled(world)) == 1
