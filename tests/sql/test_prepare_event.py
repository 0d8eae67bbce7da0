"""prepare_event(), keep_known(): what an event is about has a place, is there, and stays."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.sql.world import (
    API,
    SUPERUSER,
    Connection,
    Database,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
    wait_until_blocked,
)

NOBODY = UUID(int=1)
REFERENCE = {"managed_repos": "repo", "workplans": "workplan", "tasks": "task"}


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


@pytest.mark.parametrize("given", ["", "repo", "task", "workplan"])
@pytest.mark.parametrize("unknown", ["repo", "workplan", "task", "topic", "decision"])
def test_what_is_not_there_is_refused_whatever_else_is_given(
    owner_tx: Connection, about: dict[str, Any], unknown: str, given: str
) -> None:
    references = {name: about[name] for name in given.split()} | {unknown: NOBODY}
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as raised:
        place(owner_tx, **references)
    assert raised.value.diag.constraint_name == f"progress_events_{unknown}_known"


@pytest.mark.parametrize("table", ["managed_repos", "workplans", "tasks"])
def test_a_row_that_somebody_is_just_writing_about_is_not_deleted(database: Database, table: str) -> None:
    with (
        closing(database.connect(API)) as api,
        closing(database.connect(SUPERUSER)) as superuser,
        ThreadPoolExecutor() as pool,
    ):
        repo = make_repo(superuser)
        superuser.execute(f"alter table {table} disable trigger record_insert")  # no event tells of it yet
        row = make_repo(superuser, "bare") if table == "managed_repos" else make_plan(superuser, repo=repo)
        row = make_task(superuser, row) if table == "tasks" else row
        superuser.execute(f"alter table {table} enable always trigger record_insert")
        delete = f"delete from {table} where id = %s"
        with superuser.transaction(force_rollback=True):
            assert superuser.execute(delete, [row]).rowcount == 1
        with api.transaction():
            insert(api, "progress_events", "id", summary="said", author="me", **{REFERENCE[table]: row})
            waiting = pool.submit(superuser.execute, delete, [row])
            wait_until_blocked(api, superuser)
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="is in the log, and is not deleted") as raised:
            waiting.result()
        assert raised.value.diag.constraint_name == f"progress_events_{REFERENCE[table]}_known"
        superuser.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            superuser.execute(delete, [row])


@pytest.mark.parametrize("table", REFERENCE)
def test_a_table_that_the_log_speaks_of_is_not_truncated(database: Database, table: str) -> None:
    with closing(database.connect(SUPERUSER)) as superuser:
        make_task(superuser, make_plan(superuser))
        for statement in (
            f"truncate {table} cascade",
            f"set session_replication_role = replica; truncate {table} cascade",
        ):
            with pytest.raises(psycopg.errors.ForeignKeyViolation, match="is in the log, and is not deleted"):
                superuser.execute(statement)


def test_who_cannot_see_the_newest_events_deletes_nothing(database: Database) -> None:
    with closing(database.connect(API)) as api, closing(database.connect(SUPERUSER)) as superuser:
        plan = make_plan(superuser)
        superuser.execute("set statehub.bulk = on")
        task = make_task(superuser, plan)
        with superuser.transaction():
            superuser.execute("set transaction isolation level repeatable read")
            value(superuser, "select count(*) from tasks")
            insert(api, "progress_events", "id", summary="said", author="me", task=task)
            with pytest.raises(psycopg.Error, match="needs read committed"), superuser.transaction():
                superuser.execute("delete from tasks where id = %s", [task])


def test_an_event_that_somebodys_own_trigger_writes_is_about_what_is_there(owner_tx: Connection) -> None:
    owner_tx.execute(
        "create table mine (task uuid);"
        " create function tell() returns trigger language plpgsql as $$ begin"
        " insert into progress_events (summary, author, task) values ('said', 'me', new.task); return new; end $$;"
        " create trigger tell after insert on mine for each row execute function tell()"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="task: does not exist"):
        owner_tx.execute("insert into mine values (%s)", [NOBODY])
