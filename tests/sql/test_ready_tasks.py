"""ready_tasks: the flag and what is unsettled, together, are the plain join at every moment."""

from contextlib import ExitStack, closing, suppress
from uuid import UUID

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.sql.world import (
    API,
    OWNER,
    QUICK,
    READY,
    Connection,
    Database,
    column,
    depend,
    insert,
    make_plan,
    make_task,
    ready,
    temporary_database,
    value,
)

TASK_STATUSES = st.sampled_from(["wait", "todo", "todo", "progress", "done", "done", "cancel"])
PLAN_STATUSES = st.sampled_from(["proposed", "ready", "active", "blocked", "finished", "archived"])
PLAN, TASK, HOURS = st.integers(0, 2), st.integers(0, 5), st.sampled_from([None, -1, 1])
WRONG_FLAGS = "select code from tasks as t where queued <> task_is_ready(t.status, t.workplan, t.id)"


def machine(server: str, template: str) -> type[RuleBasedStateMachine]:
    """Three workplans, six tasks and more, and all that can make one of them ready or not."""

    class Queue(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()
            database: Database = self.stack.enter_context(temporary_database(server, template))
            self.api: Connection = self.stack.enter_context(closing(database.connect(API)))
            self.owner: Connection = self.stack.enter_context(closing(database.connect(OWNER)))

        def teardown(self) -> None:
            self.stack.close()

        @initialize(plans=st.lists(PLAN, min_size=6, max_size=6))
        def start(self, plans: list[int]) -> None:
            self.plans = [make_plan(self.api) for _ in range(3)]
            self.tasks = [make_task(self.api, self.plans[plan]) for plan in plans]

        @rule(task=TASK, status=TASK_STATUSES)
        def change_task(self, task: int, status: str) -> None:
            self.api.execute("update tasks set status = %s where id = %s", [status, self.tasks[task]])

        @rule(plan=PLAN, status=PLAN_STATUSES)
        def change_plan(self, plan: int, status: str) -> None:
            self.api.execute("update workplans set status = %s where id = %s", [status, self.plans[plan]])

        @rule(status=TASK_STATUSES)
        def change_all(self, status: str) -> None:
            self.api.execute("update tasks set status = %s", [status])

        @rule(plan=PLAN, status=TASK_STATUSES)
        def add(self, plan: int, status: str) -> None:
            make_task(self.api, self.plans[plan], status=status)

        @rule(task=TASK, plan=PLAN)
        def move(self, task: int, plan: int) -> None:
            self.api.execute("update tasks set workplan = %s where id = %s", [self.plans[plan], self.tasks[task]])

        @rule(waits=TASK, needs=TASK)
        def link(self, waits: int, needs: int) -> None:
            self.attempt(self.tasks[waits], self.tasks[needs], "task_dependencies")

        @rule(waits=PLAN, needs=PLAN)
        def link_plans(self, waits: int, needs: int) -> None:
            self.attempt(self.plans[waits], self.plans[needs], "workplan_dependencies")

        @rule(waits=TASK, needs=TASK)
        def unlink(self, waits: int, needs: int) -> None:
            names = [str(self.tasks[waits]), str(self.tasks[needs])]
            self.api.execute("select remove_task_dependency(%s, %s)", names)

        @rule(waits=PLAN, needs=PLAN)
        def unlink_plans(self, waits: int, needs: int) -> None:
            names = [str(self.plans[waits]), str(self.plans[needs])]
            self.api.execute("select remove_workplan_dependency(%s, %s)", names)

        @rule(task=TASK, hours=HOURS)
        def claim(self, task: int, hours: int | None) -> None:
            who = None if hours is None else "me"
            self.api.execute(
                "insert into task_claims (task, claimed_by, claimed_at, lease_expires_at)"
                " values (%(task)s, %(who)s, now() + %(at)s, now() + %(at)s) on conflict (task) do update set"
                " (claimed_by, claimed_at, lease_expires_at) = (%(who)s, now() + %(at)s, now() + %(at)s)",
                {"task": self.tasks[task], "who": who, "at": who and f"{hours} hours"},
            )

        @rule()
        def settle(self) -> None:
            self.owner.execute("select settle()")
            assert column(self.owner, WRONG_FLAGS) == []
            assert value(self.owner, "select count(*) from unsettled") == 0

        @invariant()
        def what_is_ready_is_what_the_plain_join_says(self) -> None:
            assert ready(self.api) == sorted(column(self.api, READY))

        def attempt(self, waits: UUID, needs: UUID, table: str) -> None:
            with suppress(psycopg.Error), self.api.transaction():
                depend(self.api, waits, needs, table)

    return Queue


def test_ready_tasks_are_those_of_the_plain_join_after_any_mix_of_changes(server: str, template: str) -> None:
    run_state_machine_as_test(machine(server, template), settings=QUICK)


def test_ready_tasks_come_by_priority_due_date_and_position(api: Connection) -> None:
    plan = make_plan(api, due_at="2026-05-01")
    for code, priority, due, position in [
        ("last", 3, "2026-01-01", 0),
        ("third", 2, "2026-02-01", 2),
        ("second", 2, "2026-02-01", 1),
        ("fourth", 2, None, 0),
        ("first", 0, "2027-01-01", 9),
    ]:
        make_task(api, plan, code=code, priority=priority, due_at=due, position=position)
    assert column(api, "select code from ready_tasks") == ["first", "second", "third", "fourth", "last"]


def test_a_lease_that_has_run_out_makes_a_task_ready_again(api: Connection) -> None:
    task = make_task(api, make_plan(api), code="TASK", status="progress")
    assert ready(api) == []
    lease = "update task_claims set lease_expires_at = clock_timestamp() + %s::interval"
    insert(api, "task_claims", "task", task=task, claimed_by="me", claimed_at="now", lease_expires_at="now")
    for hours, expected in [("1 hour", []), ("-1 hour", ["TASK"]), ("1 hour", [])]:
        api.execute(lease, [hours])
        assert ready(api) == expected
