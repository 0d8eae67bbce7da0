"""import_parents(): a loop in another tool's file costs the link that closes it, and nothing else."""

import json
from contextlib import closing
from typing import Any

import pytest

from statehub.repos import beads
from tests.sql.world import API, Connection, Database, make_plan, make_task, value


def issue(key: str, parent: str | None = None, **more: Any) -> str:
    links = [{"issue_id": key, "depends_on_id": parent, "type": "parent-child"}] if parent else []
    row = {"id": key, "title": key, "status": "open", "priority": 2, "issue_type": "task", "dependencies": links}
    return json.dumps(row | more)


def imported(connection: Connection, *lines: str) -> dict[str, Any]:
    with connection.transaction():
        document = json.dumps(beads.read("\n".join(lines), repo="demo", domain="infotech"))
        found: str = value(connection, "select body from import_plans(%s::jsonb, 'me')", document)
    answer: dict[str, Any] = json.loads(found)
    return answer


def parents(connection: Connection) -> dict[str, str | None]:
    query = "select t.code, p.code from tasks as t left join tasks as p on t.parent = p.id"
    return dict(connection.execute(query).fetchall())


@pytest.fixture
def api(database: Database) -> Any:
    with closing(database.connect(API)) as connection:
        yield connection


def test_parents_are_set_in_one_statement_that_leaves_one_event(api: Connection) -> None:
    done = imported(api, issue("a", "b"), issue("b", "c"), issue("c"))
    assert parents(api) == {"a": "b", "b": "c", "c": None}
    assert done["skipped"] == []
    assert value(api, "select count(*) from progress_events where summary = '2 tasks changed'") == 1


def test_of_a_loop_only_what_closes_it_is_left_out_and_named(api: Connection) -> None:
    done = imported(api, issue("a", "b"), issue("b", "c"), issue("c", "a"), issue("d", "d"), issue("e", "a"))
    assert parents(api) == {"a": "b", "b": "c", "c": None, "d": None, "e": "a"}
    assert [skipped["name"] for skipped in done["skipped"]] == ["c", "d"]
    assert "closes a cycle" in done["skipped"][0]["why"]
    assert done["tasks"] == {"created": 5, "updated": 0, "unchanged": 0, "skipped": 0}


def test_a_link_that_closes_a_loop_with_what_was_done_here_is_left_out(api: Connection) -> None:
    imported(api, issue("a"), issue("b"))
    api.execute("update tasks set parent = (select id from tasks where code = 'b') where code = 'a'")
    done = imported(api, issue("a"), issue("b", "a"))
    assert [skipped["name"] for skipped in done["skipped"]] == ["b"]
    assert parents(api) == {"a": "b", "b": None}


def test_a_link_to_the_same_parent_changes_nothing(api: Connection) -> None:
    imported(api, issue("a", "b"), issue("b"))
    before = (
        value(api, "select array_agg(version order by code) from tasks"),
        value(api, "select sum(passes) from gates"),
    )
    assert imported(api, issue("a", "b"), issue("b"))["tasks"]["unchanged"] == 2
    after = (
        value(api, "select array_agg(version order by code) from tasks"),
        value(api, "select sum(passes) from gates"),
    )
    assert after == before


def test_an_assignee_without_a_name_is_nobody_and_labels_that_are_no_texts_cost_their_line(api: Connection) -> None:
    done = imported(api, issue("a", assignee=" "), issue("b", labels=[["x"]]), issue("c", labels=[None]))
    assert value(api, "select count(*) from tasks where assignee is null") == 1
    assert [skipped["why"] for skipped in done["skipped"]] == ["labels are no texts"] * 2
    make_task(api, make_plan(api))
