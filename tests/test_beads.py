"""Reading a Beads export, line by line."""

import json
from typing import Any

from statehub.repos import beads


def issue(key: str, **fields: Any) -> dict[str, Any]:
    return {"id": key, "title": f"Title of {key}", "status": "open", "priority": 2, "issue_type": "task"} | fields


def link(waits: str, needs: str, kind: str = "blocks") -> dict[str, str]:
    return {"issue_id": waits, "depends_on_id": needs, "type": kind}


def read(*issues: Any) -> dict[str, Any]:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in issues]
    return beads.read("\n".join(lines), repo="demo", domain="infotech")


def test_an_epic_is_a_workplan_and_anything_else_a_task() -> None:
    found = read(issue("d-1", issue_type="epic"), issue("d-2", issue_type="bug"))
    plans = [(plan["code"], plan["status"]) for plan in found["workplans"]]
    assert plans == [("d-1", "active"), ("DEMO-INBOX", "active")]
    assert [(task["code"], task["workplan"]) for task in found["tasks"]] == [("d-2", "DEMO-INBOX")]


def test_a_closed_epic_is_finished() -> None:
    found = read(issue("d-1", issue_type="epic", status="closed"))
    assert [(plan["code"], plan["status"]) for plan in found["workplans"]] == [("d-1", "finished")]


def test_a_task_belongs_to_its_nearest_epic_however_deep() -> None:
    found = read(
        issue("e", issue_type="epic"),
        issue("a", dependencies=[link("a", "e", "parent-child")]),
        issue("b", dependencies=[link("b", "A", "parent-child")]),
    )
    assert [(task["workplan"], task["parent"]) for task in found["tasks"]] == [("e", None), ("e", "a")]


def test_a_loop_of_parents_ends_in_the_inbox() -> None:
    found = read(
        issue("a", dependencies=[link("a", "b", "parent-child")]),
        issue("b", dependencies=[link("b", "a", "parent-child")]),
    )
    assert {task["workplan"] for task in found["tasks"]} == {"DEMO-INBOX"}


def test_each_status_has_its_place() -> None:
    found = read(*(issue(status, status=status) for status in beads.TASK_STATUS))
    assert {task["code"]: task["status"] for task in found["tasks"]} == {
        "open": "todo",
        "in_progress": "progress",
        "blocked": "wait",
        "deferred": "wait",
        "closed": "done",
        "tombstone": "cancel",
    }


def test_blocks_is_a_dependency_between_like_and_stays_in_detail_between_unlike() -> None:
    found = read(
        issue("e", issue_type="epic"),
        issue("f", issue_type="epic", dependencies=[link("f", "e")]),
        issue("a", dependencies=[link("a", "b"), link("a", "e"), link("a", "gone")]),
        issue("b"),
    )
    assert found["workplan_dependencies"] == [["f", "e"]]
    assert found["task_dependencies"] == [["a", "b"]]
    assert [row["name"] for row in found["skipped"]] == ["a → e", "a → gone"]
    kept = next(task for task in found["tasks"] if task["code"] == "a")["detail"]["beads"]["dependencies"]
    assert len(kept) == 3


def test_what_has_no_column_stays_in_detail() -> None:
    found = read(issue("a", acceptance_criteria="works", estimate=5, close_reason=""))
    kept = found["tasks"][0]["detail"]["beads"]
    assert kept["acceptance_criteria"] == "works"
    assert kept["estimate"] == 5
    assert kept["issue_type"] == "task"


def test_the_history_becomes_events_with_their_own_time() -> None:
    found = read(
        issue(
            "a",
            created_at="2025-12-17T15:31:38.688625-05:00",
            closed_at="2025-12-18T10:00:00Z",
            close_reason="done well",
            comments=[{"id": 1, "author": "WhiteCastle", "text": "on it", "created_at": "2025-12-17T16:46:04Z"}],
        )
    )
    assert [(event["event_type"], event["author"], event["occurred_at"][:10]) for event in found["events"]] == [
        ("created", "demo (beads)", "2025-12-17"),
        ("status", "demo (beads)", "2025-12-18"),
        ("note", "WhiteCastle", "2025-12-17"),
    ]


def test_a_broken_line_is_named_and_the_rest_goes_in() -> None:
    found = read("{", "[1]", '{"id": "x"}', issue("s", status="vanished"), issue("p", priority="high"), issue("a"), "")
    assert [row["name"] for row in found["skipped"]] == ["line 1", "line 2", "line 3", "line 4", "line 5"]
    assert [task["code"] for task in found["tasks"]] == ["a"]
    assert found["read"] == 6
