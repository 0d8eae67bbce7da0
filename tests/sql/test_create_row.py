"""create_row(), written(): one row from a document, and all that a revision token is made of."""

import json
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.sql.world import Connection, column, make_plan, make_repo, make_task, value

DOCUMENTS: dict[str, dict[str, Any]] = {
    "topics": {"slug": "new", "title": "New", "domain": "infotech"},
    "repos": {
        "slug": "new",
        "name": "New",
        "domain": "infotech",
        "capability_tags": ["a"],
        "classification": {"a": 1},
    },
    "workplans": {
        "repo": "alpha",
        "topic": "PLATFORM",
        "title": "New",
        "labels": ["a"],
        "detail": {"a": [1]},
    },
    "tasks": {
        "workplan": "plan",
        "parent": "task",
        "title": "New",
        "due_at": "2026-01-01T00:00:00Z",
        "priority": 0,
    },
    "decisions": {"workplan": "PLAN", "topic": "platform", "title": "New", "options": [{"a": 1}]},
    "progress": {
        "repo": "alpha",
        "task": "task",
        "summary": "New",
        "author": "me",
        "event_type": "milestone",
    },
}


@pytest.fixture
def filled(api_tx: Connection) -> Connection:
    """The API's role, with a repo alpha, a PLAN and a TASK."""
    make_task(api_tx, make_plan(api_tx, code="PLAN"), code="TASK")
    return api_tx


def create(connection: Connection, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    answer = connection.cursor(row_factory=dict_row).execute(
        "select * from create_row(%s, %s)", [kind, Jsonb(document)]
    )
    found = answer.fetchone()
    assert found
    return found


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_it_answers_the_row_as_served(filled: Connection, kind: str) -> None:
    answer = create(filled, kind, DOCUMENTS[kind])
    body = json.loads(answer["body"])
    names = "select name from served_columns where kind = %s order by position"
    assert list(body) == column(filled, names, kind)
    expected = {
        name: given.upper() if name in ("workplan", "parent", "task") else given.lower() if name == "topic" else given
        for name, given in DOCUMENTS[kind].items()
        if name != "due_at"
    }
    assert {name: body[name] for name in expected} == expected
    short = body["id" if kind == "progress" else "slug" if "slug" in body else "code"]
    assert (answer["short_name"], answer["version"]) == (str(short), None if kind == "progress" else 1)


def test_it_answers_the_revision_that_has_the_row(filled: Connection) -> None:
    with psycopg.connect(filled.info.dsn) as other, filled.transaction():
        running = value(other, "select pg_current_xact_id()")
        before = filled.execute("select core, progress from revisions()").fetchone()
        answer = create(filled, "topics", DOCUMENTS["topics"])
        after = filled.execute("select epoch, core, progress from revisions()").fetchone()
        assert (answer["epoch"], answer["core"], answer["progress"]) == after
        assert before
        assert (answer["core"], answer["progress"]) > before
        assert answer["xid"] == value(filled, "select pg_current_xact_id()")
        # not so of its own xid: a snapshot does not list it, and it is visible there once any later one has ended
        assert value(filled, "select pg_visible_in_snapshot(%s, %s)", running, answer["snapshot"]) is False


def test_references_may_be_ids(filled: Connection) -> None:
    repo = make_repo(filled)
    body = json.loads(create(filled, "workplans", {"repo": str(repo), "title": "New"})["body"])
    assert body["repo"] == "alpha"


def test_a_column_given_as_null_is_null_and_one_left_out_has_its_default(filled: Connection) -> None:
    make_plan(filled, code="DUE", due_at="2026-01-01")
    body = json.loads(create(filled, "tasks", {"workplan": "due", "title": "x", "assignee": None})["body"])
    assert (body["assignee"], body["priority"], body["status"], body["labels"]) == (None, 2, "todo", [])
    assert body["due_at"].startswith("2026-01-01")


@pytest.mark.parametrize("kept", ["id", "version", "created_at", "queued", "repo"])
def test_a_column_that_the_database_keeps_is_refused(filled: Connection, kept: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        create(filled, "tasks", {"workplan": "plan", "title": "x", kept: None})


def test_a_column_that_is_none_is_refused(filled: Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn):
        create(filled, "tasks", {"workplan": "plan", 'title" = 1 --': "x"})


def test_nothing_is_written_when_a_reference_is_unknown(filled: Connection) -> None:
    before = value(filled, "select count(*) from progress_events")
    with pytest.raises(psycopg.Error) as raised, filled.transaction():
        create(filled, "tasks", {"workplan": "nowhere", "title": "x"})
    assert (raised.value.sqlstate, raised.value.diag.column_name) == ("SH422", "workplan")
    assert value(filled, "select count(*) from progress_events") == before
