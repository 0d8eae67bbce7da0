"""summary_core(): totals in the vocabulary's order, lists in theirs."""

import json
from typing import Any

import pytest

from tests.sql.world import (
    Connection,
    column,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
)

TOTALS = {
    "topics": "topic_status",
    "workstreams": "workplan_status",
    "tasks": "task_status",
    "decisions": "decision_status",
}


def core(connection: Connection, limit: int = 200) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value(connection, "select summary_core(%s)", limit))
    return found


def codes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["code"] for row in rows]


def topic(connection: Connection, slug: str) -> Any:
    return value(connection, "select id from topics where slug = %s", slug)


def test_totals_have_every_status_in_the_order_of_its_vocabulary_and_the_sum(api_tx: Connection) -> None:
    plan = make_plan(api_tx)
    for status in ("wait", "done", "done"):
        make_task(api_tx, plan, status=status)
    totals = core(api_tx)["totals"]
    assert list(totals) == list(TOTALS)
    for name, vocabulary in TOTALS.items():
        words = column(api_tx, "select value from vocabularies where name = %s order by position", vocabulary)
        assert list(totals[name]) == [*words, "total"]
        assert totals[name]["total"] == sum(totals[name][word] for word in words)
    assert totals["tasks"] == {"wait": 1, "todo": 0, "progress": 0, "done": 2, "cancel": 0, "total": 3}
    assert (totals["topics"]["active"], totals["workstreams"]["ready"], totals["decisions"]["total"]) == (
        6,
        1,
        0,
    )


@pytest.mark.parametrize("fold", [False, True], ids=["unfolded", "folded"])
def test_totals_count_what_was_just_written(api_tx: Connection, fold: bool) -> None:
    make_task(api_tx, make_plan(api_tx, code="P"))
    if fold:
        api_tx.execute("select fold()")
    api_tx.execute("update tasks set status = 'done'")
    summary = core(api_tx)
    assert summary["totals"]["tasks"]["done"] == summary["totals"]["tasks"]["total"] == 1
    assert summary["open_workstreams"][0]["tasks"] == {"done": 1, "total": 1}


def test_topics_are_those_not_archived_with_their_open_plans(api_tx: Connection) -> None:
    api_tx.execute("update topics set status = 'archived' where slug = 'research'")
    api_tx.execute("update topics set status = 'paused' where slug = 'community'")
    for code, status, priority in [
        ("B", "active", 2),
        ("A", "blocked", 2),
        ("C", "proposed", 0),
        ("D", "backlog", 4),
    ]:
        make_plan(api_tx, code=code, status=status, priority=priority, topic=topic(api_tx, "platform"))
    for code, status in [("GONE", "finished"), ("PAST", "archived")]:
        make_plan(api_tx, code=code, status=status, topic=topic(api_tx, "platform"))
    make_plan(api_tx, code="HIDDEN", topic=topic(api_tx, "research"))
    topics = core(api_tx)["topics"]
    assert [row["slug"] for row in topics] == ["governance", "operations", "platform", "product", "community"]
    platform = topics[2]
    assert list(platform) == ["id", "slug", "title", "domain", "status", "workstreams"]
    assert codes(platform["workstreams"]) == ["C", "A", "B", "D"]
    assert platform["workstreams"][0] == {
        "code": "C",
        "title": "A plan",
        "status": "proposed",
        "tasks": {"done": 0, "total": 0},
    }


def test_open_workstreams_come_by_priority_due_date_and_code(api_tx: Connection) -> None:
    repo = make_repo(api_tx, "beta", domain="energy")
    for code, priority, due in [
        ("a", 3, "2026-01-01"),
        ("b", 2, None),
        ("e", 2, "2026-02-01"),
        ("d", 2, "2026-02-01"),
        ("c", 2, "2026-03-01"),
        ("f", 1, None),
    ]:
        make_plan(
            api_tx,
            code=code,
            priority=priority,
            due_at=due,
            repo=repo,
            owner="me",
            topic=topic(api_tx, "platform"),
        )
    for status in ("finished", "archived"):
        make_plan(api_tx, status=status)
    rows = core(api_tx)["open_workstreams"]
    assert codes(rows) == ["f", "d", "e", "c", "b", "a"]
    assert rows[1] == {
        "code": "d",
        "title": "A plan",
        "status": "ready",
        "tasks": {"done": 0, "total": 0},
        "repo": "beta",
        "topic": "platform",
        "domain": "energy",
        "owner": "me",
        "priority": 2,
        "due_at": "2026-02-01T00:00:00+00:00",
    }


def test_blocking_decisions_are_pending_ones_escalated_first_then_by_due_date(api_tx: Connection) -> None:
    for code, title, due in [
        ("a", "Which?", None),
        ("b", "Which?", "2026-03-01"),
        ("e", "Which?", "2026-02-01"),
        ("c", "Which?", "2026-02-01"),
        ("d", "Which bank?", None),
        ("f", "Which bank?", "2026-04-01"),
    ]:
        make_decision(api_tx, code=code, title=title, due_at=due)
    make_decision(api_tx, decision_type="made", rationale="cheap", decided_by="me")
    make_decision(api_tx, status="superseded")
    rows = core(api_tx)["blocking_decisions"]
    assert codes(rows) == ["f", "d", "c", "e", "b", "a"]
    assert list(rows[0]) == [
        "code", "title", "topic", "workplan", "status", "escalation_note", "due_at", "created_at",
    ]  # fmt: skip
    assert (rows[0]["topic"], rows[0]["status"]) == ("platform", "escalated")


def test_waiting_tasks_come_by_priority_then_the_longest_untouched(api_tx: Connection) -> None:
    plan = make_plan(api_tx, code="P")
    for code, priority in [("b", 2), ("a", 2), ("c", 0), ("d", 2)]:
        make_task(api_tx, plan, code=code, priority=priority, status="wait", waiting_on="the mail", assignee="me")
    make_task(api_tx, plan)
    api_tx.execute("update tasks set title = 'x' where code = 'b'")
    rows = core(api_tx)["waiting_tasks"]
    assert codes(rows) == ["c", "a", "d", "b"]
    assert list(rows[0]) == [
        "code", "title", "workplan", "repo", "priority", "assignee", "waiting_on", "updated_at",
    ]  # fmt: skip
    assert rows[0]["waiting_on"] == "the mail"


def test_an_empty_hub_has_empty_lists(api_tx: Connection) -> None:
    summary = core(api_tx)
    assert [summary[name] for name in ("blocking_decisions", "waiting_tasks", "open_workstreams")] == [
        [],
        [],
        [],
    ]
    assert summary["truncated"] == {}
    assert list(summary) == [
        "totals", "topics", "blocking_decisions", "waiting_tasks", "open_workstreams", "truncated",
    ]  # fmt: skip
