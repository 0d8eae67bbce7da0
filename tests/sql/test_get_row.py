"""get_row(): one row as served, by short name or id."""

import json
from typing import Any

import psycopg
import pytest

from tests.sql.world import Connection, depend, make_decision, make_plan, make_task, value

NAMES = {
    "domains": "energy",
    "topics": "platform",
    "repos": "alpha",
    "workplans": "PLAN",
    "tasks": "TASK",
    "decisions": "D",
}


@pytest.fixture
def filled(api_tx: Connection) -> Connection:
    """One row of each kind."""
    make_task(api_tx, make_plan(api_tx, code="PLAN"), code="TASK")
    make_decision(api_tx, code="D")
    return api_tx


def get(connection: Connection, kind: str, named: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value(connection, "select body from get_row(%s, %s)", kind, named))
    return found


@pytest.mark.parametrize("kind", NAMES)
def test_a_row_is_found_by_short_name_in_any_case_and_by_id(filled: Connection, kind: str) -> None:
    row = get(filled, kind, NAMES[kind])
    assert NAMES[kind] in (row.get("slug"), row.get("code"))
    for named in (NAMES[kind].swapcase(), row["id"], row["id"].upper()):
        assert get(filled, kind, named) == row
    version = "select version from get_row(%s, %s)"
    assert value(filled, version, kind, NAMES[kind]) == row["version"] == 1


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("named", ["nowhere", "", "00000000-0000-4000-8000-000000000000", "x" * 5000])
def test_an_unknown_one_is_not_found_and_says_where_to_look(filled: Connection, kind: str, named: str) -> None:
    with pytest.raises(psycopg.Error, match=f"There is no {kind[:-1]} {named[:200]}; GET /{kind} lists them") as raised:
        get(filled, kind, named)
    assert raised.value.sqlstate == "SH404"


def test_references_and_dependencies_are_short_names(filled: Connection) -> None:
    plan = make_plan(filled, code="LATER", topic=value(filled, "select id from topics where slug = 'platform'"))
    depend(filled, plan, value(filled, "select id from workplans where code = 'PLAN'"), "workplan_dependencies")
    first, parent = (
        value(filled, "select id from tasks where code = 'TASK'"),
        make_task(filled, plan, code="P"),
    )
    task = make_task(filled, plan, code="T", parent=parent)
    for needed in (first, parent):
        depend(filled, task, needed)
    row = get(filled, "tasks", "t")
    assert [row[name] for name in ("workplan", "repo", "parent", "depends_on")] == [
        "LATER",
        "alpha",
        "P",
        ["P", "TASK"],
    ]
    row = get(filled, "workplans", "later")
    assert [row[name] for name in ("repo", "topic", "domain", "depends_on")] == [
        "alpha",
        "platform",
        "infotech",
        ["PLAN"],
    ]
    assert row["tasks"] == {"done": 0, "total": 2}
