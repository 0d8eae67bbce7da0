"""Every order and common filter of a long list has its index: no plan reads a big table through, none sorts it."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.sql.world import API, SUPERUSER, Connection, Database, temporary_database, value

TASKS, PLANS, EVENTS = 1_000_000, 10_000, 1_000_000
# a page of fifty rows, with all that they refer to, touches no more than this, whatever the size of the table
PAGES_READ = 1200
# (kind, filters, order)
HOT = [
    *(("tasks", {}, sort) for sort in ("created_at", "-created_at", "updated_at", "-updated_at")),
    *(("tasks", {}, sort) for sort in ("code", "-code", "priority", "-priority", "due_at", "-due_at")),
    ("tasks", {"workplan": ["plan-77"]}, "created_at"),
    ("tasks", {"workplan": ["PLAN-77"], "status": ["todo"]}, "created_at"),
    ("tasks", {"repo": ["r7"]}, "created_at"),
    ("tasks", {"repo": ["r7"], "status": ["todo"]}, "created_at"),
    ("tasks", {"status": ["wait"]}, "created_at"),
    ("tasks", {"status": ["done"]}, "-created_at"),
    ("tasks", {"assignee": ["agent-7"]}, "created_at"),
    ("tasks", {"since": ["2030-01-01T00:00:00Z"]}, "updated_at"),
    ("tasks", {"label": ["rare"]}, "created_at"),
    ("tasks", {"code": ["plan-77-t77"]}, "created_at"),
    ("workplans", {}, "created_at"),
    ("workplans", {"repo": ["r7"]}, "created_at"),
    ("workplans", {"status": ["active"]}, "-updated_at"),
    ("progress", {}, "-id"),
    ("progress", {}, "-occurred_at"),
    ("progress", {"author": ["agent-7"]}, "-id"),
    ("progress", {"event_type": ["milestone"]}, "-id"),
    ("progress", {"repo": ["r7"]}, "-id"),
    ("progress", {"workplan": ["plan-77"]}, "-id"),
    ("progress", {"task": ["plan-77-t77"]}, "-id"),
    ("progress", {"since": ["2020-06-01T00:00:00Z"], "until": ["2020-06-01T01:00:00Z"]}, "-occurred_at"),
]  # fmt: skip


def fill(superuser: Connection) -> None:
    """A million tasks of ten thousand workplans of a hundred repositories, 2 % open; a million events.

    Without triggers, and with the indexes made at the end, but for those of the search: the test looks at lists alone.
    """
    indexes = superuser.execute("""
        select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index as i
        where i.indrelid = any('{tasks,progress_events}'::regclass []) and not i.indisprimary
            and not exists (select from pg_constraint as c where c.conindid = i.indexrelid)
    """).fetchall()
    for table in ("managed_repos", "workplans", "tasks", "progress_events"):
        superuser.execute(f"alter table {table} disable trigger all")
    for name, _ in indexes:
        superuser.execute(f"drop index {name}")
    superuser.execute("""
        insert into managed_repos (slug, name, domain)
        select 'r' || n, 'r' || n, 'infotech' from generate_series(0, 99) as n
    """)
    superuser.execute(
        """
        insert into workplans (code, repo, title, status)
        select 'plan-' || n, (select id from managed_repos where slug = 'r' || n %% 100), 'Plan',
            (case when n %% 50 = 0 then 'active' else 'finished' end)::workplan_status
        from generate_series(0, %s - 1) as n
        """,
        [PLANS],
    )
    superuser.execute(
        """
        insert into tasks (
            code, workplan, repo, title, status, priority, assignee, labels, due_at, created_at, updated_at
        )
        select w.code || '-t' || n, w.id, w.repo, 'Task',
            (case when (n + n / 10000) %% 50 = 0 then 'todo' when n %% 997 = 0 then 'wait'
                else 'done' end)::task_status,
            n %% 5, case when n %% 3 = 0 then 'agent-' || n %% 100 end,
            (case when n %% 50000 = 0 then '{rare}' else '{}' end)::text [],
            case when n %% 10 = 0 then timestamptz '2030-01-01' + n * interval '1 minute' end,
            timestamptz '2020-01-01' + n * interval '1 second', timestamptz '2021-01-01' + n * interval '1 second'
        from generate_series(0, %s - 1) as n inner join workplans as w on w.code = 'plan-' || n %% %s
        """,
        [TASKS, PLANS],
    )
    superuser.execute(
        """
        insert into progress_events (event_type, summary, author, repo, workplan, task, occurred_at)
        select (case when t.n %% 1000 = 0 then 'milestone' else 'note' end)::event_type, 'n', 'agent-' || t.n %% 100,
            t.repo, t.workplan, t.id, timestamptz '2020-01-01' + t.n * interval '1 minute'
        from (select row_number() over () as n, s.* from (select * from tasks limit %s) as s) as t
        """,
        [EVENTS],
    )
    superuser.execute("set maintenance_work_mem = '256MB'")
    for name, definition in indexes:
        if not name.startswith("search_"):
            superuser.execute(definition)
    superuser.execute("vacuum analyze")


@pytest.fixture(scope="module")
def long_lists(server: str, template: str) -> Iterator[Database]:
    with temporary_database(server, template) as database:
        with closing(database.connect(SUPERUSER)) as superuser:
            fill(superuser)
        yield database


@pytest.fixture
def reader(long_lists: Database) -> Iterator[Connection]:
    with closing(long_lists.connect(API + " -c jit=off")) as connection:
        yield connection


def buffers(connection: Connection, kind: str, filters: Any, sort: str, after: str | None) -> int:
    """Pages that one page of the list reads."""
    query = "explain (analyze, buffers, timing off, format json) select list_rows(%s, %s, %s, null, %s, 50)"
    connection.execute(
        "select list_rows(%s, %s, %s, null, %s, 50)", [kind, json.dumps(filters), sort, after]
    )  # the catalogs, cached
    plan = value(connection, query, kind, json.dumps(filters), sort, after)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize(("kind", "filters", "sort"), HOT, ids=str)
def test_a_page_of_a_million_rows_reads_a_few_hundred_pages(
    reader: Connection, kind: str, filters: dict[str, list[str]], sort: str
) -> None:
    found = json.loads(value(reader, "select list_rows(%s, %s, %s, null, null, 50)", kind, json.dumps(filters), sort))
    assert found["items"] or "since" in filters
    assert buffers(reader, kind, filters, sort, None) < PAGES_READ
    if found["next"] is not None:
        assert buffers(reader, kind, filters, sort, json.dumps(found["next"])) < PAGES_READ


def test_a_page_in_the_middle_costs_what_the_first_one_costs(reader: Connection) -> None:
    middle = value(
        reader, "select jsonb_build_array(created_at, id) from tasks order by created_at offset 500000 limit 1"
    )
    assert buffers(reader, "tasks", {}, "created_at", json.dumps(middle)) < PAGES_READ
