"""Over HTTP: whatever a client sends is taken or refused with a pointer; nothing is a fault of ours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from statehub.models import Document, ProgressAppend
from statehub.routes import rows
from tests.running import Hub, problem

KINDS = {kind.path: kind for kind in rows.KINDS if kind.end and not kind.successor}
TABLES = {"repos": "managed_repos"}
ODD: list[Any] = [
    None, "", " ", "\u00a0\u2003", "\u200b", "\x1b[31mred", "\x07", "\u202e", "\ud83d\ude00", "x" * 1001, "x" * 100_000,
    "NaN", 0, -1, 5, 2**31, 2**63, 10**30, 1.5, 1e300, True, [], [None], [[]], [["a", "b"], ["c", "d"]], ["x" * 201],
    [""], {}, {"a": None}, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z", "infinity",
    "now", "{a,b}", "00000000-0000-0000-0000-000000000000", "' or true --", "$1", "%s", "\\", "/", "..", "ready",
]  # fmt: skip


def fields(model: type[Document]) -> Iterator[str]:
    return (name for name in model.model_fields if name not in Document.model_fields)  # the author is no column


@pytest.mark.parametrize(
    ("kind", "field"), [(path, field) for path, kind in KINDS.items() for field in fields(kind.patch)]
)
def test_odd_values_are_taken_as_they_are_or_refused_with_a_pointer(
    shared_hub: Hub, paths: dict[str, str], kind: str, field: str
) -> None:
    path = paths[kind]
    for value in ODD:
        answer = shared_hub.patch(path, {field: value})
        assert answer.status in (200, 409, 422), (value, answer.body)
        if answer.status == 200:
            found = shared_hub.get(f"/{kind}/{answer.json['id']}")
            assert found.json == answer.json
            path = answer.headers["Location"]
        else:
            errors = problem(answer, answer.status).get("errors")
            if answer.status == 422:
                assert errors, (value, answer.body)
                assert all(error["pointer"] for error in errors), answer.body


@pytest.mark.parametrize("kind", KINDS)
def test_null_is_refused_with_a_pointer_where_a_column_must_be_filled(
    shared_hub: Hub, paths: dict[str, str], kind: str
) -> None:
    required = shared_hub.database.value(
        "select array_agg(attname::text) from pg_attribute where attrelid = to_regclass(%s) and attnotnull",
        f"statehub.{TABLES.get(kind, kind)}",
    )
    for field in set(required) & set(fields(KINDS[kind].patch)):
        found = problem(shared_hub.patch(paths[kind], {field: None}), 422)
        assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]
        assert shared_hub.get(paths[kind]).json["version"] == 1


def test_an_event_may_be_appended_with_nulls_only_where_there_is_nothing_to_tell(shared_hub: Hub) -> None:
    for field in ("event_type", "summary", "detail", "occurred_at"):
        found = problem(shared_hub.post("/progress", {"summary": "s", field: None}), 422)
        assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]
    for field in ("author", "author_kind", "repo", "topic", "workplan", "task", "decision"):
        assert shared_hub.created("/progress", summary="s", **{field: None})["summary"] == "s"


@pytest.mark.parametrize("field", ["labels", "capability_tags", "business_stake"])
@pytest.mark.parametrize("value", [[["a"]], [None], "a", {"a": 1}, ["a", 1]])
def test_a_list_of_texts_is_flat(shared_hub: Hub, paths: dict[str, str], field: str, value: Any) -> None:
    for kind in KINDS:
        if field in fields(KINDS[kind].patch):
            problem(shared_hub.patch(paths[kind], {field: value}), 422)


CREATED = {
    "topics": {"slug": "odd-topic", "title": "x", "domain": "energy"},
    "repos": {"slug": "odd-repo", "name": "x", "domain": "energy"},
    "workplans": {"repo": "REPO", "title": "x"},
    "tasks": {"workplan": "PLAN", "title": "x"},
    "decisions": {"topic": "platform", "title": "x"},
    "progress": {"summary": "x"},
}


@pytest.mark.parametrize("kind", CREATED)
def test_a_new_row_with_odd_values_is_made_or_refused_with_a_pointer(
    shared_hub: Hub, repo: str, plan: str, kind: str, fresh: Callable[[str], str]
) -> None:
    names = {"REPO": repo, "PLAN": plan}
    document = {field: names.get(value, value) for field, value in CREATED[kind].items()}
    model: Any = ProgressAppend if kind == "progress" else KINDS[kind].create
    for field in fields(model):
        for value in ODD:
            if "slug" in document:
                document["slug"] = fresh("odd")
            answer = shared_hub.post(f"/{kind}", document | {field: value})
            assert answer.status in (201, 409, 422), (field, value, answer.body)
            if answer.status == 422:
                assert all(error["pointer"] for error in problem(answer, 422)["errors"]), answer.body


@pytest.mark.parametrize("path", ["/decisions/{}/resolve", "/decisions/{}"])
def test_an_odd_answer_to_a_decision_is_taken_or_refused(shared_hub: Hub, plan: str, path: str) -> None:
    for field in ("rationale", "decided_by", "decided_at"):
        for value in ODD:
            code = shared_hub.created("/decisions", workplan=plan, title="x")["code"]
            answer = {"rationale": "r", "decided_by": "ada", field: value}
            if path.endswith("/resolve"):
                found = shared_hub.post(path.format(code), answer)
            else:
                found = shared_hub.patch(path.format(code), answer | {"decision_type": "made"})
            assert found.status in (200, 422), (field, value, found.body)
            row = shared_hub.get(f"/decisions/{code}").json
            assert (row["status"] == "resolved") == (found.status == 200)


def test_a_value_over_a_limit_of_the_database_is_invalid(hub: Hub) -> None:
    hub.execute("create index on topics (description)")
    many = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(9000))
    assert "too large" in problem(hub.patch("/topics/platform", {"description": many}), 422)["detail"]
