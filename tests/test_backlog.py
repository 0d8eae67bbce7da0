"""Reading a Backlog.md folder: files by what they are, ids, milestones, dates."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statehub.documents import dump
from statehub.repos import backlog

FOLDER = Path(__file__).parent / "fixtures" / "backlog"


def files() -> dict[str, str]:
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }


def read(given: dict[str, str]) -> dict[str, Any]:
    return backlog.read(given, repo="demo", domain="infotech")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return read(files())


def by_code(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {task["code"]: task for task in found["tasks"]}


def test_each_file_is_what_its_folder_says(found: dict[str, Any]) -> None:
    plans = [(plan["code"], plan["title"], plan["description"]) for plan in found["workplans"]]
    assert plans == [
        ("m-1", "Main Course", "What all came for."),
        ("DEMO-First-Course", "First Course", ""),
        ("DEMO-INBOX", "Inbox", "Tasks that belong to no plan."),
    ]
    rows = {task["code"]: (task["workplan"], task["parent"], task["status"]) for task in found["tasks"]}
    assert rows == {
        "DIN-1": ("DEMO-INBOX", None, "done"),
        "DIN-2": ("m-1", None, "progress"),
        "DIN-2.1": ("DEMO-First-Course", "DIN-2", "todo"),
        "DIN-9": ("DEMO-INBOX", None, "cancel"),
        "DRAFT-1": ("DEMO-INBOX", None, "wait"),
    }
    assert found["task_dependencies"] == [["DIN-2", "DIN-1"]]
    assert found["read"] == 14


def test_a_decision_that_was_taken_is_made_with_its_reason(found: dict[str, Any]) -> None:
    made, asked = found["decisions"]
    assert (made["code"], made["decision_type"], made["status"]) == ("decision-1", "made", "resolved")
    assert (made["rationale"], made["decided_at"]) == ("Plates, deep ones.", "2026-02-01T00:00:00+00:00")
    assert (asked["code"], asked["decision_type"], asked["status"], asked["decided_at"]) == (
        "decision-2", "pending", "open", None,
    )  # fmt: skip
    assert {made["workplan"], asked["workplan"]} == {"DEMO-INBOX"}


def test_what_has_no_column_stays_in_detail(found: dict[str, Any]) -> None:
    task = by_code(found)["DIN-2"]
    assert (task["assignee"], task["labels"], task["priority"], task["position"]) == (
        "ada",
        ["kitchen", "warm"],
        1,
        2000,
    )
    kept = task["detail"]["backlog"]
    assert (kept["assignee"], kept["reporter"], kept["status"]) == (["@ada", "@grace"], "@ada", "Tasting")
    assert kept["acceptance_criteria"] == [
        {"text": "It is warm", "done": True},
        {"text": "There is enough of it", "done": False},
    ]
    assert task["description"].startswith("Something warm.\n\n## Acceptance Criteria\n- [x] #1 It is warm")
    assert by_code(found)["DRAFT-1"]["waiting_on"] == "draft"


def test_dates_are_utc_where_they_name_no_zone(found: dict[str, Any]) -> None:
    told = {(event.get("task"), event["event_type"]): event["occurred_at"] for event in found["events"]}
    assert told["DIN-2", "created"] == "2026-02-01T09:30:00+00:00"
    assert told["DIN-2", "changed"] == "2026-02-03T08:00:00+00:00"
    assert told["DIN-2.1", "created"] == "2026-02-02T00:00:00+00:00"
    assert told["DIN-1", "changed"] == "2026-02-04T00:00:00+00:00"


def test_days_are_read_in_the_order_that_the_settings_tell() -> None:
    task = "---\nid: T-1\ntitle: t\ncreated_date: '03/02/2026 10:00'\n---\n"
    for form, month in (("dd/mm/yyyy", "02"), ("mm/dd/yyyy hh:mm", "03")):
        found = read({"config.yml": f"date_format: {form}\n", "tasks/t-1 - t.md": task})
        assert found["events"][0]["occurred_at"][5:7] == month


def test_everything_that_was_left_out_is_said_with_its_reason(found: dict[str, Any]) -> None:
    said = {row["name"]: row["why"] for row in found["skipped"]}
    assert sorted(said) == [
        "decisions/decision-2 - Wine.md",
        "docs/seating.md",
        "drafts/draft-1 - Dance.md",
        "drafts/draft-1 - Dance.md → task-7",
        "tasks/din-1 - Lay-the-table.md",
        "tasks/din-5 - Broken.md:3",
        "tasks/din-6 - Bomb.md:3",
        "tasks/readme.md",
    ]
    assert "completed/din-1" in said["tasks/din-1 - Lay-the-table.md"]
    assert "anchors and aliases are not taken" in said["tasks/din-6 - Bomb.md:3"]
    assert "is no date" in said["decisions/decision-2 - Wine.md"]


def test_a_task_without_id_or_title_has_those_of_its_file_name() -> None:
    found = read({"tasks/task-3 - Mend-the-roof.md": "---\nstatus: Done\n---\n"})
    assert [(task["code"], task["title"], task["status"]) for task in found["tasks"]] == [
        ("task-3", "Mend the roof", "done")
    ]


def test_names_of_milestones_that_make_the_same_code_are_two_plans() -> None:
    found = read(
        {
            f"tasks/t-{n}.md": f"---\nid: t-{n}\ntitle: t\nmilestone: {name}\n---\n"
            for n, name in enumerate(["A/B", "A-B", "Ä"])
        }
    )
    plans = [plan["code"] for plan in found["workplans"]]
    assert len(set(plans)) == 3
    assert len({task["workplan"] for task in found["tasks"]}) == 3
    assert all(code.startswith("DEMO-") for code in plans)


def test_parents_in_a_loop_lose_what_closes_it() -> None:
    loop = {f"tasks/t-{n}.md": f"---\nid: t-{n}\ntitle: t\nparent_task_id: t-{(n + 1) % 3}\n---\n" for n in range(3)}
    found = read(loop)
    assert sum(task["parent"] is not None for task in found["tasks"]) == 2
    assert ["closes a cycle" in row["why"] for row in found["skipped"]] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "---\n" * 2, "---\nid: " + "[" * 50_000, "---\nid: " + "9" * 5000 + "\ntitle: t\n---\n", "---\nid: a\0\n---\n",
        "---\nid: t\ntitle: " + "x" * 10_000_000 + "\n---\n", "---\n" + " " * 10**6 + "\n## " + " " * 10**6 + "x",
        "---\nid: t\ntitle: t\n---\n- [x] a" + " " * 1_000_000 + "b\n", "---\n? [a]\n: b\n---\n", "---\n- a\n---\n", "",
        "---\nid: t\ntitle: !!python/object:os.system x\nstatus: [a]\nordinal: .inf\n---\n",
    ],
    ids=range(11),
)  # fmt: skip
def test_no_file_is_too_odd(text: str) -> None:
    found = read({"tasks/t-1 - x.md": text, "tasks/t-2 - y.md": "---\nid: t-2\ntitle: fits\n---\n"})
    assert "t-2" in by_code(found)
    dump(found).encode()


LINES = st.text(max_size=15) | st.sampled_from(
    [
        "id: t", "title: x", "status: Done", "status: [", "assignee: @a", "- @b", "labels: {a: b}", "milestone: 7",
        "ordinal: -3e99", "parent_task_id: t", "dependencies: [t, 1, ~]", "priority: no", "created_date: 0001-01-01",
        "  x: y", "&a b: *a", "? ", "---",
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    ["tasks/t-1 - a.md", "tasks/x.md", "drafts/d.md", "decisions/d.md", "milestones/m.md", "config.yml", "x", "../t.md"]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(PATHS, st.lists(LINES, max_size=8), max_size=4))
def test_whatever_stands_in_the_files_is_taken_or_said(given_files: dict[str, list[str]]) -> None:
    found = read({path: "---\n" + "\n".join(lines) + "\n---\n## Decision\nx" for path, lines in given_files.items()})
    dump(found).encode()
    assert all(row["name"] is not None and row["why"] for row in found["skipped"])
