"""Hypothesis does whatever can be done over HTTP and by psql; the summary says what plain SQL says, each time."""

from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from typing import Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.conftest import OWNER, READER, Database
from tests.faults.documents import patches, priorities, texts, times
from tests.faults.oracle import Oracle, comparable_core
from tests.running import SUMMARY, Answer, Hub, running

LIMIT = 3  # so that lists are cut
NUMBERS = count(1)


class Changes(RuleBasedStateMachine):
    """Every rule is a change and then a look."""

    hub: ClassVar[Hub]
    oracle: ClassVar[Oracle]
    connection: ClassVar[psycopg.Connection[Any]]
    owner: ClassVar[psycopg.Connection[Any]]
    looks: ClassVar[int] = 0

    topics, repos, workplans = Bundle("topics"), Bundle("repos"), Bundle("workplans")
    tasks, decisions = Bundle("tasks"), Bundle("decisions")

    def written(self, answer: Answer) -> Any:
        """The row, once the summary has it."""
        assert answer.status in (200, 201), answer.body
        self.look(self.hub.get(SUMMARY, X_StateHub_Min_Revision=answer.headers["X-StateHub-Revision"]))
        return answer.json

    def look(self, answer: Answer) -> None:
        """The same at the same revision; settling may bump it in between, so until both have seen one."""
        for _ in range(20):
            assert answer.status == 200, answer.body
            found = answer.json
            token = found["revision"]
            epoch = token["token"].split(".")[0]
            self.oracle.look(self.connection)
            expected = self.oracle.core_at((epoch, token["core"])), self.oracle.progress_at((epoch, token["progress"]))
            if None not in expected:
                core = {k: v for k, v in found.items() if k in expected[0]}
                assert comparable_core(core) == expected[0]
                assert found["recent_progress"] == expected[1]
                assert not self.oracle.violations
                type(self).looks += 1
                return
            answer = self.hub.get(SUMMARY + "?refresh=true")
        raise AssertionError("the revision never stands still")

    @rule(target=topics, title=texts)
    def create_topic(self, title: str) -> str:
        slug = f"topic-{next(NUMBERS)}"
        self.written(self.hub.post("/topics", {"slug": slug, "title": title, "domain": "infotech"}))
        return slug

    @rule(target=repos, name=texts)
    def create_repo(self, name: str) -> str:
        slug = f"repo-{next(NUMBERS)}"
        self.written(self.hub.post("/repos", {"slug": slug, "name": name, "domain": "infotech"}))
        return slug

    @rule(target=workplans, repo=repos, topic=st.none() | topics, title=texts, more=patches("workplans"))
    def create_workplan(self, repo: str, topic: str | None, title: str, more: dict[str, Any]) -> str:
        return str(
            self.written(self.hub.post("/workplans", {**more, "repo": repo, "topic": topic, "title": title}))["code"]
        )

    @rule(target=tasks, workplan=workplans, title=texts, more=patches("tasks"))
    def create_task(self, workplan: str, title: str, more: dict[str, Any]) -> str:
        return str(self.written(self.hub.post("/tasks", {**more, "workplan": workplan, "title": title}))["code"])

    @rule(target=decisions, workplan=workplans, title=texts, more=patches("decisions"))
    def create_decision(self, workplan: str, title: str, more: dict[str, Any]) -> str:
        return str(self.written(self.hub.post("/decisions", {**more, "workplan": workplan, "title": title}))["code"])

    @rule(data=st.data(), topic=topics)
    def patch_topic(self, data: st.DataObject, topic: str) -> None:
        self.written(self.hub.patch(f"/topics/{topic}", data.draw(patches("topics"))))

    @rule(data=st.data(), repo=repos)
    def patch_repo(self, data: st.DataObject, repo: str) -> None:
        self.written(self.hub.patch(f"/repos/{repo}", data.draw(patches("repos"))))

    @rule(data=st.data(), plan=workplans, topic=st.none() | topics)
    def patch_workplan(self, data: st.DataObject, plan: str, topic: str | None) -> None:
        self.written(self.hub.patch(f"/workplans/{plan}", {**data.draw(patches("workplans")), "topic": topic}))

    @rule(data=st.data(), task=tasks, plan=workplans)
    def patch_and_move_task(self, data: st.DataObject, task: str, plan: str) -> None:
        self.written(self.hub.patch(f"/tasks/{task}", {**data.draw(patches("tasks")), "workplan": plan}))

    @rule(data=st.data(), decision=decisions)
    def patch_decision(self, data: st.DataObject, decision: str) -> None:
        self.written(self.hub.patch(f"/decisions/{decision}", data.draw(patches("decisions"))))

    @rule(topic=topics)
    def end_topic(self, topic: str) -> None:
        self.written(self.hub.delete(f"/topics/{topic}"))

    @rule(repo=repos)
    def end_repo(self, repo: str) -> None:
        self.written(self.hub.delete(f"/repos/{repo}"))

    @rule(plan=workplans)
    def end_workplan(self, plan: str) -> None:
        self.written(self.hub.delete(f"/workplans/{plan}"))

    @rule(task=tasks)
    def end_task(self, task: str) -> None:
        self.written(self.hub.delete(f"/tasks/{task}"))

    @rule(decision=decisions)
    def end_decision(self, decision: str) -> None:
        self.written(self.hub.delete(f"/decisions/{decision}"))

    @rule(text=texts, at=times)
    def append(self, text: str, at: str | None) -> None:
        self.written(self.hub.post("/progress", {"summary": text} | ({"occurred_at": at} if at else {})))

    @rule(
        plan=workplans, number=st.integers(0, 4), priority=priorities, rolled_back=st.booleans(), silent=st.booleans()
    )
    def change_many(self, plan: str, number: int, priority: int, rolled_back: bool, silent: bool) -> None:
        with self.owner.transaction(force_rollback=rolled_back):
            if silent:
                self.owner.execute("set local statehub.notify = off")
            self.owner.execute(
                "insert into tasks (workplan, title, status)"
                " select row_id('workplans', %s), 'many', 'wait' from generate_series(1, %s)",
                [plan, number],
            )
            with self.owner.transaction(force_rollback=silent):
                self.owner.execute("update tasks set status = 'done' where random() < 0.3")
            self.owner.execute("update tasks set priority = %s where status = 'wait' and random() < 0.5", [priority])
            self.owner.execute("update workplans set priority = %s where code = %s", [priority, plan])
        self.look(self.hub.get(SUMMARY + "?refresh=true"))

    @rule(plan=workplans, other=workplans)
    def depend(self, plan: str, other: str) -> None:
        with suppress(psycopg.Error):  # a cycle
            self.owner.execute(
                "insert into workplan_dependencies (workplan, depends_on)"
                " select row_id('workplans', %s), row_id('workplans', %s) on conflict do nothing",
                [plan, other],
            )
        self.look(self.hub.get(SUMMARY + "?refresh=true"))

    @rule()
    def fold(self) -> None:
        self.owner.execute("select fold(), settle()")
        self.look(self.hub.get(SUMMARY + "?refresh=true"))


@pytest.fixture
def changes(database: Database) -> Iterator[type[Changes]]:
    """The machine, on a database of its own."""
    with running(database, summary_limit=LIMIT) as hub:
        yield _bound(hub, database)
        Changes.connection.close()
        Changes.owner.close()


def _bound(hub: Hub, database: Database) -> type[Changes]:
    Changes.hub, Changes.oracle, Changes.looks = hub, Oracle(database, LIMIT), 0
    Changes.connection = database.connect(READER + " -c timezone=UTC")
    Changes.owner = database.connect(OWNER)
    return Changes


def test_the_summary_is_what_plain_sql_says_after_any_changes(changes: type[Changes]) -> None:
    run_state_machine_as_test(
        changes,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse, Phase.generate],  # each step is a commit: to shrink would take minutes
            print_blob=True,
        ),
    )
    assert changes.looks > 100
    with closing(changes.hub.database.connect(OWNER)) as connection:
        assert connection.execute("select count(*) from verify_totals()").fetchone() == (0,)
