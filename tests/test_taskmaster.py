"""Reading a file of Task Master: tags, tasks, subtasks, what they depend on."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statehub.documents import dump
from statehub.errors import Invalid
from statehub.repos import taskmaster

FILE = Path(__file__).parent / "fixtures" / "taskmaster.json"


def read(document: Any) -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    return taskmaster.read(text, repo="demo", domain="infotech")


def tasks(*fields: Any) -> dict[str, Any]:
    return read({"tasks": list(fields)})


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return read(FILE.read_text(encoding="utf-8"))


def by_code(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {task["code"]: task for task in found["tasks"]}


def test_a_tag_is_a_workplan_and_a_subtask_is_below_its_task(found: dict[str, Any]) -> None:
    plans = [(plan["code"], plan["title"], plan["status"], plan["description"]) for plan in found["workplans"]]
    assert plans == [
        ("DEMO-master", "master", "active", "The dinner"),
        ("DEMO-after-party", "after party", "active", ""),
    ]
    rows = [(task["code"], task["workplan"], task["parent"], task["status"]) for task in found["tasks"]]
    assert rows == [
        ("DEMO-master-1", "DEMO-master", None, "done"),
        ("DEMO-master-1.1", "DEMO-master", "DEMO-master-1", "done"),
        ("DEMO-master-1.2", "DEMO-master", "DEMO-master-1", "progress"),
        ("DEMO-master-1.3", "DEMO-master", "DEMO-master-1", "todo"),
        ("DEMO-master-2", "DEMO-master", None, "progress"),
        ("DEMO-master-3", "DEMO-master", None, "wait"),
        ("DEMO-master-4", "DEMO-master", None, "cancel"),
        ("DEMO-after-party-1", "DEMO-after-party", None, "todo"),
    ]
    assert found["read"] == 8


def test_a_dependency_is_a_sibling_where_there_is_one_else_a_task(found: dict[str, Any]) -> None:
    assert found["task_dependencies"] == [
        ["DEMO-master-1.2", "DEMO-master-1.1"],
        ["DEMO-master-1.3", "DEMO-master-1.2"],
        ["DEMO-master-2", "DEMO-master-1"],
        ["DEMO-master-3", "DEMO-master-2"],
        ["DEMO-master-3", "DEMO-master-1.3"],
    ]


def test_what_has_no_column_is_in_the_text_or_in_detail(found: dict[str, Any]) -> None:
    task = by_code(found)["DEMO-master-1"]
    assert task["description"] == "For six.\n\n## Details\n\nForks on the left.\n\n## Test strategy\n\nCount them."
    assert task["detail"]["taskmaster"] == {"complexity": 3}
    assert by_code(found)["DEMO-master-1.2"]["detail"]["taskmaster"]["status"] == "review"
    asked = by_code(found)["DEMO-master-3"]
    assert (asked["assignee"], asked["labels"], asked["waiting_on"]) == ("ada", ["evening"], "deferred")
    priorities = [task["priority"] for task in found["tasks"] if task["parent"] is None]
    assert priorities == [1, 2, 3, 0, 2]


def test_the_history_has_its_own_times(found: dict[str, Any]) -> None:
    assert [(event["event_type"], event["occurred_at"]) for event in found["events"]] == [
        ("created", "2026-02-01T09:00:00+00:00"),
        ("changed", "2026-03-01T10:00:00+00:00"),
    ]


def test_what_cannot_be_taken_as_it_stands_is_said(found: dict[str, Any]) -> None:
    assert [(row["name"], row["why"].split(":")[0].split(";")[0]) for row in found["skipped"]] == [
        ("DEMO-master-4 → DEMO-master-99", "depends on what is not in the file"),
        ("after party: 1", "unknown status 'someday'"),
        ("after party: 1", "unknown priority 'whenever'"),
    ]


def test_a_file_without_tags_is_the_tag_master() -> None:
    found = read({"tasks": [{"id": 1, "title": "One"}], "metadata": {"version": "1"}})
    assert [plan["code"] for plan in found["workplans"]] == ["DEMO-master"]
    assert found["workplans"][0]["detail"]["taskmaster"]["metadata"] == {"version": "1"}
    assert [task["code"] for task in found["tasks"]] == ["DEMO-master-1"]


def test_of_two_with_one_id_both_are_taken_and_the_second_is_named() -> None:
    below = [{"id": 1, "title": "a"}, {"id": 1, "title": "b"}, {"id": 2, "title": "c", "dependencies": [1]}]
    found = tasks({"id": 1, "title": "x", "subtasks": below})
    codes = [task["code"] for task in found["tasks"]]
    assert codes == ["DEMO-master-1", "DEMO-master-1.1", "DEMO-master-1.1-2", "DEMO-master-1.2"]
    assert [row["name"] for row in found["skipped"]] == ["master: 1.1 as DEMO-master-1.1-2"]
    assert found["task_dependencies"] == [["DEMO-master-1.2", "DEMO-master-1.1"]]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "7", '"x"', "1" * 5000, "NaN"])
def test_a_file_that_is_none_of_task_master_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="the file is"):
        read(text)


def test_one_bad_task_costs_itself_and_is_named() -> None:
    found = tasks(
        {"id": 1, "title": "fits"}, "no task", {"title": "no id"}, {"id": "a b", "title": "no code"},
        {"id": 2, "title": "a\0b"}, {"id": 3, "title": "\ud800"}, {"id": 4, "title": 4, "n": float("inf")},
        {"id": 5, "title": "x" * 3000, "description": ["no text"]}, {"id": True, "title": "x"},
    )  # fmt: skip
    assert [task["code"] for task in found["tasks"]] == ["DEMO-master-1", "DEMO-master-5"]
    assert len(found["skipped"]) == 7
    assert found["read"] == 9
    long = by_code(found)["DEMO-master-5"]
    assert (len(long["title"]), len(long["detail"]["taskmaster"]["title"])) == (1000, 3000)
    assert long["detail"]["taskmaster"]["description"] == ["no text"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1", "1.2", "done"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
FIELDS = (
    "id",
    "title",
    "status",
    "priority",
    "dependencies",
    "labels",
    "assignee",
    "description",
    "details",
    "updatedAt",
)
HOSTILE = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))


@settings(max_examples=200, deadline=None)
@given(st.lists(HOSTILE | VALUES, max_size=5), VALUES, st.text(max_size=10))
def test_whatever_stands_in_the_fields_is_taken_or_said(listed: list[Any], below: Any, tag: str) -> None:
    document = {
        tag: {"tasks": [*listed, {"id": 7, "title": "T", "subtasks": below}], "metadata": below},
        "other": below,
    }
    found = taskmaster.read(json.dumps(document), repo="demo", domain="infotech")
    dump(found).encode()  # it can be sent to the database
    assert all(row["name"] is not None and row["why"] for row in found["skipped"])
