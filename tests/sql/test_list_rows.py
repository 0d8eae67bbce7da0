"""list_rows(): pages of rows as served, filtered, that neither repeat nor skip."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.sql.world import (
    API,
    Connection,
    Database,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    temporary_database,
    value,
)

KINDS = ["domains", "topics", "repos", "workplans", "tasks", "decisions", "progress"]


def fill(connection: Connection) -> None:
    """Two repositories, two workplans, seven tasks, each in a transaction of its own; three decisions."""
    repos = [make_repo(connection, slug) for slug in ("alpha", "beta")]
    plans = [make_plan(connection, code=f"P{number}", repo=repo) for number, repo in enumerate(repos)]
    for number in range(7):
        make_task(connection, plans[number % 2], code=f"T{number}", status=["todo", "done", "wait"][number % 3])
    for _ in range(3):
        make_decision(connection)


@pytest.fixture(scope="module")
def full(server: str, template: str) -> Iterator[Database]:
    """A database with a few rows, for tests that commit nothing."""
    with temporary_database(server, template) as database:
        with closing(database.connect(API)) as connection:
            fill(connection)
        yield database


@pytest.fixture
def filled(full: Database) -> Iterator[Connection]:
    """The API's role there, in a transaction that is rolled back."""
    with closing(full.connect(API)) as connection, connection.transaction(force_rollback=True):
        yield connection


def page(connection: Connection, kind: str, size: Any = 100, after: Any = None, **filters: Any) -> dict[str, Any]:
    query = "select list_rows(%s, %s, null, %s, %s)"
    found: dict[str, Any] = json.loads(
        value(connection, query, kind, Jsonb(filters), None if after is None else Jsonb(after), size)
    )
    return found


def names(rows: list[dict[str, Any]]) -> list[Any]:
    return [row.get("code") or row.get("slug") or row["id"] for row in rows]


def pages(connection: Connection, kind: str, size: int, **filters: list[Any]) -> list[list[Any]]:
    found, after = [], None
    while True:
        answer = page(connection, kind, size, after, **filters)
        found.append(names(answer["items"]))
        if (after := answer["next"]) is None:
            return found
        assert len(found) < 100, "the pages have no end"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 3, 200])
def test_pages_together_are_the_whole_list_in_order(filled: Connection, kind: str, size: int) -> None:
    whole = names(page(filled, kind, 1000)["items"])
    found = pages(filled, kind, size)
    assert [name for part in found for name in part] == whole
    assert {len(part) for part in found[:-1]} <= {size}
    table = value(filled, "select tbl from kinds where kind = %s", kind)
    assert len(whole) == len(set(whole)) == value(filled, f"select count(*) from {table}")


def test_rows_come_in_the_order_they_were_made_and_events_newest_first(filled: Connection) -> None:
    assert names(page(filled, "tasks")["items"]) == [f"T{n}" for n in range(7)]
    events = names(page(filled, "progress")["items"])
    assert events == sorted(events, reverse=True)


def test_a_last_page_that_is_full_has_no_next(filled: Connection) -> None:
    assert [len(part) for part in pages(filled, "tasks", 7)] == [7]


def test_a_row_is_the_one_that_get_row_serves(filled: Connection) -> None:
    for kind in KINDS[:-1]:
        for row in page(filled, kind)["items"]:
            assert row == json.loads(value(filled, "select body from get_row(%s, %s)", kind, row["id"]))


def test_filters_are_any_of_their_values_and_all_together(filled: Connection) -> None:
    def tasks(**filters: list[Any]) -> list[Any]:
        return names(page(filled, "tasks", **filters)["items"])

    assert tasks(status=["done"]) == ["T1", "T4"]
    assert tasks(status=["done", "wait"]) == ["T1", "T2", "T4", "T5"]
    assert tasks(status=["done", "wait"], repo=["beta"]) == ["T1", "T5"]
    assert tasks(priority=["2"], workplan=["P0"]) == ["T0", "T2", "T4", "T6"]
    assert tasks(status=[]) == []
    assert [name for part in pages(filled, "tasks", 1, status=["done"]) for name in part] == ["T1", "T4"]


@pytest.mark.parametrize("quoted", ["a'b", 'a"b', "a\\b", "{a,b}", "a,b", "null", "", "%s $1"])
def test_a_value_is_taken_as_it_is(filled: Connection, quoted: str) -> None:
    make_plan(filled, code="Q", owner=quoted)
    assert names(page(filled, "workplans", owner=[quoted])["items"]) == ["Q"]
    assert names(page(filled, "tasks", code=[quoted])["items"]) == []


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("tasks", {"code": ["t1"]}),
        ("tasks", {"workplan": ["p1"], "repo": ["BETA"]}),
        ("topics", {"slug": ["Platform"]}),
        ("topics", {"domain": ["InfoTech"]}),
        ("decisions", {"topic": ["PLATFORM"]}),
        ("progress", {"task": ["t1"]}),
    ],
)
def test_short_names_are_compared_without_case(filled: Connection, kind: str, filters: dict[str, list[str]]) -> None:
    assert page(filled, kind, **filters)["items"] != []


def test_every_filter_of_every_kind_is_a_column_that_takes_a_value(filled: Connection) -> None:
    for kind, name, type_ in filled.execute("select kind, name, type from served_columns where can_filter").fetchall():
        some = value(filled, "select value from vocabularies where name = %s limit 1", type_) or "1"
        assert page(filled, kind, **{name: [some]})["next"] is None
    unknown = """
        select kind, f from kinds, unnest(filters) as f where (kind, f) not in (select kind, name from served_columns)
    """
    assert filled.execute(unknown).fetchall() == []


def test_fields_are_those_asked_for_in_that_order(filled: Connection) -> None:
    asked = "select list_rows('tasks', '{}', '{title,code}', null, 1)"
    assert list(json.loads(value(filled, asked))["items"][0].items()) == [("title", "A task"), ("code", "T0")]


def test_pages_repeat_nothing_and_skip_nothing_while_others_write(database: Database, api: Connection) -> None:
    fill(api)
    before = names(page(api, "tasks", 1000)["items"])
    seen: list[str] = []
    after, number = None, 0
    with (
        closing(database.connect(API)) as early,
        closing(database.connect(API)) as other,
        early.transaction(),
    ):
        plan = value(early, "select id from workplans where code = 'P0'")  # older than all that follow
        while True:
            answer = page(api, "tasks", 2, after)
            seen += names(answer["items"])
            assert len(seen) < 100, "the pages have no end"
            if (after := answer["next"]) is None:
                break
            number += 1
            if number < 10:
                make_task(other, plan, code=f"NEW-{number}")
                other.execute("update tasks set status = 'done', title = 'x' where code in ('T1', 'T5')")
            if number == 1:
                make_task(early, plan, code="EARLY")
    assert len(seen) == len(set(seen))
    assert [name for name in seen if name in before] == before


def test_events_that_come_while_somebody_pages_do_not_move_the_pages(filled: Connection) -> None:
    whole = names(page(filled, "progress", 1000)["items"])
    first = page(filled, "progress", 4)
    insert(filled, "progress_events", summary="said", author="me")
    rest = page(filled, "progress", 1000, first["next"])
    assert names(first["items"]) + names(rest["items"]) == whole
