"""list_rows(): pages of rows as served, filtered, that neither repeat nor skip."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, get_args, get_type_hints

import pytest
from psycopg.types.json import Jsonb

from statehub.filters import LISTS
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
    temporary_database,
    value,
)

KINDS = ["domains", "topics", "repos", "workplans", "workstreams", "tasks", "decisions", "progress"]


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


def page(
    connection: Connection, kind: str, size: Any = 100, after: Any = None, sort: Any = None, **filters: Any
) -> dict[str, Any]:
    query = "select list_rows(%s, %s, %s, null, %s, %s)"
    order = sort or {"domains": "slug", "progress": "-id"}.get(kind, "created_at")
    found: dict[str, Any] = json.loads(
        value(connection, query, kind, Jsonb(filters), order, None if after is None else Jsonb(after), size)
    )
    return found


def table_of(connection: Connection, kind: str) -> Any:
    return value(connection, "select tbl from kinds where kind = %s", kind)


def names(rows: list[dict[str, Any]]) -> list[Any]:
    return [row.get("code") or row.get("slug") or row["id"] for row in rows]


def pages(connection: Connection, kind: str, size: int, sort: Any = None, **filters: Any) -> list[list[Any]]:
    found, after = [], None
    while True:
        answer = page(connection, kind, size, after, sort, **filters)
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
    assert len(whole) == len(set(whole)) == value(filled, f"select count(*) from {table_of(filled, kind)}")


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


def test_every_filter_of_every_kind_takes_a_value(filled: Connection) -> None:
    known = "select value from vocabularies where name = %s limit 1"
    for kind, name, type_ in filled.execute("select kind, name, value_type from list_filters").fetchall():
        some = value(filled, known, type_) or {"timestamptz": "2026-01-01T00:00:00Z"}.get(type_, "1")
        assert page(filled, kind, **{name: [some]})["next"] is None
        assert page(filled, kind, **{name: [some, some]})["next"] is None


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.path)
def test_the_models_of_the_queries_have_the_filters_and_orders_of_the_database(filled: Connection, model: Any) -> None:
    filters = column(filled, "select name from list_filters where kind = %s", model.path)
    assert set(model.model_fields) == {*filters, "sort", "fields", "limit", "cursor"}
    sorts = column(filled, "select name from list_sorts where kind = %s", model.path)
    assert set(get_args(model.model_fields["sort"].annotation)) == {*sorts, *(f"-{name}" for name in sorts)}


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.path)
def test_the_types_of_the_answers_have_the_columns_that_are_served(filled: Connection, model: Any) -> None:
    served = column(filled, "select name from served_columns where kind = %s order by position", model.path)
    assert sorted(get_type_hints(model.row)) == sorted(served)


@pytest.mark.parametrize("way", ["", "-"])
def test_every_order_of_every_kind_is_kept_across_pages(filled: Connection, way: str) -> None:
    filled.execute("update tasks set due_at = '2026-01-01' where code in ('T1', 'T5')")
    filled.execute("update tasks set priority = 0, due_at = '2025-01-01' where code = 'T3'")
    for kind, sort, key in filled.execute("select kind, name, key[1] from list_sorts").fetchall():
        found = [name for part in pages(filled, kind, 2, way + sort) for name in part]
        assert found == names(page(filled, kind, 1000, sort=way + sort)["items"])
        assert len(found) == len(set(found)) == value(filled, f"select count(*) from {table_of(filled, kind)}")
        rows = page(filled, kind, 1000, sort=way + sort)["items"]
        if sort in rows[0] and "coalesce" not in key:
            by = [str(row[sort]).lower() if sort in ("code", "slug") else row[sort] for row in rows]
            assert by == sorted(by, reverse=bool(way))


def test_rows_without_a_due_date_come_last_and_the_other_way_first(filled: Connection) -> None:
    filled.execute("update tasks set due_at = '2026-01-01' where code = 'T5'")
    filled.execute("update tasks set due_at = '2025-01-01' where code = 'T3'")
    assert names(page(filled, "tasks", sort="due_at")["items"])[:2] == ["T3", "T5"]
    assert names(page(filled, "tasks", sort="-due_at")["items"])[-2:] == ["T5", "T3"]


def test_since_and_until_are_of_the_last_change_and_of_when_an_event_happened(filled: Connection) -> None:
    filled.execute("insert into progress_events (summary, author, occurred_at) values ('old', 'me', '2001-02-03')")
    [old] = page(filled, "progress", since=["2001-02-03T00:00:00Z"], until=["2001-02-03T00:00:01Z"])["items"]
    assert old["summary"] == "old"
    assert page(filled, "tasks", until=["2001-02-03T00:00:00Z"])["items"] == []
    assert len(page(filled, "tasks", since=["2001-02-03T00:00:00Z"])["items"]) == 7


def test_labels_tags_and_what_hangs_on_a_repo_are_filters(filled: Connection) -> None:
    filled.execute("update tasks set labels = '{ui,urgent}' where code in ('T1', 'T2')")
    filled.execute("update tasks set labels = '{api}' where code = 'T3'")
    filled.execute("update managed_repos set capability_tags = '{mcp}', domain = 'energy' where slug = 'beta'")
    filled.execute("update workplans set topic = (select id from topics where slug = 'product') where code = 'P1'")
    make_decision(filled, workplan=value(filled, "select id from workplans where code = 'P1'"), title="Of beta")
    assert names(page(filled, "tasks", label=["ui"])["items"]) == ["T1", "T2"]
    assert names(page(filled, "tasks", label=["api", "ui"])["items"]) == ["T1", "T2", "T3"]
    assert names(page(filled, "repos", tag=["mcp"])["items"]) == ["beta"]
    assert names(page(filled, "tasks", domain=["Energy"])["items"]) == ["T1", "T3", "T5"]
    assert names(page(filled, "tasks", topic=["Product"])["items"]) == ["T1", "T3", "T5"]
    assert [row["title"] for row in page(filled, "decisions", repo=["beta"])["items"]] == ["Of beta"]


def test_fields_are_those_asked_for_in_that_order(filled: Connection) -> None:
    asked = "select list_rows('tasks', '{}', 'created_at', '{title,code}', null, 1)"
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
