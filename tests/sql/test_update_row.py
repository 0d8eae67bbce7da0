"""update_row(): changes the columns that the document names, if the row is still at the version that was read."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.world import (
    API,
    Connection,
    Database,
    make_decision,
    make_plan,
    make_task,
    value,
    wait_until_blocked,
)


@pytest.fixture
def filled(api_tx: Connection) -> Connection:
    """The API's role, with a PLAN and a TASK."""
    make_task(api_tx, make_plan(api_tx, code="PLAN"), code="TASK", description="old", assignee="me")
    return api_tx


def update(connection: Connection, kind: str, named: str, document: dict[str, Any], *version: int) -> dict[str, Any]:
    places = ", %s" * len(version)
    query = f"select body from update_row(%s, %s, %s{places})"
    found: dict[str, Any] = json.loads(value(connection, query, kind, named, Jsonb(document), *version))
    return found


def test_what_the_document_names_changes_and_nothing_else(filled: Connection) -> None:
    before = json.loads(value(filled, "select body from get_row('tasks', 'TASK')"))
    after = update(filled, "tasks", "task", {"title": "New", "assignee": None, "labels": ["a"]})
    changed = {
        "title": "New",
        "assignee": None,
        "labels": ["a"],
        "version": 2,
        "updated_at": after["updated_at"],
    }
    assert after == {**before, **changed}


def test_one_column_alone_may_change(filled: Connection) -> None:
    assert update(filled, "tasks", "TASK", {"status": "done"})["status"] == "done"


def test_a_reference_changes_by_short_name(filled: Connection) -> None:
    make_plan(filled, code="OTHER")
    assert update(filled, "tasks", "TASK", {"workplan": "other"})["workplan"] == "OTHER"


def test_the_short_name_itself_may_change(filled: Connection) -> None:
    answer = filled.execute("select short_name from update_row('tasks', 'TASK', '{\"code\": \"NEW\"}')").fetchone()
    assert answer == ("NEW",)


def test_an_empty_document_changes_nothing(filled: Connection) -> None:
    assert update(filled, "tasks", "TASK", {}, 1)["version"] == 1


def test_the_version_that_was_read_is_let_through(filled: Connection) -> None:
    assert update(filled, "tasks", "TASK", {"title": "x"}, 1)["version"] == 2
    assert update(filled, "tasks", "TASK", {"title": "y"}, 2)["version"] == 3


@pytest.mark.parametrize("document", [{"title": "x"}, {}])
def test_any_other_version_is_refused(filled: Connection, document: dict[str, Any]) -> None:
    with pytest.raises(psycopg.Error, match="the row is at version 1, not 7") as raised, filled.transaction():
        update(filled, "tasks", "TASK", document, 7)
    assert raised.value.sqlstate == "SH412"
    assert value(filled, "select title from tasks") == "A task"


def test_of_two_who_read_the_same_version_one_is_refused(database: Database, owner: Connection) -> None:
    make_task(owner, make_plan(owner), code="TASK")
    with (
        closing(database.connect(API)) as one,
        closing(database.connect(API)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with one.transaction():
            update(one, "tasks", "TASK", {"title": "one"}, 1)
            waiting = pool.submit(update, other, "tasks", "TASK", {"title": "other"}, 1)
            wait_until_blocked(owner, other)
        with pytest.raises(psycopg.Error, match="the row is at version 2, not 1"):
            waiting.result()
    assert value(owner, "select title from tasks") == "one"


def test_an_unknown_row_is_not_found(filled: Connection) -> None:
    with pytest.raises(psycopg.Error, match="There is no task nowhere") as raised:
        update(filled, "tasks", "nowhere", {"title": "x"})
    assert raised.value.sqlstate == "SH404"


@pytest.mark.parametrize("kept", ["id", "version", "created_at", "updated_at", "queued", "repo"])
def test_a_column_that_the_database_keeps_is_refused(filled: Connection, kept: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        update(filled, "tasks", "TASK", {kept: None})


def test_a_rule_of_the_row_still_holds(filled: Connection) -> None:
    make_decision(filled, code="D", decision_type="made", rationale="cheap", decided_by="me")
    with pytest.raises(psycopg.Error, match="D was decided by me already") as raised:
        update(filled, "decisions", "d", {"rationale": "other"})
    assert raised.value.sqlstate == "SH409"
