"""watched.sql, unarmed_triggers: every table is under watch, or has a reason not to be."""

from contextlib import closing

import pytest

from statehub import schema
from tests.sql.world import Connection, Database, column

EXCUSED = {
    "ledger": "it is the ledger",
    "revisions": "what the ledger is folded into",
    "totals": "what the ledger is folded into",
    "workplan_totals": "what the ledger is folded into",
    "epochs": "part of every revision token already",
    "code_files": "belongs to migrate, no state",
    "code_counters": "moves only with a workplan or task, which are watched",
    "gates": "a lock",
    "unsettled": "changes only when ready_tasks does not, and no summary shows it",
    "task_claims": "a heartbeat must bump nothing; a claim shows in the status of its task",
    "escalation_keywords": "no summary shows it; what it escalates is a decision, which is watched",
    "idempotency_keys": "answers that were given, no state",
    "legacy_interfaces": "the meter counts each request; no summary shows it",
    "legacy_usage": "the meter counts each request; no summary shows it",
    "search_language": "belongs to migrate; no summary shows it",
    "_yoyo_log": "belongs to migrate, no state",
    "_yoyo_migration": "belongs to migrate, no state",
    "_yoyo_version": "belongs to migrate, no state",
    "yoyo_lock": "belongs to migrate, no state",
}
TABLES = """
    select c.relname::text from pg_class as c
    where c.relnamespace = 'statehub'::regnamespace and c.relkind in ('r', 'p', 'f', 'm')
"""

TRIGGERS = """
    select g.tgname::text from pg_trigger as g inner join pg_class as c on g.tgrelid = c.oid
    where c.relnamespace = 'statehub'::regnamespace and not g.tgisinternal
"""


def test_every_table_is_watched_or_excused_with_a_reason(owner: Connection) -> None:
    watched = column(owner, "select tbl from revisions")
    assert sorted(column(owner, TABLES)) == sorted([*watched, *EXCUSED])


def test_every_watched_table_has_four_ledger_triggers_that_fire_always(owner: Connection) -> None:
    armed = column(
        owner,
        """
        select r.tbl || ' ' || t.tgname from revisions as r inner join pg_trigger as t
        on t.tgrelid = to_regclass('statehub.' || r.tbl) and t.tgname like 'ledger\\_%%'
        where t.tgenabled = 'A' and t.tgfoid = to_regproc('statehub.ledger_' || r.tbl)
        """,
    )
    operations = ["insert", "update", "delete", "truncate"]
    watched = column(owner, "select tbl from revisions")
    assert sorted(armed) == sorted(f"{table} ledger_{operation}" for table in watched for operation in operations)


def test_nothing_is_unarmed_at_head(api: Connection) -> None:
    assert column(api, "select tbl from unarmed_triggers") == []


def test_every_trigger_fires_always(owner: Connection) -> None:
    asleep = column(owner, TRIGGERS.replace("g.tgname", "c.relname || '.' || g.tgname") + " and g.tgenabled <> 'A'")
    assert asleep == []


@pytest.mark.parametrize("trigger", ["ledger_delete", "record_insert", "prepare", "touch", "gate"])
@pytest.mark.parametrize(
    "change",
    [
        "alter table tasks disable trigger {}",
        "alter table tasks enable trigger {}",
        "alter table tasks enable replica trigger {}",
        "drop trigger {} on tasks",
    ],
)
def test_a_trigger_that_may_not_fire_is_listed(owner_tx: Connection, change: str, trigger: str) -> None:
    owner_tx.execute(change.format(trigger))
    assert owner_tx.execute("select * from unarmed_triggers").fetchall() == [("tasks", trigger)]


def test_a_reload_arms_what_is_off(database: Database) -> None:
    with closing(database.connect()) as owner:
        owner.execute("alter table tasks disable trigger record_update")
    schema.migrate(database.url, reload=True)
    assert database.value("select count(*) from unarmed_triggers") == 0


def test_a_watched_table_that_is_gone_is_listed(owner: Connection) -> None:
    before = column(owner, TRIGGERS + " and c.relname = 'task_dependencies' order by 1")
    owner.execute("drop table task_dependencies cascade")
    assert {"gate", "ledger_insert", "record_insert", "refuse_cycle", "touch"} <= set(before)
    assert column(owner, "select trigger from unarmed_triggers where tbl = 'task_dependencies' order by 1") == before
