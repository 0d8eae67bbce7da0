"""0013.tighten-rules: rows of before that break a rule stay, and are told; what is written later is held to it."""

from contextlib import closing

import psycopg
import pytest

from statehub import schema
from tests.sql.world import API, Database, insert, make_decision, make_plan, make_task

AN_ID = "6f1b2c3d-0000-4000-8000-00000000000a"
ADDED = {
    "topics": ["topics_slug_no_id"],
    "tasks": ["tasks_labels_flat", "tasks_assignee_given", "tasks_code_free"],
    "decisions": ["decisions_superseded_by_fits_status"],
}


def test_a_hub_with_rows_that_break_a_rule_comes_to_head_and_keeps_them(database: Database) -> None:
    with closing(database.connect()) as owner:
        for table, names in ADDED.items():
            for name in names:
                owner.execute(f"alter table {table} drop constraint {name}")
        owner.execute("delete from _yoyo_migration where migration_id like '0013%'")
        insert(owner, "topics", slug=AN_ID, title="x", domain="energy")
        make_task(owner, make_plan(owner), code="ready", assignee=" ", labels=[["a"], ["b"]])
        older, newer = make_decision(owner, code="OLD"), make_decision(owner)
        owner.execute("alter table decisions disable trigger prepare")
        owner.execute("update decisions set superseded_by = %s where id = %s", [newer, older])
        owner.execute("alter table decisions enable always trigger prepare")
        done = schema.migrate(database.url)
        assert [name[:4] for name in done.applied] == ["0013"]
        unsure = (
            "select conname::text from pg_constraint where not convalidated and connamespace = 'statehub'::regnamespace"
        )
        assert {name for (name,) in owner.execute(unsure)} == {name for names in ADDED.values() for name in names}

    with closing(database.connect(API)) as api:
        for change, constraint in [
            ("update topics set title = 'y' where domain = 'energy'", "topics_slug_no_id"),
            ("update tasks set title = 'y'", "tasks_"),
        ]:
            with pytest.raises(psycopg.errors.CheckViolation, match=constraint):
                api.execute(change)
        api.execute("update tasks set code = 'T', assignee = null, labels = '{}'")
        # a decision that names its successor is put right by whatever is written
        api.execute("update decisions set labels = '{a}'")
        assert api.execute("select status::text from decisions where code = 'OLD'").fetchone() == ("superseded",)


def test_it_may_run_again(database: Database) -> None:
    before = database.value("select count(*) from pg_constraint")
    database.value("delete from _yoyo_migration where migration_id like '0013%' returning 1")
    assert [name[:4] for name in schema.migrate(database.url).applied] == ["0013"]
    assert database.value("select count(*) from pg_constraint") == before
