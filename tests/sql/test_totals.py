"""current_totals, current_workplan_totals: equal to count(*) whatever happens, in whatever order."""

from contextlib import ExitStack, closing
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.sql.world import (
    IMPATIENT,
    OWNER,
    QUICK,
    SUPERUSER,
    Connection,
    Database,
    column,
    make_decision,
    make_plan,
    temporary_database,
    value,
    wrong_totals,
)

STATUSES = st.sampled_from(["wait", "todo", "progress", "done", "cancel"])
PLAN_STATUSES = st.sampled_from(["proposed", "ready", "active", "finished"])
SESSIONS = st.sampled_from([0, 1])
PICK = st.integers(0, 7)
# a row that no other session has locked, so that one thread can drive both
ONE = "(select id from {} order by id offset %s limit 1 for no key update skip locked)"


def machine(server: str, template: str) -> type[RuleBasedStateMachine]:
    """Two sessions with transactions that overlap, and a third one that looks on and folds."""

    class TwoSessions(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()
            self.database: Database = self.stack.enter_context(temporary_database(server, template))
            # no event refers to a row, so it can be deleted
            self.sessions = [self.connect(f"{IMPATIENT} -c statehub.bulk=on") for _ in range(2)]
            for session in self.sessions:
                session.autocommit = False
            self.third = self.connect(OWNER)
            self.superuser = self.connect(SUPERUSER)
            self.superuser.execute("set session_replication_role = replica")
            self.plans = [make_plan(self.third) for _ in range(2)]
            self.codes = 0

        def connect(self, options: str) -> Connection:
            return self.stack.enter_context(closing(self.database.connect(options)))

        def teardown(self) -> None:
            self.stack.close()

        def insert_tasks(self, session: int, number: int, status: str, plan: int) -> None:
            self.codes += 1
            self.sessions[session].execute(
                "insert into tasks (code, workplan, title, status)"
                " select format('T%%s-%%s', %s::int, n), %s, 'x', %s from generate_series(1, %s) as n",
                [self.codes, self.plans[plan], status, number],
            )

        @initialize(number=st.integers(3, 6))
        def start(self, number: int) -> None:
            self.insert_tasks(0, number, "todo", 0)
            self.commit_all_and_fold()

        @rule(session=SESSIONS, number=st.integers(0, 3), status=STATUSES, plan=SESSIONS)
        def insert(self, session: int, number: int, status: str, plan: int) -> None:
            self.insert_tasks(session, number, status, plan)

        @rule(session=SESSIONS, status=STATUSES, pick=PICK)
        def change_status(self, session: int, status: str, pick: int) -> None:
            self.run(session, f"update tasks set status = %s where id = {ONE.format('tasks')}", status, pick)

        @rule(session=SESSIONS, plan=SESSIONS, pick=PICK)
        def move(self, session: int, plan: int, pick: int) -> None:
            self.run(
                session,
                f"update tasks set workplan = %s where id = {ONE.format('tasks')}",
                self.plans[plan],
                pick,
            )

        @rule(session=SESSIONS, status=STATUSES, was=STATUSES)
        def change_many(self, session: int, status: str, was: str) -> None:
            self.run(
                session,
                "update tasks set status = %s where id in"
                " (select id from tasks where status = %s for no key update skip locked)",
                status,
                was,
            )

        @rule(session=SESSIONS, status=PLAN_STATUSES, pick=PICK)
        def change_plan(self, session: int, status: str, pick: int) -> None:
            self.run(
                session,
                f"update workplans set status = %s where id = {ONE.format('workplans')}",
                status,
                pick,
            )

        @rule(session=SESSIONS)
        def decide(self, session: int) -> None:
            make_decision(self.sessions[session])

        @rule(session=SESSIONS, status=STATUSES, pick=PICK)
        def change_under_a_savepoint_that_is_rolled_back(self, session: int, status: str, pick: int) -> None:
            with self.sessions[session].transaction(force_rollback=True):
                self.change_status(session, status, pick)
                self.insert_tasks(session, 1, status, 0)

        @rule(pick=PICK)
        def delete_by_hand(self, pick: int) -> None:
            self.superuser.execute(
                f"delete from tasks where id = {ONE.format('tasks').replace('no key update', 'update')}",
                [pick],
            )

        @rule(session=SESSIONS)
        def commit(self, session: int) -> None:
            self.sessions[session].commit()

        @rule(session=SESSIONS)
        def roll_back(self, session: int) -> None:
            self.sessions[session].rollback()

        @rule()
        def commit_all_and_fold(self) -> None:
            for session in self.sessions:
                session.commit()
            self.fold()

        @rule()
        def fold(self) -> None:
            self.third.execute("select fold()")

        @rule(session=SESSIONS)
        def fold_within_a_transaction(self, session: int) -> None:
            self.sessions[session].execute("select fold()")

        @invariant()
        def every_total_is_right_in_every_session(self) -> None:
            for connection in [self.third, *self.sessions]:
                assert wrong_totals(connection) == []

        def run(self, session: int, statement: str, *params: Any) -> None:
            self.sessions[session].execute(statement, params)

    return TwoSessions


def test_totals_equal_the_count_after_any_mix_of_transactions(server: str, template: str) -> None:
    run_state_machine_as_test(machine(server, template), settings=QUICK)


def test_totals_name_each_status_that_has_rows(owner: Connection) -> None:
    plan = make_plan(owner, status="active")
    owner.execute("insert into tasks (workplan, title, status) values (%s, 'x', 'done'), (%s, 'y', 'wait')", [plan] * 2)
    named = "select tbl || ' ' || key || ' ' || n from current_totals where n <> 0 order by 1"
    assert column(owner, named) == ["tasks done 1", "tasks wait 1", "topics active 6", "workplans active 1"]
    assert value(owner, "select sum(n) from current_workplan_totals where workplan = %s", plan) == 2
