"""grants.sql: what statehub_api and statehub_ro may not do, one thing at a time."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from tests.sql.world import API, READER, Connection, Database, column

KEPT_BY_THE_DATABASE = ["id", "version", "created_at", "updated_at", "queued", "xid", "escalation_note"]
ENTITIES = ["topics", "managed_repos", "workplans", "tasks", "decisions"]
LOGS = ["progress_events", "task_dependencies", "workplan_dependencies"]
COUNTERS = ["ledger", "revisions", "totals", "workplan_totals", "epochs"]
FORBIDDEN_TO_THE_API = [
    *(f"delete from {table}" for table in [*ENTITIES, *LOGS, "domains", "task_claims"]),
    *(f"truncate {table} cascade" for table in [*ENTITIES, *LOGS, "domains"]),
    *(f"alter table {table} disable trigger all" for table in [*ENTITIES, *LOGS]),
    *(f"insert into {table} default values" for table in COUNTERS),
    *(f"delete from {table}" for table in ["ledger", "revisions", "unsettled", "gates", "code_files"]),
    "insert into domains (slug, name) values ('a', 'b')",
    "insert into escalation_keywords values ('a', 'legal')",
    "insert into unsettled default values",
    "update revisions set base = 0",
    "update totals set n = 0",
    "update workplan_totals set n = 0",
    "update gates set passes = 0",
    "update code_counters set last = 0",
    "update progress_events set summary = 'x'",
    "update task_dependencies set depends_on = task",
    "update workplan_dependencies set depends_on = workplan",
    "update tasks set queued = true",
    "update tasks set repo = repo",
    "update tasks set version = 1",
    "update topics set id = id",
    "update workplans set created_at = now()",
    "update decisions set escalation_note = null",
    "insert into tasks (queued) values (true)",
    "insert into topics (id, slug) values (gen_random_uuid(), 'x')",
    "insert into progress_events (xid) values ('1')",
    "insert into progress_events (created_at) values (now())",
    "drop trigger ledger_insert on tasks",
    "create or replace function statehub.fold() returns bigint language sql as 'select 1'",
    "create table statehub.mine ()",
    "set session_replication_role = replica",
    "set role statehub_owner",
    "select rebuild_totals()",
    "select start_epoch(true)",
    "select next_number(gen_random_uuid())",
    "select watch('gates', 'core')",
    "select load_export('{}')",
    "select load_exported_log('{}')",
    "select arm_for_import(false)",
]
FORBIDDEN_TO_READERS = [
    *(f"insert into {table} default values" for table in [*ENTITIES, "progress_events", "legacy_usage"]),
    *(f"update {table} set status = status" for table in ENTITIES),
    *(f"delete from {table}" for table in [*ENTITIES, "progress_events"]),
    "update task_claims set claimed_by = null",
    "select import_hub('{}')",
    "select fold()",
    "select settle()",
    "select remove_task_dependency('a', 'b')",
    "select remove_workplan_dependency('a', 'b')",
    'select create_row(\'topics\', \'{"slug": "x", "title": "x", "domain": "infotech"}\')',
    "select update_row('topics', 'platform', '{\"title\": \"x\"}')",
]


@contextmanager
def login(database: Database, options: str) -> Iterator[Connection]:
    """A session that has that role and nothing else: a superuser's could always take its own role back."""
    role = options.split()[1].removeprefix("role=")
    with closing(database.connect(options)) as connection, connection.transaction(force_rollback=True):
        connection.execute(f"set local session authorization {role}")
        yield connection


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_API)
def test_the_api_may_not(shared: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), login(shared, API) as api:
        api.execute(statement)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_READERS)
def test_a_reader_may_not(shared: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), login(shared, READER) as reader:
        reader.execute(statement)


def test_a_reader_reads_every_table_and_view(shared: Database) -> None:
    with login(shared, READER) as reader:
        for table in column(
            reader,
            "select c.oid::regclass::text from pg_class as c where relkind in ('r', 'v')"
            " and relnamespace = 'statehub'::regnamespace and relname not like '%yoyo%'",
        ):
            reader.execute(f"select * from {table} limit 1")
        reader.execute("select summary_core(200), summary_progress(), revisions()")


def test_columns_that_the_database_keeps_are_granted_to_nobody(owner_tx: Connection) -> None:
    granted = column(
        owner_tx,
        "select distinct concat_ws(' ', grantee, privilege_type, table_name || '.' || column_name)"
        " from information_schema.column_privileges where table_schema = 'statehub' and grantee like 'statehub%%'"
        " and grantee <> 'statehub_owner' and privilege_type in ('INSERT', 'UPDATE') and column_name = any(%s)",
        KEPT_BY_THE_DATABASE,
    )
    assert sorted(granted) == []


def test_nothing_of_the_schema_is_granted_to_public(owner_tx: Connection) -> None:
    granted = """
        select c.relname::text from pg_class as c cross join aclexplode(c.relacl) as a
        where c.relnamespace = 'statehub'::regnamespace and a.grantee = 0
        union all
        select p.proname::text from pg_proc as p
        cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where p.pronamespace = 'statehub'::regnamespace and a.grantee = 0
    """
    assert column(owner_tx, granted) == []


@pytest.mark.parametrize("options", [API, READER])
def test_nobody_hangs_a_trigger_function_of_ours_on_a_table_of_their_own(shared: Database, options: str) -> None:
    # it is security definer: with it they could write the ledger, events, any task's repo
    with login(shared, options) as connection:
        connection.execute("create temporary table mine (workplan uuid, status text)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "create trigger t after insert on mine referencing new table as changed"
                " for each statement execute function ledger_tasks()"
            )


def test_every_security_definer_function_pins_its_search_path(owner_tx: Connection) -> None:
    loose: list[Any] = column(
        owner_tx,
        "select p.proname from pg_proc as p where p.pronamespace = 'statehub'::regnamespace and p.prosecdef"
        " and not coalesce(p.proconfig, '{}') @> '{\"search_path=statehub, pg_temp\"}'",
    )
    assert loose == []
