"""resolve_references(): short names in a document become ids."""

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.world import Connection, make_decision, make_plan, make_task, value


@pytest.fixture
def ids(api_tx: Connection) -> dict[str, str]:
    """Field to id of what it may refer to; its short name is the field in upper case, or `alpha`, `platform`."""
    plan = make_plan(api_tx, code="WORKPLAN")
    found = {
        "workplan": plan,
        "task": make_task(api_tx, plan, code="TASK"),
        "parent": make_task(api_tx, plan, code="PARENT"),
        "decision": make_decision(api_tx, code="DECISION"),
        "superseded_by": make_decision(api_tx, code="SUPERSEDED_BY"),
        "repo": value(api_tx, "select id from managed_repos"),
        "topic": value(api_tx, "select id from topics where slug = 'platform'"),
    }
    return {field: str(row) for field, row in found.items()}


def resolve(connection: Connection, document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value(connection, "select resolve_references(%s)", Jsonb(document))
    return found


def test_every_reference_is_found_in_any_case_and_by_id(api_tx: Connection, ids: dict[str, str]) -> None:
    names = {field: {"repo": "Alpha", "topic": "PLATFORM"}.get(field, field) for field in ids}
    assert resolve(api_tx, names) == ids
    assert resolve(api_tx, ids) == ids


def test_what_is_no_reference_or_null_stays(api_tx: Connection) -> None:
    document = {"title": "alpha", "repo": None, "labels": ["x"], "detail": {"repo": "alpha"}}
    assert resolve(api_tx, document) == document
    assert resolve(api_tx, {}) == {}


@pytest.mark.parametrize("field", ["repo", "topic", "workplan", "task", "parent", "decision", "superseded_by"])
@pytest.mark.parametrize("wrong", ["nowhere", "", 7, ["alpha"], "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_one_names_its_field(api_tx: Connection, field: str, wrong: Any) -> None:
    with pytest.raises(psycopg.Error, match="There is no") as raised:
        resolve(api_tx, {"title": "x", field: wrong})
    assert (raised.value.sqlstate, raised.value.diag.column_name) == ("SH422", field)


def test_a_domain_is_a_short_name_in_any_case_too(api_tx: Connection) -> None:
    assert resolve(api_tx, {"domain": "InfoTech"}) == {"domain": "infotech"}
