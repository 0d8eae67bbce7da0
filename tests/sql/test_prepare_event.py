"""prepare_event(): what an event is about has a place, filled in where it was left out."""

from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.sql.world import Connection, insert, make_decision, make_plan, make_repo, make_task, value


@pytest.fixture
def about(owner_tx: Connection) -> dict[str, Any]:
    """A row of each kind, all of one repository."""
    topic = value(owner_tx, "select id from topics where slug = 'product'")
    plan = make_plan(owner_tx, topic=topic)
    return {
        "repo": make_repo(owner_tx),
        "topic": topic,
        "workplan": plan,
        "task": make_task(owner_tx, plan),
        "decision": make_decision(owner_tx, workplan=plan, topic=topic),
    }


def place(connection: Connection, **references: Any) -> dict[str, Any]:
    row = insert(connection, "progress_events", summary="said", author="me", **references)
    query = "select repo, topic, workplan, task, decision from progress_events where id = %s"
    found = connection.cursor(row_factory=dict_row).execute(query, [row]).fetchone()
    assert found
    return {name: reference for name, reference in found.items() if reference}


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("", ""),
        ("repo", "repo"),
        ("topic", "topic"),
        ("workplan", "repo workplan"),
        ("task", "repo workplan task"),
        ("decision", "repo topic workplan decision"),
        ("topic task", "repo topic workplan task"),
    ],
)
def test_where_it_belongs_is_filled_in(owner_tx: Connection, about: dict[str, Any], given: str, filled: str) -> None:
    references = {name: about[name] for name in given.split()}
    assert place(owner_tx, **references) == {name: about[name] for name in filled.split()}


@pytest.mark.parametrize("given", ["task", "workplan", "decision"])
def test_a_repository_that_was_given_stays(owner_tx: Connection, about: dict[str, Any], given: str) -> None:
    other = make_repo(owner_tx, "beta")
    assert place(owner_tx, repo=other, **{given: about[given]})["repo"] == other


def test_a_decision_about_a_topic_alone_has_no_repository(owner_tx: Connection) -> None:
    decision = make_decision(owner_tx)
    topic = value(owner_tx, "select id from topics where slug = 'platform'")
    assert place(owner_tx, decision=decision) == {"topic": topic, "decision": decision}
