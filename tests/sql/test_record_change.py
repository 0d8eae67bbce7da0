"""record_change(), events_of(): every insert and change of an entity becomes one event, whoever writes."""

import pytest

from tests.sql.log import Log
from tests.sql.world import (
    column,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
)

ROWS = {
    "topics": "topic",
    "managed_repos": "repo",
    "workplans": "workplan",
    "tasks": "task",
    "decisions": "decision",
}


def test_an_insert_tells_what_was_created(simple: Log) -> None:
    task = make_task(simple.connection, simple.plan, title="Paint it", status="wait")
    (event,) = simple.new()
    assert event["summary"] == "Task ALPHA-WP-0001-T02 created: Paint it"
    assert event["detail"] == {"kind": "task", "name": "ALPHA-WP-0001-T02", "status": ["wait"]}
    repo = make_repo(simple.connection)
    assert (event["event_type"], event["task"], event["workplan"], event["repo"]) == (
        "created",
        task,
        simple.plan,
        repo,
    )


@pytest.mark.parametrize(
    ("table", "status", "event_type"),
    [
        ("topics", "paused", "status"),
        ("managed_repos", "archived", "status"),
        ("workplans", "finished", "status"),
        ("tasks", "done", "status"),
        ("decisions", "superseded", "decision"),
    ],
)
def test_a_change_of_status_tells_the_old_and_the_new(log: Log, table: str, status: str, event_type: str) -> None:
    row = log.id_of(table)
    was = value(log.connection, f"select status::text from {table} where id = %s", row)
    (event,) = log.after(f"update {table} set status = %s where id = %s", status, row)
    assert event["detail"]["status"] == [was, status]
    assert event["detail"]["columns"] == ["status"]
    assert event["summary"].endswith(f": {was} → {status}")
    assert (event["event_type"], event[ROWS[table]]) == (event_type, row)


@pytest.mark.parametrize("table", ROWS)
def test_any_other_change_names_its_columns(log: Log, table: str) -> None:
    title = "name" if table == "managed_repos" else "title"
    other = "domain" if table in ("topics", "managed_repos") else "labels"
    changed = "'energy'" if other == "domain" else "'{a}'"
    (event,) = log.after(f"update {table} set {title} = 'x', {other} = {changed} where id = %s", log.id_of(table))
    assert event["event_type"] == "changed"
    assert event["detail"]["columns"] == sorted([title, other])
    assert event["summary"].endswith(f" changed: {', '.join(sorted([title, other]))}")
    assert "status" not in event["detail"]


def test_each_changed_row_has_an_event_of_its_own(log: Log) -> None:
    for _ in range(3):
        make_task(log.connection, log.plan)
    log.new()
    events = log.after("update tasks set status = 'done' where code <> 'ALPHA-WP-0001-T01'")
    assert [event["detail"]["name"][-3:] for event in events] == ["T02", "T03", "T04"]


@pytest.mark.parametrize("table", ROWS)
def test_an_update_that_changes_nothing_leaves_no_event(log: Log, table: str) -> None:
    assert log.after(f"update {table} set status = status") == []
    assert log.after(f"update {table} set status = status where false") == []


def test_bookkeeping_leaves_no_event(log: Log) -> None:
    assert log.after("update managed_repos set last_synced_at = now()") == []
    assert log.after("update workplans set sync_base = '{}'") == []


def test_what_triggers_change_in_passing_is_named_too(simple: Log) -> None:
    (event,) = simple.after("update decisions set title = 'Which bank?'")
    assert event["detail"]["columns"] == ["escalation_note", "status", "title"]
    beta = make_repo(simple.connection, "beta")
    simple.new()
    events = simple.after("update workplans set repo = %s", beta)
    assert sorted(event["detail"]["kind"] for event in events) == ["task", "workplan"]
    assert {event["repo"] for event in events} == {beta}


def test_references_are_those_of_the_row(simple: Log) -> None:
    topic = value(simple.connection, "select id from topics where slug = 'product'")
    plan = make_plan(simple.connection, topic=topic)
    decision = make_decision(simple.connection, workplan=plan, topic=topic)
    repo = make_repo(simple.connection)
    names = ["repo", "topic", "workplan", "task", "decision"]
    references = [{name: event[name] for name in names if event[name]} for event in simple.new()]
    assert references == [
        {"repo": repo, "topic": topic, "workplan": plan},
        {"repo": repo, "topic": topic, "workplan": plan, "decision": decision},
    ]


def test_a_repository_is_registered_and_a_decision_is_a_decision(simple: Log) -> None:
    make_repo(simple.connection, "beta")
    make_decision(simple.connection)
    assert [event["event_type"] for event in simple.new()] == ["registration", "decision"]


def test_a_write_that_is_rolled_back_leaves_no_event(simple: Log) -> None:
    with simple.connection.transaction(force_rollback=True):
        simple.connection.execute("update tasks set title = 'x'")
    assert simple.new() == []


def test_the_event_carries_the_transaction_of_the_write(simple: Log) -> None:
    with simple.connection.transaction():
        xid = value(simple.connection, "select pg_current_xact_id()::text")
        simple.connection.execute("update tasks set title = 'x'")
    assert column(simple.connection, "select xid::text from progress_events order by id desc limit 1") == [xid]


def test_an_upsert_is_told_as_what_it_was(simple: Log) -> None:
    upsert = (
        "insert into topics (slug, title, domain) values ('platform', 'Other', 'infotech'), ('new', 'New', 'infotech')"
        " on conflict (slug) do update set title = excluded.title"
    )
    kinds = [(event["event_type"], event["detail"]["name"]) for event in simple.after(upsert)]
    assert sorted(kinds) == [("changed", "platform"), ("created", "new")]


def test_a_long_title_is_cut_to_what_an_event_holds(simple: Log) -> None:
    insert(simple.connection, "tasks", workplan=simple.plan, title="x" * 1000, code="y" * 120)
    (event,) = simple.new()
    assert 1000 < len(event["summary"]) <= 2000
