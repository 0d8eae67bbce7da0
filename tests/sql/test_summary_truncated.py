"""summary_core(), summary_truncated(): what is cut is named; and nothing depends on the clock."""

import json
from typing import Any

import pytest

from tests.sql.world import Connection, make_decision, make_plan, make_task, value


def core(connection: Connection, limit: int = 200) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value(connection, "select summary_core(%s)", limit))
    return found


def codes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["code"] for row in rows]


def topic(connection: Connection, slug: str) -> Any:
    return value(connection, "select id from topics where slug = %s", slug)


@pytest.fixture
def full(api_tx: Connection) -> Connection:
    """Three of everything that is listed; six topics."""
    for number in range(3):
        plan = make_plan(api_tx, code=f"P{number}", topic=topic(api_tx, "community"), due_at="2020-01-01")
        make_task(api_tx, plan, status="wait")
        make_decision(api_tx, code=f"D{number}", title=("Which?", "Which bank?")[number % 2])
    return api_tx


def test_nothing_is_truncated_at_the_limit(full: Connection) -> None:
    assert core(full, 6)["truncated"] == {}


def test_a_list_over_the_limit_is_cut_and_named_with_a_link_to_all_of_it(full: Connection) -> None:
    summary = core(full, 2)
    plans = "status=proposed&status=ready&status=active&status=blocked&status=backlog"
    assert summary["truncated"] == {
        "topics": {"total": 6, "href": "/topics?status=active&status=paused"},
        "topics/community": {"total": 3, "href": f"/workplans?topic=community&{plans}"},
        "blocking_decisions": {
            "total": 3,
            "href": "/decisions?decision_type=pending&status=open&status=escalated",
        },
        "waiting_tasks": {"total": 3, "href": "/tasks?status=wait"},
        "open_workstreams": {"total": 3, "href": f"/workplans?{plans}"},
    }
    assert {len(summary[name]) for name in ("topics", "blocking_decisions", "waiting_tasks", "open_workstreams")} == {2}
    assert codes(summary["topics"][0]["workstreams"]) == codes(summary["open_workstreams"]) == ["P0", "P1"]
    assert summary["totals"] == core(full)["totals"]


def test_what_is_cut_is_the_end_of_the_list(full: Connection) -> None:
    governance = topic(full, "governance")
    for priority, code in [(4, "A"), (1, "Z"), (0, "X"), (0, "Y")]:
        plan = make_plan(full, code=code, priority=priority, due_at="2019-01-01", topic=governance)
        make_task(full, plan, code=f"{code}-TASK", priority=priority, status="wait")
        make_decision(full, code=f"{code}-DECISION", due_at=f"2026-0{priority + 1}-01")
    summary = core(full, 3)
    assert codes(summary["open_workstreams"]) == codes(summary["topics"][1]["workstreams"]) == ["X", "Y", "Z"]
    assert codes(summary["waiting_tasks"]) == ["X-TASK", "Y-TASK", "Z-TASK"]
    assert codes(summary["blocking_decisions"]) == ["D1", "X-DECISION", "Y-DECISION"]


def test_a_topic_that_is_not_shown_is_not_called_truncated(full: Connection) -> None:
    full.execute("update topics set status = 'paused' where slug = 'community'")
    assert "topics/community" not in core(full, 2)["truncated"]


@pytest.mark.parametrize(
    "setting", ["timezone = 'Asia/Kathmandu'", "datestyle = 'German'", "search_path = 'public'", "jit = on"]
)
def test_it_depends_on_no_setting_of_the_session(full: Connection, setting: str) -> None:
    before = value(full, "select statehub.summary_core(3)")
    full.execute(f"set local {setting}")
    assert value(full, "select statehub.summary_core(3)") == before


def test_it_depends_on_no_clock(full: Connection) -> None:
    claim = "insert into task_claims select id, 1, 'me', now(), %s from tasks on conflict (task) do update set"
    claim += " lease_expires_at = excluded.lease_expires_at"
    before = value(full, "select summary_core(3)")
    for lease in ("1970-01-01", "2999-01-01"):
        full.execute(claim, [lease])
        assert value(full, "select summary_core(3)") == before
