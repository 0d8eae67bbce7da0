"""A rule holds whichever way a row is written: copy, merge, upsert, odd settings, temporary tables of the same name."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.sql.log import Log
from tests.sql.world import (
    API,
    SUPERUSER,
    Connection,
    Database,
    column,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
)

ENTITIES = ["topics", "managed_repos", "workplans", "tasks", "decisions"]


@pytest.fixture
def replica(shared: Database) -> Iterator[Log]:
    """The log, as a superuser writes it for whom ordinary triggers sleep; rolled back."""
    with (
        closing(shared.connect(f"{SUPERUSER} -c session_replication_role=replica")) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield Log(connection)


# --- session_replication_role = replica


@pytest.mark.parametrize("table", ENTITIES)
def test_a_change_leaves_its_event_where_ordinary_triggers_sleep(replica: Log, table: str) -> None:
    label = "name" if table == "managed_repos" else "title"
    (event,) = replica.after(f"update {table} set {label} = 'x' where id = %s", replica.id_of(table))
    assert event["detail"]["columns"] == [label]


def test_other_rules_hold_where_ordinary_triggers_sleep(replica: Log) -> None:
    connection = replica.connection
    task = make_task(connection, replica.plan)
    assert value(connection, "select repo from tasks where id = %s", task) == make_repo(connection)
    connection.execute("update tasks set title = 'x' where id = %s", [task])
    assert value(connection, "select version from tasks where id = %s", task) == 2
    decision = make_decision(connection, title="Which bank?")
    assert value(connection, "select status::text from decisions where id = %s", decision) == "escalated"
    with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
        insert(connection, "decisions", title="About nothing")


def test_every_dependency_is_told_and_checked_where_ordinary_triggers_sleep(replica: Log) -> None:
    other = make_task(replica.connection, replica.plan)
    replica.new()
    add = "insert into task_dependencies (task, depends_on) values (%s, %s)"
    (event,) = replica.after(add, replica.task, other)
    assert event["detail"]["columns"] == ["depends_on"]
    with pytest.raises(psycopg.Error, match="closes a cycle"), replica.connection.transaction():
        replica.connection.execute(add, [other, replica.task])


# --- ways to write


def test_copy_is_an_insert_like_any_other(simple: Log) -> None:
    with simple.connection.cursor().copy("copy tasks (workplan, title, code) from stdin") as copy:
        for number in range(3):
            copy.write_row((simple.plan, f"Task {number}", f"copied-{number}"))
    events = simple.new()
    assert [event["detail"]["name"] for event in events] == ["copied-0", "copied-1", "copied-2"]
    rows = simple.connection.execute("select repo, version, queued from tasks where code like 'copied%'").fetchall()
    assert set(rows) == {(make_repo(simple.connection), 1, True)}


def test_copy_breaks_no_constraint(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="tasks_title_given"),
        api_tx.transaction(),
        api_tx.cursor().copy("copy tasks (workplan, title) from stdin") as copy,
    ):
        copy.write_row((plan, " \t "))


def test_copy_of_a_column_that_the_database_keeps_is_refused(api_tx: Connection) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        api_tx.transaction(),
        api_tx.cursor().copy("copy tasks (workplan, title, version) from stdin"),
    ):
        pass


def test_merge_tells_of_what_it_made_and_of_what_it_changed(simple: Log) -> None:
    events = simple.after(
        "merge into tasks as t using (values ('ALPHA-WP-0001-T01'), ('new')) as v (code) on t.code = v.code"
        " when matched then update set title = 'Merged'"
        " when not matched then insert (code, workplan, title) values (v.code, %s, 'Merged')",
        simple.plan,
    )
    told = sorted((event["event_type"], event["detail"]["name"]) for event in events)
    assert told == [("changed", "ALPHA-WP-0001-T01"), ("created", "new")]


@pytest.mark.parametrize("view", ["topic_rows", "repo_rows", "domain_rows", "vocabularies", "kinds"])
@pytest.mark.parametrize("statement", ["delete from {}", "insert into {} default values", "update {} set {} = null"])
def test_no_view_is_a_way_round(api_tx: Connection, view: str, statement: str) -> None:
    (first,) = column(api_tx, f"select attname from pg_attribute where attrelid = '{view}'::regclass and attnum = 1")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
        api_tx.execute(statement.format(view, first))


SHADOWS = ["progress_events", "workplans", "decisions", "escalation_keywords", "gates", "ledger", "changed"]


@pytest.mark.parametrize("path", ["pg_temp, statehub", "pg_temp, pg_catalog, statehub", '"$user", statehub'])
def test_a_temporary_table_of_the_same_name_takes_nothing_in(simple: Log, path: str) -> None:
    connection = simple.connection
    for table in SHADOWS:
        connection.execute(f"create temporary table {table} (id uuid, code text, repo uuid, due_at timestamptz)")
    before = value(connection, "select count(*) from statehub.ledger")
    connection.execute("select set_config('search_path', %s, true)", [path])
    plan = simple.plan
    insert_task = "insert into statehub.tasks (workplan, title) values (%s, 'x') returning code"
    assert value(connection, insert_task, plan) == "ALPHA-WP-0001-T02"
    connection.execute("insert into statehub.decisions (workplan, title) values (%s, 'Which bank?')", [plan])
    connection.execute("set local search_path = statehub")
    connection.execute("drop table " + ", ".join(f"pg_temp.{table}" for table in SHADOWS))
    kinds = [event["detail"]["kind"] for event in simple.new()]
    assert kinds == ["task", "decision"]
    assert value(connection, "select count(*) from statehub.ledger") > before
    assert value(connection, "select status::text from decisions order by code desc limit 1") == "escalated"


ODD: list[tuple[str, str]] = [
    ("standard_conforming_strings", "off"),
    ("transform_null_equals", "on"),
    ("array_nulls", "off"),
    ("quote_all_identifiers", "on"),
    ("DateStyle", "German, DMY"),
    ("TimeZone", "Pacific/Apia"),
    ("IntervalStyle", "sql_standard"),
    ("enable_indexscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("default_transaction_deferrable", "on"),
]


@pytest.mark.parametrize(("setting", "odd"), ODD, ids=lambda each: str(each))
def test_no_setting_of_a_session_turns_a_rule_off(database: Database, setting: str, odd: str) -> None:
    with closing(database.connect(API)) as connection:
        plan = make_plan(connection)
        make_task(connection, plan)
        connection.execute("select set_config(%s, %s, false)", [setting, odd])
        decision = make_decision(connection, title="Sign the Terms of Service?")
        state = "select status::text || ': ' || escalation_note from decisions where id = %s"
        assert value(connection, state, decision) == "escalated: Needs a person: terms of service (legal)"
        connection.execute("update tasks set due_at = '2030-01-02 00:00+00', status = 'done'")
        assert value(connection, "select detail from progress_events order by id desc limit 1") == {
            "kind": "task", "name": "ALPHA-WP-0001-T01", "columns": ["due_at", "status"], "status": ["todo", "done"],
        }  # fmt: skip
        assert value(connection, "select version from tasks") == 2
        with pytest.raises(psycopg.errors.UniqueViolation):
            make_task(connection, plan, code="alpha-wp-0001-t01")


# --- values


AN_ID = "6f1b2c3d-0000-4000-8000-00000000000a"
BAD_SLUGS = ["Upper", "a b", "a\n", "a/b", "-a", ".a", "", "\u017f", "ä", "a\u200b", "x" * 64, AN_ID]
BAD_CODES = ["a b", "a\n", "\u212a", "ä", "a\u00a0", "a/b", "../x", "", "x" * 121, AN_ID.upper()]
LISTS = [
    ("managed_repos", "capability_tags"), ("managed_repos", "business_stake"), ("workplans", "labels"),
    ("tasks", "labels"), ("decisions", "labels"),
]  # fmt: skip


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_slug_is_a_plain_word_that_is_no_id(api_tx: Connection, slug: str) -> None:
    for table, label in (("topics", "title"), ("managed_repos", "name")):
        with pytest.raises(psycopg.errors.CheckViolation, match=r"slug_(form|no_id)"), api_tx.transaction():
            insert(api_tx, table, slug=slug, domain="energy", **{label: "x"})


@pytest.mark.parametrize("code", BAD_CODES)
def test_a_code_is_a_plain_word_that_is_no_id(api_tx: Connection, code: str) -> None:
    plan = make_plan(api_tx)
    with pytest.raises(psycopg.errors.CheckViolation, match="tasks_code_form"), api_tx.transaction():
        make_task(api_tx, plan, code=code)
    with pytest.raises(psycopg.errors.CheckViolation, match="workplans_code_form"), api_tx.transaction():
        make_plan(api_tx, code=code)


@pytest.mark.parametrize("code", ["ready", "READY", "claim", "Claims"])
def test_a_tasks_code_is_no_word_of_the_routes_below_tasks(api_tx: Connection, code: str) -> None:
    plan = make_plan(api_tx)
    with pytest.raises(psycopg.errors.CheckViolation, match="tasks_code_free"), api_tx.transaction():
        make_task(api_tx, plan, code=code)
    assert make_task(api_tx, plan, code=f"{code}-1")


@pytest.mark.parametrize(("table", "name"), LISTS)
@pytest.mark.parametrize("bad", ["{{a,b},{c,d}}", "{a,null}", "{{a}}"])
def test_a_list_of_texts_is_flat_and_has_no_gaps(simple: Log, table: str, name: str, bad: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f"{name}_flat"), simple.connection.transaction():
        simple.connection.execute(f"update {table} set {name} = %s::text[]", [bad])
    simple.connection.execute(f"update {table} set {name} = %s::text[]", ['{a,"",b c}'])


@pytest.mark.parametrize("assignee", ["", " ", "\t\n"])
def test_an_assignee_has_a_name(simple: Log, assignee: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="tasks_assignee_given"):
        simple.connection.execute("update tasks set assignee = %s", [assignee])


TIMES = [
    ("managed_repos", "last_synced_at"), ("workplans", "due_at"), ("tasks", "due_at"), ("decisions", "due_at"),
    ("decisions", "decided_at"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "name"), TIMES)
@pytest.mark.parametrize("far", ["infinity", "-infinity", "10000-01-01", "0044-03-15 BC"])
def test_a_time_is_one_that_json_can_tell(simple: Log, table: str, name: str, far: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f"{name}_range"):
        simple.connection.execute(f"update {table} set {name} = %s::timestamptz", [far])


NEVER_NULL: dict[str, list[str]] = {
    "topics": ["slug", "title", "description", "domain", "status"],
    "managed_repos": ["slug", "name", "category", "domain", "capability_tags", "business_stake", "status"],
    "workplans": ["code", "repo", "title", "description", "status", "priority", "labels", "detail"],
    "tasks": ["code", "workplan", "title", "description", "status", "priority", "position", "labels", "detail"],
    "decisions": ["code", "title", "context", "options", "decision_type", "status", "labels", "detail"],
}


@pytest.mark.parametrize(("table", "name"), [(table, name) for table, names in NEVER_NULL.items() for name in names])
def test_what_a_row_must_have_is_not_taken_away(simple: Log, table: str, name: str) -> None:
    refused: Any = (psycopg.errors.NotNullViolation, psycopg.errors.CheckViolation, psycopg.errors.ForeignKeyViolation)
    with pytest.raises(refused):
        simple.connection.execute(f"update {table} set {name} = null where id = %s", [simple.id_of(table)])


@pytest.mark.parametrize("table", ENTITIES)
def test_a_row_that_has_an_event_is_deleted_by_nobody(shared: Database, table: str) -> None:
    with closing(shared.connect(SUPERUSER)) as connection, connection.transaction(force_rollback=True):
        log = Log(connection)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(f"delete from {table} where id = %s", [log.id_of(table)])


@pytest.mark.parametrize("table", ENTITIES)
def test_an_id_stays_as_it_is(shared: Database, table: str) -> None:
    with closing(shared.connect(SUPERUSER)) as connection, connection.transaction(force_rollback=True):
        row = Log(connection).id_of(table)
        with pytest.raises(psycopg.Error, match="the id of a row stays as it is"), connection.transaction():
            connection.execute(f"update {table} set id = gen_random_uuid() where id = %s", [row])
        connection.execute(f"update {table} set id = id where id = %s", [row])
