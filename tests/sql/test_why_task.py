"""why_task(): a sentence for each obstacle, and the same as data; its verdict is that of ready_tasks."""

from itertools import product
from typing import Any

import pytest

from tests.sql.claims import expire, take
from tests.sql.world import Connection, column, depend, make_plan, make_task, ready, value

HOLD = "update task_claims set claimed_by = 'ann', claimed_at = now(), lease_expires_at = now() + %s::interval"


def why(connection: Connection, code: str = "T") -> dict[str, Any]:
    """What the function says."""
    found: dict[str, Any] = value(connection, "select why_task(row_id('tasks', %s))", code)
    return found


@pytest.fixture
def world(api_tx: Connection) -> Connection:
    """The task T in the workplan PLAN."""
    make_task(api_tx, make_plan(api_tx, code="PLAN"), code="T")
    return api_tx


def test_a_ready_task_says_so(world: Connection) -> None:
    assert why(world)["why"] == ["T is ready: nobody holds it, and all that it waits for is done."]
    world.execute("update tasks set assignee = 'ann'")
    assert why(world)["why"][1:] == ["It is assigned to ann: the queue hands it to nobody else."]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("status = 'done'", "T is done."),
        ("status = 'cancel'", "T is cancelled."),
        ("status = 'wait'", "T waits."),
        ("status = 'wait', waiting_on = 'an answer'", "T waits for an answer."),
        ("status = 'progress'", "T is in progress without a claim: somebody is at it."),
    ],
)
def test_its_status_may_be_the_obstacle(world: Connection, change: str, said: str) -> None:
    world.execute(f"update tasks set {change}")
    assert (why(world)["ready"], why(world)["why"]) == (False, [said])


def test_a_claim_names_its_holder_and_its_end(world: Connection) -> None:
    held = take(world, "ann")
    found = why(world)
    assert found["why"][0].startswith("T is held by ann under claim 1, since 20")
    assert (found["claim"]["claimed_by"], found["claim"]["claim_seq"], found["claim"]["expired"]) == ("ann", 1, False)
    expire(world, held)
    found = why(world)
    assert (found["ready"], found["claim"]["expired"]) == (True, True)
    assert found["why"][0].startswith("T is ready: the lease of ann (claim 1) ran out at 20")


def test_every_obstacle_has_its_sentence(world: Connection) -> None:
    plan, task = value(world, "select id from workplans"), value(world, "select id from tasks")
    depend(world, plan, make_plan(world, code="FIRST", status="active"), "workplan_dependencies")
    depend(world, plan, make_plan(world, code="OVER", status="finished"), "workplan_dependencies")
    other = make_plan(world, code="OTHER")
    depend(world, task, make_task(world, other, code="OPEN"))
    depend(world, task, make_task(world, other, code="SHUT", status="done"))
    world.execute("update workplans set status = 'backlog' where code = 'PLAN'")
    found = why(world)
    assert found["why"] == [
        "Its workplan PLAN is backlog; work is handed out when it is ready or active.",
        "Its workplan PLAN waits for workplan FIRST, which is active.",
        "T waits for OPEN, which is todo.",
    ]
    assert found["workplan"] == {"code": "PLAN", "title": "A plan", "status": "backlog"}
    assert found["open_dependencies"] == [{"code": "OPEN", "title": "A task", "status": "todo"}]
    assert found["open_workplan_dependencies"] == [{"code": "FIRST", "title": "A plan", "status": "active"}]


@pytest.mark.parametrize("held", [None, "running", "expired"])
def test_its_verdict_is_that_of_the_queue(world: Connection, held: str | None) -> None:
    needed = make_task(world, value(world, "select id from workplans"), code="NEEDED")
    depend(world, value(world, "select id from tasks where code = 'T'"), needed)
    if held:
        world.execute(
            "insert into task_claims (task, claimed_by, claimed_at, lease_expires_at)"
            " select id, 'ann', now(), now() + %s::interval from tasks where code = 'T'",
            ["1 hour" if held == "running" else "-1 hour"],
        )
    words = column(world, "select value from vocabularies where name = 'task_status'")
    for status, other, plan in product(words, ("todo", "done"), ("active", "blocked")):
        world.execute("update tasks set status = %s where code = 'T'", [status])
        world.execute("update tasks set status = %s where code = 'NEEDED'", [other])
        world.execute("update workplans set status = %s", [plan])
        if held and status == "progress":
            world.execute(HOLD, ["1 hour" if held == "running" else "-1 hour"])
        assert why(world)["ready"] == ("T" in ready(world)), (status, other, plan)
