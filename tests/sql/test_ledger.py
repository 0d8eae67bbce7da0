"""watch(), revisions(): which statement bumps which tables, and which sections it notifies."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest

from tests.sql.world import (
    SUPERUSER,
    Connection,
    Database,
    depend,
    make_plan,
    make_task,
    table_revisions,
    value,
)

ADD_TOPIC = "insert into topics (slug, title, domain) values ('new', 'New', 'infotech');"
ADD_EVENT = "insert into progress_events (summary, author) values ('said', 'me');"
MERGE = """
    merge into domains as d using (values {}) as s (slug, name) on d.slug = s.slug
    when matched and s.name is null then delete
    when matched and s.name = 'same' then do nothing
    when matched then update set name = s.name
    when not matched then insert (slug, name) values (s.slug, s.name)
"""
UPSERT = "insert into domains (slug, name) values ('{}', 'x') on conflict (slug) do {}"

# statement -> the tables whose revision grows; as one transaction each
BUMPS: dict[str, tuple[str, set[str]]] = {
    "insert": (ADD_TOPIC, {"topics", "progress_events"}),
    "insert of an event": (ADD_EVENT, {"progress_events"}),
    "insert of no row": ("insert into domains (slug, name) select 'a', 'b' where false", set()),
    "insert under a savepoint that is rolled back": (f"savepoint s; {ADD_TOPIC} rollback to s", set()),
    "insert under a savepoint that is released": (
        f"savepoint s; {ADD_TOPIC} release s",
        {"topics", "progress_events"},
    ),
    "update": ("update domains set name = 'x' where slug = 'spare'", {"domains"}),
    "update that changes nothing": ("update domains set name = name where slug = 'spare'", {"domains"}),
    "update of no row": ("update domains set name = 'x' where false", set()),
    "update of a counted table": (
        "update tasks set title = 'x' where code = 'T1'",
        {"tasks", "progress_events"},
    ),
    "update of no row of a counted table": ("update tasks set title = 'x' where false", set()),
    "delete": ("delete from domains where slug = 'spare'", {"domains"}),
    "delete of no row": ("delete from domains where false", set()),
    "delete that cascades": ("delete from tasks where code = 'BARE'", {"tasks", "task_dependencies"}),
    "truncate": ("truncate workplan_dependencies", {"workplan_dependencies"}),
    "merge that inserts": (MERGE.format("('new', 'x')"), {"domains"}),
    "merge that updates": (MERGE.format("('spare', 'x')"), {"domains"}),
    "merge that deletes": (MERGE.format("('spare', null)"), {"domains"}),
    "merge that does nothing": (MERGE.format("('spare', 'same')"), set()),
    "merge that does all": (MERGE.format("('new', 'x'), ('infotech', 'x'), ('spare', null)"), {"domains"}),
    "upsert of a new row": (UPSERT.format("new", "update set name = 'y'"), {"domains"}),
    "upsert of an old row": (UPSERT.format("spare", "update set name = 'y'"), {"domains"}),
    "insert on conflict that does nothing": (UPSERT.format("spare", "nothing"), set()),
    "common table expression that writes two tables": (
        "with d as (update domains set name = 'x') update topics set title = 'x' where slug = 'platform'",
        {"domains", "topics", "progress_events"},
    ),
    "heartbeat": ("update task_claims set lease_expires_at = now()", set()),
    "insert as a replica": (
        f"set local session_replication_role = replica; {ADD_TOPIC}",
        {"topics", "progress_events"},
    ),
    "delete as a replica": (
        "set local session_replication_role = replica; delete from tasks where code = 'BARE'",
        {"tasks"},
    ),
    "insert that notifies nobody": (
        f"set local statehub.notify = off; {ADD_TOPIC}",
        {"topics", "progress_events"},
    ),
}
SILENT = {"insert that notifies nobody"}


@pytest.fixture
def writer(database: Database) -> Iterator[Connection]:
    """The server's superuser, in a database with a few rows; BARE is a task without events."""
    with closing(database.connect(SUPERUSER)) as connection:
        plan = make_plan(connection)
        depend(connection, make_plan(connection), plan, "workplan_dependencies")
        first = make_task(connection, plan, code="T1")
        connection.execute("insert into domains (slug, name) values ('spare', 'Spare')")
        connection.execute("insert into task_claims values (%s, 1, 'me', now(), now())", [first])
        connection.execute("set statehub.bulk = on")  # no event refers to a row of it, so it can be deleted
        bare = uuid4()
        connection.execute(
            "insert into tasks (id, code, workplan, repo, title)"
            " select %s, 'BARE', id, repo, 'x' from workplans limit 1",
            [bare],
        )
        depend(connection, bare, first)
        connection.execute("reset statehub.bulk")
        yield connection


def heard(listener: Connection, writer: Connection) -> list[str]:
    """What the listener was told, up to a mark that the writer sets now."""
    writer.execute("select pg_notify('statehub', 'mark')")
    payloads: list[str] = []
    for notification in listener.notifies(timeout=20):
        if notification.payload == "mark":
            return sorted(payloads)
        payloads.append(notification.payload)
    raise AssertionError("the mark was never heard")


@pytest.mark.parametrize("kind", BUMPS)
def test_a_statement_bumps_and_notifies_exactly_what_it_touched(
    database: Database, writer: Connection, kind: str
) -> None:
    statements, tables = BUMPS[kind]
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        before = table_revisions(writer)
        with writer.transaction():
            writer.execute(statements)
        after = table_revisions(writer)
        sections = {"progress" if table == "progress_events" else "core" for table in tables}
        assert {table for table in after if after[table] != before[table]} == tables
        assert heard(listener, writer) == ([] if kind in SILENT else sorted(sections))


def test_copy_bumps_and_notifies(database: Database, writer: Connection) -> None:
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        before = table_revisions(writer)["domains"]
        with writer.cursor().copy("copy domains (slug, name) from stdin") as copy:
            copy.write_row(("one", "One"))
            copy.write_row(("two", "Two"))
        assert table_revisions(writer)["domains"] > before
        assert heard(listener, writer) == ["core"]


def test_a_transaction_that_is_rolled_back_bumps_and_notifies_nothing(database: Database, writer: Connection) -> None:
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        before = table_revisions(writer)
        with writer.transaction(force_rollback=True):
            writer.execute(ADD_TOPIC)
            assert table_revisions(writer)["topics"] == before["topics"] + 1
        assert table_revisions(writer) == before
        assert heard(listener, writer) == []


def test_many_statements_of_one_transaction_notify_each_section_once(database: Database, writer: Connection) -> None:
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        with writer.transaction():
            for number in range(5):
                writer.execute("update topics set title = %s", [f"Title {number}"])
                with writer.transaction():
                    writer.execute("update domains set name = %s", [f"Name {number}"])
        assert heard(listener, writer) == ["core", "progress"]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_truncate_is_refused_where_an_older_snapshot_could_miss_rows(writer: Connection, level: str) -> None:
    before = table_revisions(writer)
    with pytest.raises(psycopg.Error, match="TRUNCATE of a watched table needs read committed") as raised:
        writer.execute(f"begin isolation level {level}; truncate workplan_dependencies")
    writer.execute("rollback")
    assert raised.value.sqlstate == "SH409"
    assert table_revisions(writer) == before
    assert value(writer, "select count(*) from workplan_dependencies") == 1
