"""`/export`: every row of every table, from one snapshot, in lines that say when they are cut."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from statehub.routes import export
from tests.conftest import OWNER
from tests.running import Hub, eventually, problem
from tests.sql.world import column, depend, insert, make_decision, make_plan, make_repo, make_task

LINES = {
    "escalation_keywords": "keyword", "domains": "domain", "topics": "topic", "managed_repos": "repo",
    "workplans": "workplan", "workplan_dependencies": "workplan_dependency", "tasks": "task",
    "task_dependencies": "task_dependency", "task_claims": "claim", "decisions": "decision",
    "progress_events": "progress",
    "code_counters": "counter", "legacy_interfaces": "legacy_interface", "legacy_usage": "legacy_use",
}  # fmt: skip
# of this server or process, or derived from what is exported
LEFT_OUT = {
    "ledger", "revisions", "totals", "workplan_totals", "unsettled", "gates", "epochs", "code_files",
    "idempotency_keys",
    "search_language", "_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock",
}  # fmt: skip
# derived: settle() sets it, and an event's transaction means nothing elsewhere
DERIVED = {"tasks": {"queued"}, "progress_events": {"xid"}}
RENAMED = {
    "escalation_keywords": {"kind": "keyword_kind"}, "legacy_interfaces": {"kind": "legacy_kind"},
    "code_counters": {"scope": "repo"},
}  # fmt: skip


def lines_of(hub: Hub) -> list[dict[str, Any]]:
    """The lines of a whole export, the first and the last among them."""
    answer = hub.get("/export")
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"].startswith("application/jsonl")
    assert answer.body.endswith(b"\n")
    return [json.loads(line) for line in answer.body.splitlines()]


@pytest.fixture
def full(hub: Hub, owner: psycopg.Connection[Any]) -> Hub:
    """A hub with at least one row in every table that is exported."""
    one = make_plan(owner, code="P-1", sync_base='{"a": 1}', source_path="plans/one.md")
    two = make_plan(owner, repo=make_repo(owner, "beta"), title="Zwei \u202e\x1b[31m\n<b>")
    depend(owner, two, one, "workplan_dependencies")
    first = make_task(owner, one, code="T-1")
    make_task(owner, one, title="numbered")
    depend(owner, make_task(owner, two, code="T-2", parent=first), first)
    made = make_decision(owner, code="D-1", workplan=one)
    make_decision(owner, code="D-2", superseded_by=made, status="superseded")
    claim = "insert into task_claims (task, claim_seq, claimed_by, claimed_at, lease_expires_at)"
    owner.execute(claim + " values (%s, 3, 'ada', now(), now())", [first])
    old = column(owner, "select id from legacy_interfaces where name = '/workstreams'")[0]
    insert(owner, "legacy_usage", "caller", interface=old, used_on="2026-01-01", caller="curl")
    return hub


def test_every_row_of_every_table_is_there_in_the_order_of_an_import(full: Hub, owner: psycopg.Connection[Any]) -> None:
    tables = column(
        owner,
        "select relname::text from pg_class where relnamespace = 'statehub'::regnamespace and relkind = 'r' order by 1",
    )
    assert set(tables) == set(LINES) | LEFT_OUT
    head, *lines, end = lines_of(full)
    for table, kind in LINES.items():
        rows = column(owner, f"select count(*) from {table}")[0]
        assert rows > 0, table
        assert head["counts"][kind] == sum(line["kind"] == kind for line in lines) == rows, table
        stored = set(
            column(owner, "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0", table)
        )
        told = set(next(line for line in lines if line["kind"] == kind))
        renamed = RENAMED.get(table, {})
        expected = {renamed.get(name, name) for name in stored - DERIVED.get(table, set())}
        assert expected - told == set(), table
    kinds = list(dict.fromkeys(line["kind"] for line in lines))
    assert kinds == list(head["counts"])
    assert end == {"kind": "end", "rows": len(lines)}


def test_the_first_line_says_what_it_is_an_export_of(full: Hub) -> None:
    head, *lines, _ = lines_of(full)
    assert list(head) == ["kind", "schema", "revision", "exported_at", "counts"]
    assert (head["kind"], head["schema"]) == ("hub", "statehub/export/1")
    assert full.get(f"/state/changes?since={head['revision']}").json["items"] == []
    assert sum(head["counts"].values()) == len(lines)


def test_references_are_short_names_of_earlier_lines(full: Hub) -> None:
    seen: dict[str, set[str]] = {kind: set() for kind in ("topic", "repo", "workplan", "task", "decision")}
    checked = 0
    for line in lines_of(full)[1:-1]:
        for field, kind in {
            **{kind: kind for kind in seen},
            "depends_on": line["kind"].removesuffix("_dependency"),
        }.items():
            if line.get(field) is not None and kind != line["kind"]:
                assert line[field] in seen[kind], line
                checked += 1
        if line["kind"] in seen:
            seen[line["kind"]].add(line.get("code") or line["slug"])
    assert checked > 10


def test_a_write_in_the_middle_of_a_slow_read_does_not_show(full: Hub, owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "insert into progress_events (summary, author, detail) select 'n' || n, 'ada',"
        " jsonb_build_object('filler', repeat('x', 1000)) from generate_series(1, 20000) as n"
    )
    with closing(full.dial()) as slow:
        slow.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = slow.recv(1000)
        full.created("/progress", summary="too late", author="ada")
        owner.execute("update tasks set title = 'too late'")
        while more := slow.recv(2**16):
            received += more
    assert b'"kind":"end"' in received
    assert b"too late" not in received
    assert b"too late" in full.get("/export").body


@pytest.fixture
def large(hub: Hub, owner: psycopg.Connection[Any]) -> Hub:
    """A hub with 100,000 events, 40 MB of them."""
    owner.execute(
        "insert into progress_events (summary, author, detail) select 'n' || n, 'ada',"
        " jsonb_build_object('filler', repeat('x', 400)) from generate_series(1, 100000) as n"
    )
    return hub


def peak_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def test_a_hundred_thousand_rows_pass_through_in_flat_memory(large: Hub) -> None:
    with closing(large.dial()) as reader:
        reader.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        tail, size, highest = b"", 0, 0
        before = peak_kb()
        while more := reader.recv(2**16):
            tail, size = (tail + more)[-200:], size + len(more)
            highest = max(highest, peak_kb())
    assert b'"kind":"end","rows":100' in tail
    assert size > 40_000_000
    assert highest - before < 16_000


def test_a_client_that_goes_away_leaves_no_export_behind(large: Hub) -> None:
    for _ in range(3):
        with closing(large.dial()) as reader:
            reader.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert reader.recv(1000)
    eventually(lambda: not export._running, "all exports have ended")
    busy = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%%'"
    eventually(lambda: large.database.value(busy) == 0, "no transaction is open")


@pytest.fixture
def readers(large: Hub) -> Iterator[Hub]:
    """Two clients that do not read."""
    with closing(large.dial()) as one, closing(large.dial()) as two:
        for client in (one, two):
            client.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(100)
        yield large


def test_exports_do_not_take_all_connections(readers: Hub) -> None:
    assert "exports run already" in problem(readers.get("/export"), 503)["detail"]
    assert readers.get("/tasks").status == 200


def test_no_more_come_in_while_the_first_still_wait_for_the_database(hub: Hub) -> None:
    waiting = "select count(*) from pg_locks where relation = 'legacy_usage'::regclass and not granted"
    with ThreadPoolExecutor(8) as pool, closing(hub.database.connect(OWNER)) as owner, owner.transaction():
        owner.execute("lock table legacy_usage")
        jobs = [pool.submit(hub.get, "/export") for _ in range(8)]
        eventually(lambda: hub.database.value(waiting) == export.MOST_AT_ONCE, "two wait")
        eventually(lambda: sum(job.done() for job in jobs) == 8 - export.MOST_AT_ONCE, "all others are refused")
        for session in hub.sessions("statehub api"):
            hub.execute("select pg_terminate_backend(%s)", session, options="")
        assert {job.result().status for job in jobs} == {503}
    assert hub.get("/export").status == 200


def test_an_export_that_takes_too_long_ends_without_its_last_line(large: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "EXPORT_LIMIT_S", 0.2)
    with closing(large.dial()) as slow:
        slow.sendall(b"GET /export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        eventually(lambda: export._running, "it has begun")
        eventually(lambda: not export._running, "it has ended")
        received = b""
        while more := slow.recv(2**20):
            received += more
    assert b'"kind":"hub"' in received
    assert b'"kind":"end"' not in received


def test_a_question_for_the_head_streams_nothing(hub: Hub) -> None:
    answer = hub.ask("HEAD", "/export")
    assert (answer.status, answer.body) == (200, b"")
    problem(hub.get("/export?x=1"), 400)
