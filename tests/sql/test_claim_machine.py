"""Claims against a model: whatever agents do, a task has at most one holder, and only the holder's number is good."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.sql import claims
from tests.sql.claims import Claim
from tests.sql.world import API, OWNER, QUICK, Connection, Database, depend, make_plan, make_task, temporary_database

AGENT, TASK = st.sampled_from(["ann", "bob", "eve"]), st.integers(0, 4)
STATUS = st.sampled_from(["wait", "todo", "progress", "done", "cancel"])
LIMIT = 2


@dataclass
class Model:
    """What is known of one task."""

    code: str
    priority: int
    assignee: str | None
    status: str = "todo"
    holder: str | None = None
    claim_seq: int = 0
    expired: bool = False
    needs: "list[Model]" = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        return self.holder is not None and not self.expired

    @property
    def ready(self) -> bool:
        free = all(needed.status in ("done", "cancel") for needed in self.needs)
        offered = self.status == "todo" or (self.status == "progress" and self.holder is not None)
        return free and offered and not self.held

    def end(self, status: str) -> None:
        self.status, self.holder, self.expired = status, None, False


def machine(server: str, template: str) -> type[RuleBasedStateMachine]:
    """Five tasks, three agents, and all that they may do; some of them with numbers of claims that are over."""

    class Claims(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()
            database: Database = self.stack.enter_context(temporary_database(server, template))
            self.api: Connection = self.stack.enter_context(closing(database.connect(API)))
            self.owner: Connection = self.stack.enter_context(closing(database.connect(OWNER)))
            self.seen: list[tuple[str, Claim]] = []

        def teardown(self) -> None:
            self.stack.close()

        @initialize(
            rows=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([None, None, "Ann"])), min_size=5, max_size=5)
        )
        def start(self, rows: list[tuple[int, str | None]]) -> None:
            plan = make_plan(self.api)
            self.tasks = [Model(f"T{n}", priority, assignee) for n, (priority, assignee) in enumerate(rows)]
            self.ids = [
                make_task(self.api, plan, code=t.code, priority=t.priority, assignee=t.assignee) for t in self.tasks
            ]

        def of(self, code: str) -> Model:
            return next(task for task in self.tasks if task.code == code)

        def full(self, agent: str) -> bool:
            return sum(task.held and task.holder == agent for task in self.tasks) >= LIMIT

        def refuses(self, call: Callable[[], object]) -> None:
            with claims.refused("."), self.api.transaction():
                call()

        def taken(self, agent: str, found: Claim, task: Model) -> None:
            task.told.append("claim" if task.holder is None else "takeover")
            task.status, task.holder, task.expired = "progress", agent, False
            task.claim_seq += 1
            assert (found.code, found.claim_seq) == (task.code, task.claim_seq)
            self.seen.append((agent, found))

        @rule(agent=AGENT)
        def claim(self, agent: str) -> None:
            if self.full(agent):
                self.refuses(lambda: claims.claim(self.api, agent, claim_limit=LIMIT))
                return
            mine = [t for t in self.tasks if t.ready and (t.assignee is None or t.assignee.lower() == agent)]
            late = [t for t in mine if t.status == "progress"]
            found = claims.claim(self.api, agent, claim_limit=LIMIT)
            if not mine:
                assert found is None
                return
            assert found
            self.taken(agent, found, min(late or mine, key=lambda t: (t.priority, t.code)))

        @rule(agent=AGENT, task=TASK)
        def claim_by_name(self, agent: str, task: int) -> None:
            wanted = self.tasks[task]
            if self.full(agent) or not wanted.ready:
                self.refuses(lambda: claims.claim(self.api, agent, task=wanted.code, claim_limit=LIMIT))
            else:
                self.taken(agent, claims.take(self.api, agent, task=wanted.code, claim_limit=LIMIT), wanted)

        @rule(data=st.data(), what=st.sampled_from(["heartbeat", "release", "complete"]))
        def use(self, data: st.DataObject, what: str) -> None:
            if not self.seen:
                return
            agent, claim = data.draw(st.sampled_from(self.seen))
            task = self.of(claim.code)
            call: Callable[..., object] = getattr(claims, what)
            good = task.holder == agent and task.claim_seq == claim.claim_seq
            if what == "heartbeat":
                asked = {"claim_limit": LIMIT}
                if not good or (task.expired and self.full(agent)):
                    self.refuses(lambda: call(self.api, claim, agent, **asked))
                else:
                    call(self.api, claim, agent, **asked)
                    task.expired = False
            elif not good:
                self.refuses(lambda: call(self.api, claim, agent))
            else:
                call(self.api, claim, agent)
                if what == "release" or task.status != "done":
                    task.told.append("release" if what == "release" else "status")
                task.end("done" if what == "complete" else "todo" if task.status == "progress" else task.status)

        @rule(task=TASK)
        def take_away(self, task: int) -> None:
            wanted = self.tasks[task]
            force = "select release_task(%s, 'boss', null, null, true)"
            if wanted.holder is None:
                self.refuses(lambda: self.api.execute(force, [wanted.code]))
            else:
                self.api.execute(force, [wanted.code])
                wanted.told.append("release")
                wanted.end("todo" if wanted.status == "progress" else wanted.status)

        @rule(task=TASK)
        def run_out(self, task: int) -> None:
            wanted = self.tasks[task]
            if wanted.holder is not None:
                claims.expire(self.api, Claim(self.ids[task], wanted.code, wanted.claim_seq))
                wanted.expired = True

        @rule(task=TASK, status=STATUS)
        def edit(self, task: int, status: str) -> None:
            wanted = self.tasks[task]
            self.api.execute("update tasks set status = %s where id = %s", [status, self.ids[task]])
            if wanted.status != status:
                wanted.told.append("status")
            wanted.status = status
            if status in ("done", "cancel"):
                wanted.end(status)

        @rule(waits=st.integers(1, 4), needs=st.integers(0, 3))
        def link(self, waits: int, needs: int) -> None:
            if needs < waits and self.tasks[needs] not in self.tasks[waits].needs:
                depend(self.api, self.ids[waits], self.ids[needs])
                self.tasks[waits].needs.append(self.tasks[needs])
                self.tasks[waits].told.append("changed")

        @rule()
        def settle(self) -> None:
            self.owner.execute("select settle()")

        @invariant()
        def the_database_is_as_the_model(self) -> None:
            rows = self.api.execute(
                "select t.status::text, c.claimed_by, coalesce(c.claim_seq, 0), array(select e.event_type::text"
                " from progress_events as e where e.task = t.id and e.event_type <> 'created' order by e.id)"
                " from tasks as t left join task_claims as c on c.task = t.id order by t.code"
            ).fetchall()
            assert rows == [(t.status, t.holder, t.claim_seq, t.told) for t in self.tasks]

    return Claims


def test_claims_are_as_a_model_has_them(server: str, template: str) -> None:
    run_state_machine_as_test(machine(server, template), settings=QUICK)
