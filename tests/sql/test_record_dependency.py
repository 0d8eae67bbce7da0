"""record_dependency(): a dependency that is added or taken back is an event of what waits."""

from contextlib import closing
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.sql.world import API, OWNER, Connection, Database, depend, make_plan, make_repo, make_task, value


def last(connection: Connection) -> dict[str, Any]:
    query = "select * from progress_events order by id desc limit 1"
    event = connection.cursor(row_factory=dict_row).execute(query).fetchone()
    assert event
    return event


def two_tasks(connection: Connection) -> list[Any]:
    return [make_task(connection, make_plan(connection, code=f"P{n}"), code=f"T{n}") for n in (1, 2)]


def two_plans(connection: Connection) -> list[Any]:
    topic = value(connection, "select id from topics where slug = 'product'")
    return [make_plan(connection, code=f"T{n}", topic=topic) for n in (1, 2)]


@pytest.mark.parametrize("options", [API, OWNER])
@pytest.mark.parametrize(("kind", "make"), [("task", two_tasks), ("workplan", two_plans)], ids=["tasks", "workplans"])
def test_adding_and_taking_back_leave_an_event_each(database: Database, options: str, kind: str, make: Any) -> None:
    with closing(database.connect(options)) as connection:
        one, two = make(connection)
        events = "select count(*) from progress_events"
        connection.execute("select set_author('claude', 'agent')")
        before = value(connection, events)
        with connection.transaction():
            connection.execute("select set_author('claude', 'agent')")
            depend(connection, one, two, f"{kind}_dependencies")
        added = last(connection)
        with connection.transaction():
            connection.execute("select set_author('claude', 'agent')")
            connection.execute(f"select remove_{kind}_dependency('T1', 'T2')")
        taken = last(connection)
        assert value(connection, events) == before + 2
        noun = kind.capitalize()
        assert [added["summary"], taken["summary"]] == [
            f"{noun} T1 depends on T2",
            f"{noun} T1 no longer depends on T2",
        ]
        for event in (added, taken):
            assert event["detail"] == {
                "kind": kind,
                "name": "T1",
                "columns": ["depends_on"],
                "depends_on": "T2",
            }
            assert (event["event_type"], event["author"], event["author_kind"]) == (
                "changed",
                "claude",
                "agent",
            )
            assert (event[kind], event["repo"]) == (one, make_repo(connection))
            column = "workplan" if kind == "task" else "topic"
            assert event[column] == value(connection, f"select {column} from {kind}s where id = %s", one)


def test_the_author_is_the_login_user_unless_it_is_set(api: Connection) -> None:
    one, two = two_tasks(api)
    depend(api, one, two)
    assert (last(api)["author"], last(api)["author_kind"]) == (api.info.user, "human")
    api.execute("select remove_task_dependency('T1', 'T2')")
    assert (last(api)["author"], last(api)["author_kind"]) == (api.info.user, "human")


def test_taking_back_what_was_not_there_leaves_no_event(api: Connection) -> None:
    two_tasks(api)
    before = last(api)["id"]
    api.execute("select remove_task_dependency('T1', 'T2')")
    assert last(api)["id"] == before


def test_bulk_work_leaves_an_event_when_it_takes_a_dependency_back(api: Connection) -> None:
    one, two = two_tasks(api)
    depend(api, one, two)
    before = last(api)["id"]
    api.execute("set statehub.bulk = on")
    api.execute("select remove_task_dependency('T1', 'T2')")
    assert last(api)["id"] > before


@pytest.mark.parametrize(("kind", "make"), [("task", two_tasks), ("workplan", two_plans)], ids=["tasks", "workplans"])
def test_the_event_type_may_be_set(api: Connection, kind: str, make: Any) -> None:
    one, two = make(api)
    api.execute("set statehub.event_type = 'sync'")
    depend(api, one, two, f"{kind}_dependencies")
    assert last(api)["event_type"] == "sync"
    api.execute("reset statehub.event_type")
    api.execute(f"select remove_{kind}_dependency('T1', 'T2')")
    assert last(api)["event_type"] == "changed"
