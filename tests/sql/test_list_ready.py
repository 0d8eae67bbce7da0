"""list_ready(), list_claims(): what would be handed out, and who holds what, whatever the size of the hub."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.sql.claims import claim, expire, take
from tests.sql.world import (
    SUPERUSER,
    Connection,
    Database,
    column,
    depend,
    make_plan,
    make_repo,
    make_task,
    value,
)

MANY = """
    insert into tasks (id, code, workplan, repo, title, status, priority, queued)
    select gen_random_uuid(), 'N' || n, %s, %s, 'x', case when n %% 50 > 0 then 'done' else 'todo' end::task_status,
        n %% 5, n %% 50 = 0
    from generate_series(1, 20000) as n
"""


def listed(connection: Connection, **asked: Any) -> list[str]:
    """The codes of list_ready."""
    names = ("agent", "repo", "workplan", "domain", "tags", "max_priority", "page_size")
    params = [asked.get(name, 50 if name == "page_size" else None) for name in names]
    return [
        item["code"]
        for item in json.loads(value(connection, "select list_ready(%s,%s,%s,%s,%s,%s,%s)", *params))["items"]
    ]


def test_it_lists_what_claims_would_get_in_their_order(owner: Connection) -> None:
    plans = [make_plan(owner, repo=make_repo(owner, slug), code=slug) for slug in ("one", "two")]
    for number in range(12):
        make_task(
            owner, plans[number % 2], code=f"T{number:02}", priority=number % 3, assignee=[None, "bob"][number % 7 == 0]
        )
    owner.execute("select settle()")
    expire(owner, take(owner, task="T05"))
    take(owner, task="T04")
    needed = make_task(owner, plans[0], code="NEEDED", status="progress")
    depend(owner, value(owner, "select id from tasks where code = 'T01'"), needed)
    everything = column(owner, "select code from ready_tasks")
    assert "T04" not in everything
    assert "T01" not in everything
    cases: list[dict[str, Any]] = [
        {},
        {"repo": "one"},
        {"workplan": "two"},
        {"max_priority": 1},
        {"agent": "ann"},
        {"agent": "BOB"},
    ]
    for asked in cases:
        with owner.transaction(force_rollback=True):
            found = listed(owner, **asked)
            assert listed(owner, **asked, page_size=3) == found[:3]
            got = []
            while held := claim(owner, **{"agent": "bob", **asked}):
                got.append(held.code)
            # a claim takes the expired first
            assert sorted(got) == sorted(found), asked
            assert [code for code in got if code != "T05"] == [code for code in found if code != "T05"]
    assert listed(owner) == everything


def test_it_serves_rows_as_they_are_served(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx, code="PLAN"), code="T")
    (item,) = json.loads(value(api_tx, "select list_ready(null, null, null, null, null, null, 5)"))["items"]
    assert item == json.loads(value(api_tx, "select row_to_json(v)::text from task_rows as v"))


def test_claims_are_listed_by_the_end_of_their_lease(api_tx: Connection) -> None:
    for slug in ("one", "two"):
        make_task(api_tx, make_plan(api_tx, repo=make_repo(api_tx, slug), code=slug), code=f"{slug}-task")
    take(api_tx, "ann", task="one-task", lease="1 hour")
    expire(api_tx, take(api_tx, "bob", task="two-task"))

    def claims(agent: str | None = None, repo: str | None = None, most: int = 10) -> list[dict[str, Any]]:
        text = value(api_tx, "select list_claims(%s, %s, %s)", agent, repo, most)
        items: list[dict[str, Any]] = json.loads(text)["items"]
        return items

    expected = [("two-task", "bob", "two", True), ("one-task", "ann", "one", False)]
    told = [(c["task"], c["claimed_by"], c["repo"], c["expired"]) for c in claims()]
    assert told == expected
    assert [c["task"] for c in claims("ANN")] == ["one-task"]
    assert [c["task"] for c in claims(None, "TWO")] == ["two-task"]
    assert [c["task"] for c in claims(most=1)] == ["two-task"]
    api_tx.execute("update tasks set status = 'done'")
    assert claims() == []


@pytest.mark.parametrize(
    "query",
    [
        "select * from claim_task('ann')",
        "select * from claim_task('ann', repo => 'alpha')",
        "select * from claim_task('ann', workplan => 'SMALL')",
        "select list_ready(null, null, null, null, null, null, 20)",
        "select list_ready(null, 'alpha', null, null, null, null, 20)",
        "select list_ready(null, null, 'SMALL', null, null, null, 20)",
    ],
)
def test_neither_a_claim_nor_the_list_reads_the_table_through(large: Connection, query: str) -> None:
    read = "select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'tasks'"
    large.execute("select pg_stat_force_next_flush()")  # what was read before
    with large.transaction():
        large.execute(query)
        sequentially, by_index = large.execute(read).fetchone() or (0, 0)
    assert sequentially == 0
    assert 0 < by_index < 100


@pytest.fixture
def large(database: Database) -> Iterator[Connection]:
    """A hub of 20,000 tasks, 400 of them ready in one workplan, five in another."""
    with closing(database.connect(SUPERUSER)) as connection:
        plan, small = make_plan(connection), make_plan(connection, code="SMALL")
        for _ in range(5):
            make_task(connection, small)
        connection.execute("set session_replication_role = replica")
        connection.execute(MANY, [plan, make_repo(connection)])
        connection.execute("set session_replication_role = origin")
        connection.execute("select settle()")
        connection.execute("analyze")
        for _ in range(8):  # with claims, some of them expired; until the session has its plans
            held = take(connection, "bob")
        expire(connection, held)
        yield connection


def test_a_new_hub_whose_tables_nobody_has_counted_lists_what_was_just_made(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    api_tx.execute(
        "insert into tasks (workplan, title, code) select %s, 'T', 'N-' || n from generate_series(1, 500) n", [plan]
    )
    query = (
        "explain (analyze, buffers, timing off, format json) select list_ready('bo', null, null, null, null, null, 10)"
    )
    read = value(api_tx, query)[0]["Plan"]
    # found anew for each task that it is compared with, it was a hundred times as much
    assert read["Shared Hit Blocks"] + read["Shared Read Blocks"] < 50_000
