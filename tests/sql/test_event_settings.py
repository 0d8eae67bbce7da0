"""record_change(): the settings that name author, kind, type, and make one event of many."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.sql.log import Log
from tests.sql.world import API, OWNER, SUPERUSER, Connection, Database, make_repo


@pytest.fixture(params=[API, OWNER, SUPERUSER], ids=["api", "owner", "superuser"])
def log(request: pytest.FixtureRequest, database: Database) -> Iterator[Log]:
    """The log, as the app, the owner and a superuser at psql write it, each statement a transaction."""
    with closing(database.connect(request.param)) as connection:
        yield Log(connection)


@pytest.fixture
def simple(api: Connection) -> Log:
    """The log, as the app writes it, each statement a transaction."""
    return Log(api)


def test_the_author_is_the_login_user_unless_it_is_set(log: Log) -> None:
    user = log.connection.info.user
    (event,) = log.after("update tasks set title = 'x'")
    assert (event["author"], event["author_kind"]) == (user, "human")
    with log.connection.transaction():
        log.connection.execute("select set_author('claude', 'agent')")
        (event,) = log.after("update tasks set title = 'y'")
    assert (event["author"], event["author_kind"]) == ("claude", "agent")
    (event,) = log.after("update tasks set title = 'z'")
    assert (event["author"], event["author_kind"]) == (user, "human")


def test_set_author_in_the_statement_itself_is_in_time(simple: Log) -> None:
    (event,) = simple.after("with a as materialized (select set_author('claude')) update tasks set title = 'x' from a")
    assert (event["author"], event["author_kind"]) == ("claude", "agent")


@pytest.mark.parametrize(("setting", "wrong"), [("author_kind", "robot"), ("author", "x" * 201), ("event_type", "odd")])
def test_a_setting_that_cannot_be_refuses_the_write(simple: Log, setting: str, wrong: str) -> None:
    simple.connection.execute("select set_config(%s, %s, false)", [f"statehub.{setting}", wrong])
    with pytest.raises((psycopg.errors.InvalidTextRepresentation, psycopg.errors.CheckViolation)):
        simple.connection.execute("update tasks set title = 'x'")


def test_the_event_type_may_be_set(simple: Log) -> None:
    simple.connection.execute("set statehub.event_type = 'claim'")
    (event,) = simple.after("update tasks set status = 'progress'")
    assert (event["event_type"], event["detail"]["status"]) == ("claim", ["todo", "progress"])


def test_bulk_writes_one_event_for_a_statement(log: Log) -> None:
    log.connection.execute("set statehub.bulk = on")
    (event,) = log.after("insert into tasks (workplan, title) select id, 'x' from workplans, generate_series(1, 120)")
    assert (event["summary"], event["event_type"], event["detail"]["count"]) == (
        "120 tasks created",
        "created",
        120,
    )
    assert len(event["detail"]["names"]) == 100
    assert (event["repo"], event["task"]) == (make_repo(log.connection), None)
    (event,) = log.after("update tasks set status = 'done' where code like '%T01'")
    assert (event["summary"], event["event_type"]) == ("1 task changed", "changed")
    assert log.after("update tasks set status = status") == []
