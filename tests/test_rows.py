"""Rows over REST: create, read, change, end; who wrote them; and what is refused, with a pointer to what is wrong."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest

from statehub.tokens import Token
from tests.running import JSON, SUMMARY, Answer, Hub, problem

NUMBERS = itertools.count(1)


def fresh(prefix: str = "n") -> str:
    """A name that no other test has."""
    return f"{prefix}-{next(NUMBERS)}"


@pytest.fixture
def repo(shared_hub: Hub) -> str:
    slug = fresh("repo")
    shared_hub.created("/repos", slug=slug, name="Repo", domain="infotech")
    return slug


@pytest.fixture
def plan(shared_hub: Hub, repo: str) -> str:
    return str(shared_hub.created("/workplans", repo=repo, title="Plan")["code"])


@pytest.fixture
def task(shared_hub: Hub, plan: str) -> str:
    return str(shared_hub.created("/tasks", workplan=plan, title="Task")["code"])


def documents(kind: str, plan: str) -> dict[str, Any]:
    """What makes a row of this kind."""
    return {
        "topics": {"slug": fresh("topic"), "title": "A topic", "domain": "energy"},
        "repos": {"slug": fresh("repo"), "name": "A repo", "domain": "energy"},
        "workplans": {"repo": "REPO", "title": "A plan"},
        "tasks": {"workplan": plan, "title": "A task"},
        "decisions": {"workplan": plan, "title": "A decision"},
    }[kind]


ENDS = {
    "topics": "archived",
    "repos": "archived",
    "workplans": "archived",
    "tasks": "cancel",
    "decisions": "superseded",
}
WRITTEN = list(ENDS)


def create(hub: Hub, kind: str, plan: str, **more: Any) -> Answer:
    document = documents(kind, plan)
    if kind == "workplans":
        document["repo"] = hub.get(f"/workplans/{plan}").json["repo"]
    answer = hub.post(f"/{kind}", document | more)
    assert answer.status == 201, answer.body
    return answer


def name_of(answer: Answer) -> str:
    return str(answer.json.get("code") or answer.json["slug"])


def events_by(hub: Hub, author: str) -> list[Any]:
    """The events of this author, oldest first."""
    found: list[Any] = hub.get(f"/progress?author={quote(author)}&limit=500").json["items"]
    return found[::-1]


# --- the life of a row


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_row_is_made_read_changed_and_ended(shared_hub: Hub, plan: str, kind: str) -> None:
    hub, author = shared_hub, fresh("author")
    made = create(hub, kind, plan)
    row, name = made.json, name_of(made)
    UUID(row["id"])
    path = f"/{kind}/{name}"
    assert made.headers["Location"] == path
    assert made.headers["ETag"] == '"v1"'
    assert row["version"] == 1

    read = hub.get(path)
    assert (read.status, read.json, read.headers["ETag"]) == (200, row, '"v1"')
    assert hub.get(f"/{kind}/{row['id']}").json == row
    assert hub.get(f"/{kind}/{name.swapcase()}").json == row
    assert hub.get(f"{path}/").json == row
    head = hub.ask("HEAD", path)
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", '"v1"')

    word = "name" if kind == "repos" else "title"
    changed = hub.patch(path, {word: "Another"}, X_StateHub_Author=author)
    assert (changed.status, changed.headers["ETag"]) == (200, '"v2"')
    assert changed.json == row | {word: "Another", "version": 2, "updated_at": changed.json["updated_at"]}
    assert changed.headers["Location"] == path

    ended = hub.delete(f"/{kind}/{row['id']}", X_StateHub_Author=author)
    assert (ended.status, ended.headers["ETag"]) == (200, '"v3"')
    assert ended.json["status"] == ENDS[kind]
    assert hub.get(path).json == ended.json, "it is still there"
    assert [event["event_type"] for event in events_by(hub, author)] in (["changed", "status"], ["changed", "decision"])


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_write_answers_with_a_token_that_includes_it(shared_hub: Hub, plan: str, kind: str) -> None:
    before = Token.parse(shared_hub.get(SUMMARY + "?refresh=true").headers["X-StateHub-Revision"])
    answer = create(shared_hub, kind, plan)
    token = Token.parse(answer.headers["X-StateHub-Revision"])
    assert token.epoch == before.epoch
    assert token.core > before.core
    assert token.progress > before.progress
    assert token.xid is not None
    after = Token.parse(shared_hub.get(SUMMARY + "?refresh=true").headers["X-StateHub-Revision"])
    assert not before.cut.sees(token.xid)
    assert after.cut.sees(token.xid)
    assert after.core >= token.core


def test_a_change_of_nothing_is_taken(shared_hub: Hub, task: str) -> None:
    answer = shared_hub.patch(f"/tasks/{task}", {})
    assert (answer.status, answer.json["version"]) == (200, 1)


def test_what_is_not_sent_has_the_databases_default(shared_hub: Hub, plan: str) -> None:
    row = create(shared_hub, "tasks", plan).json
    assert row["code"] == f"{plan}-T01"
    assert (row["status"], row["priority"], row["position"]) == ("todo", 2, 0)
    assert (row["labels"], row["detail"], row["description"]) == ([], {}, "")
    assert (row["assignee"], row["parent"], row["due_at"]) == (None, None, None)


def test_everything_that_is_sent_comes_back(shared_hub: Hub, plan: str, task: str) -> None:
    sent = {
        "code": fresh("T"), "workplan": plan, "parent": task, "title": "Ünïcödé 😀 \u202e <b>&amp;",
        "description": "a\n\tb", "status": "wait", "priority": 0, "assignee": "ada",
        "waiting_on": "the weather", "position": -(2**31),
        "due_at": "2030-01-02T03:04:05.123456+00:00", "labels": ["a", "b c", "'\""],
        "detail": {"a": [1, 2.5, None, True, {"b": "ç"}], "big": 10**30, "": ""},
    }  # fmt: skip
    row = shared_hub.created("/tasks", **sent)
    assert {name: row[name] for name in sent} == sent
    assert shared_hub.get(f"/tasks/{row['id']}").json == row


@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+16:00", "Z"])
def test_every_offset_of_rfc_3339_is_a_time(shared_hub: Hub, plan: str, offset: str) -> None:
    moment = f"2030-01-02T03:04:05{offset}"
    row = create(shared_hub, "tasks", plan, due_at=moment).json
    assert datetime.fromisoformat(row["due_at"]) == datetime.fromisoformat(moment)
    assert shared_hub.get("/tasks?" + urlencode({"until": moment, "limit": 1})).status == 200


def test_the_item_that_is_refused_is_told_once(shared_hub: Hub) -> None:
    answer = shared_hub.post("/tasks", [{"workplan": "nowhere", "title": "x"}])
    found = problem(answer, 422)
    assert found["detail"] == "item 0: There is no workplan nowhere; GET /workplans lists them"
    assert found["errors"] == [
        {"pointer": "/0/workplan", "detail": "There is no workplan nowhere; GET /workplans lists them"}
    ]


def test_null_empties_a_field_that_may_be_empty(shared_hub: Hub, plan: str) -> None:
    row = create(shared_hub, "tasks", plan, assignee="ada", due_at="2030-01-01T00:00:00Z").json
    changed = shared_hub.patch(f"/tasks/{row['code']}", {"assignee": None, "due_at": None}).json
    assert (changed["assignee"], changed["due_at"]) == (None, None)


@pytest.mark.parametrize(
    "name", ["a/b", "a%2Fb", "..", "%2e%2e", "é", "%00", "%ff", "x" * 5000, "' or true", "None", "null"]
)
@pytest.mark.parametrize("kind", [*WRITTEN, "domains"])
def test_a_row_that_is_not_there_is_not_found(shared_hub: Hub, kind: str, name: str) -> None:
    answer = shared_hub.get(f"/{kind}/{quote(name, safe='%/')}")
    assert answer.status in (404, 422)
    problem(answer, answer.status)


@pytest.mark.parametrize("kind", WRITTEN)
def test_changing_a_row_that_is_not_there_says_where_to_look(shared_hub: Hub, kind: str) -> None:
    for answer in (shared_hub.patch(f"/{kind}/nowhere", {}), shared_hub.delete(f"/{kind}/nowhere")):
        detail = problem(answer, 404, path=f"/{kind}/nowhere")["detail"]
        assert "nowhere" in detail
        assert f"GET /{kind} lists them" in detail


def test_a_route_that_is_not_there_is_not_found(shared_hub: Hub) -> None:
    for path in ("/", "/nothing", "/tasks/a/b/c", "/state", "//", "/TOPICS"):
        problem(shared_hub.get(path), 404)


# --- references


def test_a_reference_is_a_short_name_in_any_case_or_an_id(shared_hub: Hub, repo: str, plan: str, task: str) -> None:
    hub = shared_hub
    plan_id, repo_id, task_id = (
        hub.get(path).json["id"] for path in (f"/workplans/{plan}", f"/repos/{repo}", f"/tasks/{task}")
    )
    for reference in (plan, plan.lower(), plan.swapcase(), plan_id, plan_id.upper()):
        assert hub.created("/tasks", workplan=reference, title="T")["workplan"] == plan
    for reference in (task.lower(), task_id):
        assert hub.created("/tasks", workplan=plan, title="T", parent=reference)["parent"] == task
    for reference in (repo.upper(), repo_id):
        assert hub.created("/workplans", repo=reference, title="P", topic="PlatForm")["topic"] == "platform"
    event = hub.created("/progress", summary="s", repo=repo_id, workplan=plan_id, task=task_id, topic="Platform")
    assert (event["repo"], event["workplan"], event["task"], event["topic"]) == (repo, plan, task, "platform")


@pytest.mark.parametrize("unknown", ["nothing", "00000000-0000-0000-0000-000000000000", "' or true --", "%"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/workplans", "repo"), ("/workplans", "topic"), ("/tasks", "workplan"), ("/tasks", "parent"),
        ("/decisions", "topic"), ("/decisions", "workplan"), ("/decisions", "superseded_by"), ("/progress", "repo"),
        ("/progress", "task"),
        ("/progress", "decision"),
    ],
)  # fmt: skip
def test_an_unknown_reference_is_invalid_and_pointed_at(
    shared_hub: Hub, repo: str, plan: str, path: str, field: str, unknown: str
) -> None:
    document = {
        "/workplans": {"repo": repo, "title": "x"},
        "/tasks": {"workplan": plan, "title": "x"},
        "/decisions": {"workplan": plan, "title": "x"},
        "/progress": {"summary": "x"},
    }[path]
    found = problem(shared_hub.post(path, document | {field: unknown}), 422, path=path)
    assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]
    assert unknown in found["detail"]


# --- two writers


def test_a_change_of_a_row_that_has_moved_on_is_refused(shared_hub: Hub, task: str) -> None:
    path = f"/tasks/{task}"
    assert shared_hub.patch(path, {"priority": 1}, If_Match='"v1"').headers["ETag"] == '"v2"'
    for refused in (
        shared_hub.patch(path, {"priority": 3}, If_Match='"v1"'),
        shared_hub.patch(path, {"priority": 3}, If_Match='"v3"'),
        shared_hub.delete(path, If_Match='"v1"'),
    ):
        assert "version 2" in problem(refused, 412, path=path)["detail"]
    assert shared_hub.get(path).json["priority"] == 1
    assert shared_hub.patch(path, {"priority": 4}, If_Match="*").json["priority"] == 4
    assert shared_hub.patch(path, {"priority": 0}).json["priority"] == 0, "without it the last write wins"


@pytest.mark.parametrize(
    "version",
    [
        "1",
        '"1"',
        "v1",
        'W/"v1"',
        '"v1", "v2"',
        '"v-1"',
        '"v"',
        "",
        '"v1',
        '"v99999999999999999999"',
        '"v\u0661"',
        '"v1"x',
    ],
)
def test_a_version_that_is_none_is_malformed(shared_hub: Hub, task: str, version: str) -> None:
    raw = f"DELETE /tasks/{task} HTTP/1.1\r\nHost: localhost\r\nIf-Match: {version}\r\nConnection: close\r\n\r\n"
    assert '"v3"' in problem(shared_hub.say(raw.encode()), 400)["detail"]
    assert shared_hub.get(f"/tasks/{task}").json["version"] == 1


def test_of_two_changes_of_the_same_version_at_once_one_wins(shared_hub: Hub, plan: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            path = create(shared_hub, "tasks", plan).headers["Location"]
            answers = [
                pool.submit(shared_hub.patch, path, {"priority": number % 5}, If_Match='"v1"') for number in range(8)
            ]
            assert sorted(answer.result().status for answer in answers) == [200] + [412] * 7
            assert shared_hub.get(path).json["version"] == 2


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_name_that_is_taken_is_a_conflict(shared_hub: Hub, repo: str, plan: str, kind: str) -> None:
    field = "slug" if kind in ("topics", "repos") else "code"
    taken = name_of(create(shared_hub, kind, plan))
    name = taken if field == "slug" else taken.swapcase()
    document = documents(kind, plan) | {field: name} | ({"repo": repo} if kind == "workplans" else {})
    found = problem(shared_hub.post(f"/{kind}", document), 409, path=f"/{kind}")
    assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]
    assert "is taken" in found["detail"]


def test_many_writers_of_one_plan_get_codes_of_their_own(shared_hub: Hub, plan: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: create(shared_hub, "tasks", plan).json["code"], range(40)))
    assert sorted(made) == [f"{plan}-T{number:02}" for number in range(1, 41)]


# --- what the rules of the database refuse


def test_a_decision_that_is_made_needs_its_reasons(shared_hub: Hub, plan: str) -> None:
    made = {"workplan": plan, "title": "Which way?", "decision_type": "made"}
    for missing in ({}, {"rationale": "because"}, {"decided_by": "ada"}, {"rationale": " ", "decided_by": "ada"}):
        found = problem(shared_hub.post("/decisions", made | missing), 422)
        assert [error["pointer"] for error in found["errors"]] == ["/rationale"]
    row = shared_hub.created("/decisions", **made, rationale="because", decided_by="ada")
    assert (row["status"], row["decision_type"]) == ("resolved", "made")
    again = shared_hub.patch(f"/decisions/{row['code']}", {"rationale": "for another reason"})
    assert "was decided by ada already" in problem(again, 409)["detail"]


def test_a_decision_is_about_something(shared_hub: Hub) -> None:
    found = problem(shared_hub.post("/decisions", {"title": "Which way?"}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/topic"]


def test_a_decision_about_money_or_law_is_escalated(shared_hub: Hub, plan: str) -> None:
    row = shared_hub.created("/decisions", workplan=plan, title="Sign the contract?")
    assert (row["status"], "contract" in row["escalation_note"]) == ("escalated", True)


def test_a_task_is_not_its_own_parent(shared_hub: Hub, task: str) -> None:
    found = problem(shared_hub.patch(f"/tasks/{task}", {"parent": task}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/parent"]


def test_a_domain_is_one_of_the_domains(shared_hub: Hub) -> None:
    found = problem(shared_hub.post("/topics", {"slug": fresh(), "title": "x", "domain": "magic"}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/domain"]
    assert "GET /domains lists them" in found["detail"]


# --- what a document may not be


@pytest.mark.parametrize(
    ("path", "document", "pointers"),
    [
        ("/topics", {}, ["/slug", "/title", "/domain"]),
        ("/tasks", {"workplan": "x", "title": "x", "colour": "red"}, ["/colour"]),
        ("/tasks", {"workplan": "x", "title": "x", "id": "00000000-0000-0000-0000-000000000000"}, ["/id"]),
        ("/tasks", {"workplan": "x", "title": "x", "version": 7}, ["/version"]),
        ("/tasks", {"workplan": "x", "title": "x", "queued": True}, ["/queued"]),
        ("/tasks", {"workplan": "x", "title": "x", "status": "finished"}, ["/status"]),
        ("/tasks", {"workplan": "x", "title": "x", "priority": 5}, ["/priority"]),
        ("/tasks", {"workplan": "x", "title": "x", "priority": 10**30}, ["/priority"]),
        ("/tasks", {"workplan": "x", "title": "x", "priority": "2"}, ["/priority"]),
        ("/tasks", {"workplan": "x", "title": "x", "priority": 1.5}, ["/priority"]),
        ("/tasks", {"workplan": "x", "title": "x", "priority": True}, ["/priority"]),
        ("/tasks", {"workplan": "x", "title": "x", "position": 2**31}, ["/position"]),
        ("/tasks", {"workplan": "x", "title": "x", "position": 2**63}, ["/position"]),
        ("/tasks", {"workplan": "x", "title": "x", "labels": "a,b"}, ["/labels"]),
        ("/tasks", {"workplan": "x", "title": "x", "labels": ["a", 1]}, ["/labels/1"]),
        ("/tasks", {"workplan": "x", "title": "x", "detail": []}, ["/detail"]),
        ("/tasks", {"workplan": "x", "title": "x", "due_at": "soon"}, ["/due_at"]),
        ("/tasks", {"workplan": "x", "title": "x", "due_at": "0001-01-01T00:00:00+23:00"}, ["/due_at"]),
        ("/tasks", {"workplan": "x", "title": "x", "author": "a\x85b"}, ["/author"]),
        ("/tasks", {"workplan": "x", "title": "x", "author": "\u202ea"}, ["/author"]),
        ("/tasks", {"workplan": "x", "title": "x", "author": " a"}, ["/author"]),
        ("/tasks", {"workplan": "x", "title": "\u200b\ufeff"}, ["/title"]),
        ("/tasks", {"workplan": "x", "title": "x", "assignee": " "}, ["/assignee"]),
        ("/workplans", {"repo": "x", "title": "x", "code": "x" * 101}, ["/code"]),
        ("/progress", {"summary": "x", "occurred_at": None}, ["/occurred_at"]),
        ("/tasks", {"workplan": "x", "title": "x", "due_at": "2026-01-01T00:00:00"}, ["/due_at"]),
        ("/tasks", {"workplan": "x", "title": "x", "due_at": 1e300}, ["/due_at"]),
        ("/tasks", {"workplan": "x", "title": " \t\n"}, ["/title"]),
        ("/tasks", {"workplan": "x", "title": "x" * 1001}, ["/title"]),
        ("/tasks", {"workplan": "x", "title": None}, ["/title"]),
        ("/tasks", {"workplan": "x", "title": ["x"]}, ["/title"]),
        ("/tasks", {"workplan": "", "title": "x"}, ["/workplan"]),
        ("/tasks", {"workplan": 7, "title": "x"}, ["/workplan"]),
        ("/tasks", {"workplan": "x", "title": "x", "code": "a b"}, ["/code"]),
        ("/tasks", {"workplan": "x", "title": "x", "code": "../etc"}, ["/code"]),
        ("/topics", {"slug": "Upper", "title": "x", "domain": "energy"}, ["/slug"]),
        ("/topics", {"slug": "a\n", "title": "x", "domain": "energy"}, ["/slug"]),
        ("/repos", {"slug": "a", "name": "x", "domain": "energy", "category": "hobby"}, ["/category"]),
        ("/decisions", {"topic": "platform", "title": "x", "options": {}}, ["/options"]),
        ("/decisions", {"topic": "platform", "title": "x", "escalation_note": "no"}, ["/escalation_note"]),
        ("/progress", {"summary": ""}, ["/summary"]),
        ("/progress", {"summary": "x" * 2001}, ["/summary"]),
        ("/progress", {"summary": "x", "event_type": "rumour"}, ["/event_type"]),
        ("/progress", {"summary": "x", "author_kind": "robot"}, ["/author_kind"]),
        ("/progress", {"summary": "x", "xid": 1}, ["/xid"]),
        ("/progress", {"summary": "x", "created_at": "2020-01-01T00:00:00Z"}, ["/created_at"]),
        ("/tasks", [], [""]),
        ("/tasks", "text", [""]),
        ("/tasks", 5, [""]),
    ],
)
def test_a_document_that_breaks_a_rule_is_invalid_with_a_pointer_for_each(
    shared_hub: Hub, path: str, document: Any, pointers: list[str]
) -> None:
    found = problem(shared_hub.post(path, document), 422, path=path)
    assert [error["pointer"] for error in found["errors"]] == pointers


@pytest.mark.parametrize("code", ["00000000-0000-0000-0000-000000000000", "x" * 101])
def test_a_code_that_only_the_database_refuses_is_pointed_at(shared_hub: Hub, repo: str, code: str) -> None:
    found = problem(shared_hub.post("/workplans", {"repo": repo, "title": "x", "code": code}), 422)
    assert [error["pointer"] for error in found["errors"]] == ["/code"]


DEEP = 100_000


@pytest.mark.parametrize("path", ["/tasks", "/progress", "/import"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nul", b"{'summary': 'x'}", b'{"summary": "x",}', b"\xef\xbb\xbf{}", b'{"summary": "\xff"}',
        b'{"summary": "a", "summary": "b"}', b"[" * DEEP, b'{"detail":' * DEEP, b"[" * DEEP + b"]" * DEEP,
        b'{"summary": ' + b"1" * 5000 + b"}", '{"summary": "x"}'.encode("utf-16"), b"\x00",
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_a_body_that_is_no_json_is_malformed(shared_hub: Hub, path: str, body: bytes) -> None:
    problem(shared_hub.ask("POST", path, body=body), 400, path=path)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (rb'{"summary": "a\u0000b"}', ["/summary"]),
        (rb'{"summary": "\ud800"}', ["/summary"]),
        (rb'{"summary": "x", "detail": {"a": ["\udc00"]}}', ["/detail/a/0"]),
        (rb'{"summary": "x", "detail": {"\u0000": 1}}', ["/detail"]),
        (rb'{"summary": "x", "detail": {"\ud800": {"b": "\ud800"}}}', ["/detail"]),
        (b'{"summary": NaN}', ["/summary"]),
        (b'{"summary": "x", "detail": {"a": Infinity}}', ["/detail/a"]),
        (b'{"summary": "x", "detail": {"a": -1e999}}', ["/detail/a"]),
    ],
)
def test_what_postgres_cannot_hold_is_invalid_with_a_pointer(shared_hub: Hub, body: bytes, pointers: list[str]) -> None:
    found = problem(shared_hub.ask("POST", "/progress", body=body), 422, path="/progress")
    assert [error["pointer"] for error in found["errors"]] == pointers


@pytest.mark.parametrize("depth", [50, 200, 240, 260, 400, *range(700, 1000, 10), 3000, 9000])
def test_however_deep_a_document_is_it_is_taken_or_refused(shared_hub: Hub, depth: int) -> None:
    for opening, closing_ in (("[", "]"), ('{"a":', "}")):
        body = f'{{"summary": "deep", "detail": {{"a": {opening * depth}1{closing_ * depth}}}}}'.encode()
        answer = shared_hub.ask("POST", "/progress", body=body)
        assert answer.status in (201, 400, 422)
        if answer.status == 201:
            assert answer.body.count(b"deep") == 1


@pytest.mark.parametrize(
    "number", ["1e22", "-0.0", "1" * 400, "0." + "1" * 400, "1e-400", "123456789012345678901234567890"]
)
def test_a_number_that_is_one_is_kept(shared_hub: Hub, number: str) -> None:
    body = f'{{"summary": "number", "detail": {{"a": {number}}}}}'.encode()
    answer = shared_hub.ask("POST", "/progress", body=body)
    assert answer.status == 201
    assert answer.json["detail"]["a"] == json.loads(number)


# --- who wrote it


def test_the_author_of_a_change_is_the_header_as_percent_encoded_utf8(shared_hub: Hub, plan: str) -> None:
    author = f"Ådam O'Neil 😀 {fresh()}"
    sent = {"X_StateHub_Author": quote(author), "X_StateHub_Author_Kind": "human"}
    code = shared_hub.post("/tasks", {"workplan": plan, "title": "x"}, **sent).json["code"]
    shared_hub.patch(f"/tasks/{code}", {"priority": 0, "title": "y"}, **sent)
    shared_hub.patch(f"/tasks/{code}", {"status": "progress"}, **sent)
    shared_hub.delete(f"/tasks/{code}", **sent)
    events = events_by(shared_hub, author)
    assert [event["event_type"] for event in events] == ["created", "changed", "status", "status"]
    assert {(event["author_kind"], event["task"], event["workplan"]) for event in events} == {("human", code, plan)}
    assert events[1]["detail"]["columns"] == ["priority", "title"]
    assert events[2]["detail"]["status"] == ["todo", "progress"]


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_write_leaves_exactly_one_event(shared_hub: Hub, plan: str, kind: str) -> None:
    author = fresh("one")
    document = documents(kind, plan)
    if kind == "workplans":
        document["repo"] = shared_hub.get(f"/workplans/{plan}").json["repo"]
    shared_hub.post(f"/{kind}", document, X_StateHub_Author=author)
    [event] = events_by(shared_hub, author)
    assert event["author_kind"] == "agent"


def test_a_refused_write_leaves_nothing(shared_hub: Hub, plan: str, task: str) -> None:
    author = fresh("none")
    for answer in (
        shared_hub.post("/tasks", {"workplan": plan, "title": "x", "code": task}, X_StateHub_Author=author),
        shared_hub.patch(f"/tasks/{task}", {"priority": 9}, X_StateHub_Author=author),
        shared_hub.patch(f"/tasks/{task}", {"priority": 1}, X_StateHub_Author=author, If_Match='"v9"'),
        shared_hub.delete("/tasks/nowhere", X_StateHub_Author=author),
    ):
        assert 400 <= answer.status < 500
    assert events_by(shared_hub, author) == []
    assert shared_hub.get(f"/tasks/{task}").json["version"] == 1


@pytest.mark.parametrize(
    ("headers", "body", "author", "kind"),
    [
        ({}, {}, "anonymous", "agent"),
        ({}, {"author": "body"}, "body", "agent"),
        ({}, {"author": "body", "author_kind": "human"}, "body", "human"),
        ({"X_StateHub_Author": "header"}, {"author": "body"}, "header", "agent"),
        ({"X_StateHub_Author": "a%20b%2Fc"}, {}, "a b/c", "agent"),
        ({"X_StateHub_Author": "100%25"}, {}, "100%", "agent"),
        ({"X_StateHub_Author": ""}, {"author": "body"}, "body", "agent"),
        ({"X_StateHub_Author_Kind": "system"}, {"author_kind": "human"}, "anonymous", "system"),
    ],
)
def test_the_author_of_an_event_is_the_headers_else_the_bodys(
    shared_hub: Hub, headers: dict[str, str], body: dict[str, str], author: str, kind: str
) -> None:
    answer = shared_hub.post("/progress", {"summary": "x"} | body, **headers)
    assert answer.status == 201
    assert (answer.json["author"], answer.json["author_kind"]) == (author, kind)


@pytest.mark.parametrize(
    "author", ["%FF", "%ED%A0%80", "%00", "a%0Ab", "%1B[31m", "%E2%80%AE", "%C2%85", "100%", "x" * 201]
)
def test_an_author_that_nobody_could_read_is_malformed(shared_hub: Hub, author: str) -> None:
    problem(shared_hub.post("/progress", {"summary": "x"}, X_StateHub_Author=author), 400)


def test_an_author_is_of_a_kind_that_there_is(shared_hub: Hub) -> None:
    answer = shared_hub.post("/progress", {"summary": "x"}, X_StateHub_Author_Kind="robot")
    assert "human, agent, system" in problem(answer, 400)["detail"]


# --- what is not written


def test_domains_are_read(shared_hub: Hub) -> None:
    row = shared_hub.get("/domains/Energy")
    assert (row.status, row.json["slug"], row.headers["ETag"]) == (200, "energy", '"v1"')
    for path, method in itertools.product(("/domains", "/domains/energy"), ("POST", "PUT", "PATCH", "DELETE")):
        answer = shared_hub.ask(method, path, {})
        assert "GET, HEAD" in problem(answer, 405, path=path)["detail"]
        assert answer.headers["Allow"] == "GET, HEAD"
    problem(shared_hub.get("/domains/magic"), 404)


def test_an_event_is_appended_and_stays(shared_hub: Hub, task: str) -> None:
    answer = shared_hub.post("/progress", {"summary": "done", "task": task, "occurred_at": "2020-01-01T00:00:00Z"})
    assert answer.status == 201
    assert shared_hub.get(answer.headers["Location"]).json == answer.json
    assert "ETag" not in answer.headers
    Token.parse(answer.headers["X-StateHub-Revision"])
    event = answer.json
    assert event["occurred_at"].startswith("2020-01-01T00:00:00")
    assert event["created_at"] > event["occurred_at"]
    assert shared_hub.get(f"/progress?task={task}&event_type=note").json["items"] == [event]
    for method in ("PUT", "PATCH", "DELETE"):
        refused = shared_hub.ask(method, "/progress", {})
        problem(refused, 405, path="/progress")
        assert refused.headers["Allow"] == "GET, HEAD, POST"
        assert shared_hub.ask(method, f"/progress/{event['id']}", {}).status in (404, 405)


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_a_row_does_not_know_is_refused(shared_hub: Hub, task: str, method: str) -> None:
    raw = f"{method} /tasks/{task} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with closing(shared_hub.dial()) as connection:
        connection.sendall(raw.encode())
        first = connection.recv(100).split(b"\r\n")[0]
    assert first in (b"HTTP/1.1 405 Method Not Allowed", b"HTTP/1.1 400 Bad Request")


def test_a_problem_says_what_where_and_nothing_of_the_inside(shared_hub: Hub) -> None:
    answer = shared_hub.ask("POST", "/tasks/", body=b"{}", Content_Type=JSON)
    found = problem(answer, 422, path="/tasks")
    assert set(found) == {"type", "title", "status", "detail", "instance", "errors"}
    assert found["detail"].startswith("workplan: ")


def test_an_import_is_by_whoever_sent_it(shared_hub: Hub) -> None:
    issue = {
        "id": fresh("imp"),
        "title": "T",
        "status": "open",
        "issue_type": "task",
        "created_at": "2025-01-01T00:00:00Z",
    }
    body = {"format": "beads", "repo": fresh("imported"), "domain": "infotech", "document": json.dumps(issue)}
    answer = shared_hub.post("/import", body, X_StateHub_Author="import-er")
    assert answer.status == 200, answer.body
    events = events_by(shared_hub, "import-er")
    assert {event["event_type"] for event in events} == {"import"}
    assert {event["repo"] for event in events} == {body["repo"]}
