"""claim_task(), claim_queued(), next_task(), take_task(): one ready task to one agent, in a fair order."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from threading import Barrier
from typing import Any

import psycopg
import pytest

from tests.sql.claims import claim, claim_events, expire, heartbeat, refused, release, take
from tests.sql.world import (
    API,
    REPEATABLE_READ,
    Connection,
    Database,
    column,
    depend,
    make_plan,
    make_repo,
    make_task,
    ready,
    value,
    wait_until_blocked,
)


def codes(connection: Connection, agent: str = "ann", **asked: Any) -> list[str]:
    """Everything that this agent gets, one claim after the other."""
    found = []
    while held := claim(connection, agent, **asked):
        found.append(held.code)
    return found


def test_a_claim_sets_holder_lease_and_status_and_leaves_the_assignee(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T", assignee="ann")
    held = take(api_tx, "ann", lease="90 seconds")
    kept = "claim_seq, claimed_by, lease::text, lease_expires_at - claimed_at = lease"
    assert api_tx.execute(f"select {kept} from task_claims").fetchall() == [(1, "ann", "00:01:30", True)]
    assert api_tx.execute("select status::text, assignee from tasks").fetchall() == [("progress", "ann")]
    assert held.claim_seq == 1
    assert claim(api_tx, "bob") is None


def test_tasks_are_handed_out_by_priority_due_date_position_and_code(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    for code, priority, due, position in [
        ("f", 3, "2026-01-01", 0),
        ("c", 2, "2026-02-01", 2),
        ("b", 2, "2026-02-01", 1),
        ("e", 2, None, 0),
        ("d", 2, None, 0),
        ("a", 0, "2027-01-01", 9),
    ]:
        make_task(api_tx, plan, code=code, priority=priority, due_at=due, position=position)
    assert column(api_tx, "select code from ready_tasks") == list("abcdef")
    assert codes(api_tx) == list("abcdef")


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "unsettled"])
def test_what_just_became_ready_takes_its_place_in_the_order(owner: Connection, settled: bool) -> None:
    plan = make_plan(owner)
    for code, priority in [("a", 0), ("c", 2)]:
        make_task(owner, plan, code=code, priority=priority)
    done, late = make_task(owner, plan, code="done"), make_task(owner, plan, code="b", priority=1)
    blocked = make_task(owner, plan, code="blocked", priority=0)
    depend(owner, late, done)
    owner.execute("select settle()")
    owner.execute("update tasks set status = 'done' where code = 'done'")
    depend(owner, blocked, late)
    if settled:
        owner.execute("select settle()")
    assert codes(owner) == ["a", "b", "c"]
    assert value(owner, "select status::text from tasks where code = 'blocked'") == "todo"


def test_every_filter_narrows_what_is_handed_out(api_tx: Connection) -> None:
    plans = {
        slug: make_plan(api_tx, repo=make_repo(api_tx, slug, domain=domain, capability_tags=tags), code=f"{slug}-plan")
        for slug, domain, tags in [
            ("one", "energy", ["sql", "web"]),
            ("two", "energy", ["sql"]),
            ("tri", "utilities", []),
        ]
    }
    for slug, plan in plans.items():
        for priority in (1, 3):
            make_task(api_tx, plan, code=f"{slug}{priority}", priority=priority)
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("repo", {"repo": "ONE"}, ["one1", "one3"]),
        ("workplan", {"workplan": "Two-Plan"}, ["two1", "two3"]),
        ("domain", {"domain": "Energy"}, ["one1", "two1", "one3", "two3"]),
        ("tags", {"tags": ["sql"]}, ["one1", "two1", "one3", "two3"]),
        ("all tags", {"tags": ["web", "sql"]}, ["one1", "one3"]),
        ("unknown tag", {"tags": ["cobol"]}, []),
        ("priority", {"max_priority": 2}, ["one1", "tri1", "two1"]),
        ("both", {"domain": "energy", "max_priority": 1}, ["one1", "two1"]),
        ("contradiction", {"repo": "one", "workplan": "two-plan"}, []),
        ("none", {}, ["one1", "tri1", "two1", "one3", "tri3", "two3"]),
    ]
    for name, asked, wanted in cases:
        with api_tx.transaction(force_rollback=True):
            assert codes(api_tx, **asked) == wanted, name


@pytest.mark.parametrize(("field", "name"), [("repo", "nix"), ("workplan", "nix"), ("domain", "nix"), ("task", "nix")])
def test_an_unknown_name_is_refused_with_its_field(api_tx: Connection, field: str, name: str) -> None:
    with pytest.raises(psycopg.Error, match="nix") as caught, api_tx.transaction():
        claim(api_tx, "ann", **{field: name})
    assert (caught.value.sqlstate, caught.value.diag.column_name) == ("SH422", field)


def test_the_queue_leaves_what_is_assigned_to_somebody_else_to_them(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    for code, assignee in [("a", "bob"), ("b", "ANN"), ("c", None)]:
        make_task(api_tx, plan, code=code, assignee=assignee)
    assert codes(api_tx, "ann") == ["b", "c"]
    assert take(api_tx, "ann", task="A").code == "a", "by name anybody may take it"


def test_a_named_task_that_is_held_is_refused_with_the_holder_also_to_a_namesake(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T")
    held = take(api_tx, "ann", task="t")
    for agent in ("bob", "ann"):
        with refused("T is held by ann under claim 1"), api_tx.transaction():
            claim(api_tx, agent, task="T")
    expire(api_tx, held)
    assert take(api_tx, "ann", task="T").claim_seq == 2, "its own, when the lease ran out"


def test_a_named_task_that_is_not_ready_is_refused_with_the_why(api_tx: Connection) -> None:
    plan = make_plan(api_tx, code="PLAN")
    waits, needed = make_task(api_tx, plan, code="WAITS"), make_task(api_tx, plan, code="NEEDED")
    depend(api_tx, waits, needed)
    with refused("WAITS waits for NEEDED, which is todo"), api_tx.transaction():
        claim(api_tx, "ann", task="WAITS")
    api_tx.execute("update workplans set status = 'blocked'")
    with refused("Its workplan PLAN is blocked"), api_tx.transaction():
        claim(api_tx, "ann", task="NEEDED")


def test_a_claim_is_one_event(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T")
    take(api_tx, "ann")
    (event,) = claim_events(api_tx, "T")
    assert (event["event_type"], event["summary"]) == ("claim", "Task T claimed by ann")
    assert event["detail"] == {
        "kind": "task", "name": "T", "columns": ["status"], "status": ["todo", "progress"],
        "agent": "ann", "claim_seq": 1,
    }  # fmt: skip


def test_other_changes_of_the_same_transaction_keep_their_own_words(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T")
    with api_tx.transaction():
        take(api_tx, "ann")
        api_tx.execute("update tasks set title = 'Other'")
    assert [event["summary"] for event in claim_events(api_tx, "T")] == [
        "Task T claimed by ann",
        "Task T changed: title",
    ]


def test_an_expired_claim_comes_first_and_is_taken_over_in_one_event(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    make_task(api_tx, plan, code="T", priority=4)
    held = take(api_tx, "ann")
    make_task(api_tx, plan, code="URGENT", priority=0)
    expire(api_tx, held)
    taken = take(api_tx, "bob")
    assert (taken.code, taken.claim_seq) == ("T", 2)
    event = claim_events(api_tx, "T")[-1]
    assert len(claim_events(api_tx, "T")) == 2
    assert (event["event_type"], event["summary"]) == (
        "takeover",
        "Task T taken over by bob from ann, whose lease ran out",
    )
    assert {k: event["detail"][k] for k in ("agent", "claim_seq", "from", "from_claim_seq", "reason", "kind")} == {
        "agent": "bob", "claim_seq": 2, "from": "ann", "from_claim_seq": 1, "kind": "task",
        "reason": "the lease ran out",
    }  # fmt: skip


def test_expired_claims_obey_the_filters_and_the_plan(api_tx: Connection) -> None:
    plan = make_plan(api_tx, code="PLAN")
    make_task(api_tx, plan, code="T", priority=3)
    held = take(api_tx, "ann")
    expire(api_tx, held)
    assert claim(api_tx, "bob", max_priority=2) is None
    make_repo(api_tx, "beta")
    assert claim(api_tx, "bob", repo="beta") is None
    api_tx.execute("update tasks set assignee = 'eve'")
    assert claim(api_tx, "bob") is None
    api_tx.execute("update tasks set assignee = null")
    api_tx.execute("update workplans set status = 'blocked'")
    assert claim(api_tx, "bob") is None
    api_tx.execute("update workplans set status = 'active'")
    assert take(api_tx, "bob").claim_seq == 2


def test_a_task_put_back_to_todo_under_a_running_lease_is_still_held(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T")
    held = take(api_tx, "ann")
    api_tx.execute("update tasks set status = 'todo'")
    assert claim(api_tx, "bob") is None
    expire(api_tx, held)
    assert take(api_tx, "bob").claim_seq == 2


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "unsettled"])
@pytest.mark.parametrize("asked", [{}, {"repo": "alpha"}, {"workplan": "PLAN"}], ids=str)
def test_what_is_held_at_the_head_of_the_queue_is_passed_over(
    owner: Connection, asked: dict[str, Any], settled: bool
) -> None:
    plan = make_plan(owner, code="PLAN")
    for code in ("a", "b", "c", "d"):
        make_task(owner, plan, code=code)
    held = [take(owner, "ann"), take(owner, "ann")]
    owner.execute("update tasks set status = 'todo' where status = 'progress'")
    if settled:
        owner.execute("select settle()")
    assert codes(owner, "bob", **asked) == ["c", "d"]
    expire(owner, held[1])
    assert take(owner, "bob", **asked).claim_seq == 2


def test_a_released_task_is_claimed_under_a_higher_number_in_one_event(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T")
    release(api_tx, take(api_tx, "ann"), "ann")
    assert take(api_tx, "bob").claim_seq == 2
    event = claim_events(api_tx, "T")[-1]
    assert len(claim_events(api_tx, "T")) == 3
    assert (event["event_type"], event["detail"]["claim_seq"]) == ("claim", 2)
    assert "from" not in event["detail"]


@pytest.mark.parametrize("agents", [2, 12])
def test_of_many_who_ask_at_once_each_gets_another_task(database: Database, api: Connection, agents: int) -> None:
    plan = make_plan(api)
    for number in range(agents * 5):
        make_task(api, plan, code=f"T{number:03}", priority=number % 2)
    together = Barrier(agents)

    def work(number: int) -> list[str]:
        with closing(database.connect(API)) as mine:
            together.wait()
            return codes(mine, f"agent-{number}")

    with ThreadPoolExecutor(agents) as pool:
        taken = [code for got in pool.map(work, range(agents)) for code in got]
    assert sorted(taken) == [f"T{number:03}" for number in range(agents * 5)]
    holders = column(api, "select distinct claim_seq from task_claims")
    assert holders == [1]
    assert value(api, "select count(*) from progress_events where event_type = 'claim'") == agents * 5


def test_what_another_writer_has_locked_is_passed_over(database: Database, api: Connection) -> None:
    plan = make_plan(api)
    for code in ("a", "b"):
        make_task(api, plan, code=code)
    with closing(database.connect(API)) as other:
        with other.transaction():
            other.execute("update tasks set title = 'mine' where code = 'a'")
            assert take(api).code == "b"
            assert claim(api) is None
        assert take(api).code == "a"


def test_a_note_on_a_task_keeps_nobody_from_claiming_it(database: Database, api: Connection) -> None:
    task = make_task(api, make_plan(api), code="a")
    with closing(database.connect(API)) as other, other.transaction():
        other.execute("insert into progress_events (summary, author, task) values ('look', 'me', %s)", [task])
        assert take(api).code == "a"


def test_a_named_claim_waits_for_the_other_and_then_sees_what_it_did(database: Database, api: Connection) -> None:
    make_task(api, make_plan(api), code="T")
    with closing(database.connect(API)) as one, closing(database.connect(API)) as other, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            take(one, "ann", task="T")
            late = pool.submit(claim, other, "bob", task="T")
            wait_until_blocked(api, other)
        with refused("T is held by ann under claim 1"):
            late.result(20)


@pytest.mark.parametrize("other_task", [None, "U"])
def test_a_heartbeat_that_came_first_keeps_its_task(
    database: Database, api: Connection, other_task: str | None
) -> None:
    plan = make_plan(api)
    make_task(api, plan, code="T")
    held = take(api, "ann")
    if other_task:
        make_task(api, plan, code=other_task)
    expire(api, held)
    with closing(database.connect(API)) as one, closing(database.connect(API)) as other, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            heartbeat(one, held, "ann")
            late = pool.submit(claim, other, "bob")
            wait_until_blocked(api, other)
        got = late.result(20)
    assert (got and got.code) == other_task
    assert value(api, "select claimed_by from task_claims where task = %s", held.id) == "ann"


def test_no_agent_holds_more_than_the_limit(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    for code in ("a", "b", "c"):
        make_task(api_tx, plan, code=code)
    first = take(api_tx, "ann", claim_limit=2)
    take(api_tx, "Ann", claim_limit=2)
    with refused("ann holds a, b already, and may hold 2"), api_tx.transaction():
        claim(api_tx, "ann", claim_limit=2)
    take(api_tx, "bob", claim_limit=2)
    release(api_tx, first, "ann")
    assert take(api_tx, "ann", claim_limit=2).code == "a"


def test_a_lease_that_ran_out_is_revived_only_below_the_limit(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    for code in ("a", "b"):
        make_task(api_tx, plan, code=code)
    first = take(api_tx, "ann", task="a", claim_limit=1)
    expire(api_tx, first)
    second = take(api_tx, "ann", task="b", claim_limit=1)
    heartbeat(api_tx, second, "ann", claim_limit=1)
    with refused("ann holds b already"), api_tx.transaction():
        heartbeat(api_tx, first, "ann", claim_limit=1)
    expire(api_tx, second)
    heartbeat(api_tx, first, "ann", claim_limit=1)


def test_the_limit_is_exact_however_many_ask_at_once(database: Database, api: Connection) -> None:
    plan, agents = make_plan(api), 8
    for _ in range(20):
        make_task(api, plan)
    together = Barrier(agents)

    def work(_: int) -> int:
        with closing(database.connect(API)) as mine:
            together.wait()
            with suppress(psycopg.DatabaseError):
                return int(claim(mine, "ann", claim_limit=3) is not None)
            return 0

    with ThreadPoolExecutor(agents) as pool:
        assert sum(pool.map(work, range(agents))) == 3


def test_a_limit_at_repeatable_read_is_refused_rather_than_broken(api: Connection) -> None:
    make_task(api, make_plan(api))
    api.isolation_level = REPEATABLE_READ
    with refused("read committed"), api.transaction():
        claim(api, "ann", claim_limit=1)
    assert ready(api) == ["ALPHA-WP-0001-T01"]
