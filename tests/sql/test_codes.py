"""next_number(), prepare_*(): the codes that the database gives."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from tests.sql.world import (
    API,
    Connection,
    Database,
    column,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
    wait_until_blocked,
)

AN_ID = "6f1b2c3d-0000-4000-8000-00000000000a"


def code(connection: Connection, table: str, row: object) -> str:
    return str(value(connection, f"select code from {table} where id = %s", row))


def test_workplans_are_numbered_in_their_repository(api: Connection) -> None:
    alpha, beta = make_repo(api), make_repo(api, "beta.two")
    plans = [make_plan(api, repo=repo) for repo in (alpha, alpha, beta)]
    assert [code(api, "workplans", plan) for plan in plans] == [
        "ALPHA-WP-0001",
        "ALPHA-WP-0002",
        "BETA.TWO-WP-0001",
    ]


def test_tasks_are_numbered_in_their_workplan(api: Connection) -> None:
    one, other = make_plan(api), make_plan(api, code="Mine")
    tasks = [make_task(api, plan) for plan in (one, one, other)]
    assert [code(api, "tasks", task) for task in tasks] == [
        "ALPHA-WP-0001-T01",
        "ALPHA-WP-0001-T02",
        "Mine-T01",
    ]


def test_decisions_are_numbered_through(api: Connection) -> None:
    assert [code(api, "decisions", make_decision(api)) for _ in range(2)] == ["DEC-0001", "DEC-0002"]


@pytest.mark.parametrize(
    ("last", "after"),
    [(98, ["T99", "T100", "T101"]), (998, ["T999", "T1000"]), (9998, ["T9999", "T10000", "T10001"])],
)
def test_task_codes_grow_longer_when_they_must(owner: Connection, last: int, after: list[str]) -> None:
    plan = make_plan(owner, code="P")
    owner.execute("insert into code_counters values (%s, %s)", [plan, last])
    assert [code(owner, "tasks", make_task(owner, plan)) for _ in after] == [f"P-{number}" for number in after]


def test_workplan_codes_grow_longer_when_they_must(owner: Connection) -> None:
    owner.execute("insert into code_counters values (%s, 9998)", [make_repo(owner)])
    make_plan(owner, code="ALPHA-WP-1000")
    # a code that is cut off would be passed over for ever
    owner.execute("set statement_timeout = '2s'")
    codes = [code(owner, "workplans", make_plan(owner)) for _ in range(3)]
    assert codes == ["ALPHA-WP-9999", "ALPHA-WP-10000", "ALPHA-WP-10001"]


def test_decision_codes_grow_longer_when_they_must(owner: Connection) -> None:
    owner.execute("select setval('decision_number', 9999)")
    assert [code(owner, "decisions", make_decision(owner)) for _ in range(2)] == ["DEC-10000", "DEC-10001"]


def test_a_number_that_was_taken_by_hand_is_passed_over(api: Connection) -> None:
    plan = make_plan(api, code="alpha-wp-0001")
    make_task(api, plan, code="alpha-wp-0001-t01")
    make_decision(api, code="dec-0001")
    assert code(api, "workplans", make_plan(api)) == "ALPHA-WP-0002"
    assert code(api, "tasks", make_task(api, plan)) == "alpha-wp-0001-T02"
    assert code(api, "decisions", make_decision(api)) == "DEC-0002"


def test_short_names_are_unique_without_case(api: Connection) -> None:
    plan = make_plan(api, code="Plan")
    make_task(api, plan, code="Task")
    make_decision(api, code="Dec")
    with pytest.raises(psycopg.errors.UniqueViolation, match="workplans_code_taken"):
        make_plan(api, code="pLAN")
    with pytest.raises(psycopg.errors.UniqueViolation, match="tasks_code_taken"):
        make_task(api, make_plan(api), code="tASK")
    with pytest.raises(psycopg.errors.UniqueViolation, match="decisions_code_taken"):
        make_decision(api, code="dEC")
    for table in ("topics", "managed_repos"):
        with pytest.raises(psycopg.errors.CheckViolation, match="slug_form"):
            insert(api, table, slug="Upper", domain="infotech", **{"title" if table == "topics" else "name": "x"})


@pytest.mark.parametrize("taken", ["a b", "", "-a", "a/b", AN_ID, AN_ID.upper()])
def test_a_code_is_a_word_that_is_no_id(api: Connection, taken: str) -> None:
    plan = make_plan(api)
    with pytest.raises(psycopg.errors.CheckViolation, match="workplans_code_form"):
        make_plan(api, code=taken)
    with pytest.raises(psycopg.errors.CheckViolation, match="tasks_code_form"):
        make_task(api, plan, code=taken)
    with pytest.raises(psycopg.errors.CheckViolation, match="decisions_code_form"):
        make_decision(api, code=taken)


def test_who_comes_second_waits_for_the_number_and_gets_the_next(database: Database, owner: Connection) -> None:
    plan = make_plan(owner)
    with (
        closing(database.connect(API)) as one,
        closing(database.connect(API)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with one.transaction():
            make_task(one, plan)
            waiting = pool.submit(make_task, other, plan)
            wait_until_blocked(owner, other)
        assert code(owner, "tasks", waiting.result()).endswith("-T02")


def test_many_writers_at_once_get_codes_of_their_own(database: Database, owner: Connection) -> None:
    plan = make_plan(owner)

    def write(_: int) -> None:
        with closing(database.connect(API)) as connection:
            for _ in range(5):
                make_task(connection, plan)
                make_plan(connection)
                make_decision(connection)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert column(owner, "select code from tasks order by 1") == [f"ALPHA-WP-0001-T{n:02}" for n in range(1, 21)]
    assert column(owner, "select code from workplans order by 1") == [f"ALPHA-WP-{n:04}" for n in range(1, 22)]
    assert value(owner, "select count(distinct code) from decisions") == 20


@pytest.mark.parametrize("kind", ["topics", "managed_repos", "workplans", "tasks", "decisions"])
def test_a_name_is_as_long_as_its_rule_says_and_no_longer(api: Connection, kind: str) -> None:
    def make(name: str) -> object:
        if kind in ("topics", "managed_repos"):
            word = "title" if kind == "topics" else "name"
            return insert(api, kind, slug=name, domain="infotech", **{word: "x"})
        if kind == "tasks":
            return make_task(api, make_plan(api), code=name)
        return make_plan(api, code=name) if kind == "workplans" else make_decision(api, code=name)

    most = {"topics": 63, "managed_repos": 63, "workplans": 100, "tasks": 120, "decisions": 100}[kind]
    make("a" * most)
    for name in ("a" * (most + 1), "a\n", "a\nb"):
        with pytest.raises(psycopg.errors.CheckViolation, match="_form"):
            make(name)
