"""`/workstreams` and `workstream_id`: workplans in older words, each call counted and told what comes instead."""

import itertools
import logging
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from statehub.openapi import document
from statehub.routes import rows
from statehub.routes.metering import DEPRECATION
from tests.running import API, Answer, Hub, problem

NUMBERS = itertools.count(1)
FACE, FIELD = "/workstreams", "workstream_id in POST /tasks"


@pytest.fixture
def caller() -> str:
    """A User-Agent that no other test has."""
    return f"old client {next(NUMBERS)}"


@pytest.fixture
def repo(shared_hub: Hub) -> Any:
    return shared_hub.created("/repos", slug=f"stream-{next(NUMBERS)}", name="Repo", domain="infotech")


@pytest.fixture
def plan(shared_hub: Hub, repo: Any) -> Any:
    return shared_hub.created("/workplans", repo=repo["slug"], title="Plan", topic="platform")


def uses(hub: Hub, caller: str) -> dict[str, int]:
    """How often this caller used what."""
    items = hub.get("/legacy-meter").json["items"]
    found = ((item["name"], use) for item in items for use in item["uses"])
    return {name: use["uses"] for name, use in found if use["caller"] == caller}


def successor(answer: Answer) -> str:
    """Where the answer says to go; it must be deprecated."""
    assert answer.headers["Deprecation"] == DEPRECATION
    [link] = [part for part in answer.headers["Link"].split(", ") if 'rel="successor-version"' in part]
    return link.partition(";")[0].strip("<>")


def test_a_workstream_is_a_workplan_with_three_more_words(shared_hub: Hub, repo: Any, plan: Any) -> None:
    topic = shared_hub.get("/topics/platform").json
    older = {"workstream_id": plan["id"], "repo_id": repo["id"], "topic_id": topic["id"]}
    for name in (plan["code"], plan["id"], plan["code"].lower()):
        answer = shared_hub.get(f"/workstreams/{name}")
        assert (answer.status, answer.headers["ETag"]) == (200, '"v1"')
        assert answer.json == plan | older
        assert successor(answer) == f"/workplans/{name}"


@pytest.mark.parametrize("words", [("repo_id", "topic_id"), ("repo", "topic")])
@pytest.mark.parametrize("by", ["id", "slug"])
def test_a_workstream_is_made_changed_and_archived(shared_hub: Hub, repo: Any, words: Any, by: str) -> None:
    topic = shared_hub.get("/topics/product").json
    made = shared_hub.post(FACE, {words[0]: repo[by], words[1]: topic[by], "title": "Old", "status": "active"})
    assert made.status == 201, made.body
    row = made.json
    assert (row["repo"], row["topic"], row["topic_id"]) == (repo["slug"], "product", topic["id"])
    assert made.headers["Location"] == f"/workstreams/{row['code']}"
    assert (made.headers["ETag"], successor(made)) == ('"v1"', "/workplans")
    changed = shared_hub.patch(made.headers["Location"], {words[1]: None, "priority": 0}, If_Match='"v1"')
    assert (changed.status, changed.json["topic_id"], changed.json["priority"]) == (200, None, 0)
    problem(shared_hub.patch(made.headers["Location"], {"priority": 1}, If_Match='"v1"'), 412)
    ended = shared_hub.delete(made.headers["Location"])
    assert (ended.status, ended.json["status"]) == (200, "archived")
    today = shared_hub.get(f"/workplans/{row['code']}").json
    assert today == {name: value for name, value in ended.json.items() if name in today}
    events = shared_hub.get(f"/progress?workplan={row['code']}").json["items"]
    assert [event["event_type"] for event in events] == ["status", "changed", "created"]


def test_workstreams_are_listed_and_filtered_by_either_words(shared_hub: Hub, repo: Any, plan: Any) -> None:
    topic = shared_hub.get("/topics/platform").json
    for query in (
        f"repo_id={repo['id']}", f"repo_id={repo['slug']}", f"repo={repo['slug']}", f"workstream_id={plan['id']}",
        f"workstream_id={plan['code']}", f"repo_id={repo['slug']}&topic_id={topic['id']}&topic_id=product",
    ):  # fmt: skip
        answer = shared_hub.get(f"/workstreams?{query}&fields=workstream_id,code")
        assert answer.json["items"] == [{"workstream_id": plan["id"], "code": plan["code"]}]
        assert successor(answer) == "/workplans"
    assert shared_hub.get(f"/workstreams?repo_id={repo['slug']}&topic_id=product").json["items"] == []


def test_a_page_leads_to_the_next_one_and_to_the_successor(shared_hub: Hub, repo: Any, plan: Any) -> None:
    shared_hub.created("/workplans", repo=repo["slug"], title="Second")
    answer = shared_hub.get(f"/workstreams?repo_id={repo['slug']}&limit=1")
    assert successor(answer) == "/workplans"
    first, _ = answer.headers["Link"].split(", ")
    rest = shared_hub.get(first.partition(">")[0].strip("<"))
    assert [item["title"] for item in rest.json["items"]] == ["Second"]


@pytest.mark.parametrize("word", ["workstream_id", "workplan"])
@pytest.mark.parametrize("many", [False, True])
def test_a_task_may_name_its_workstream(shared_hub: Hub, plan: Any, caller: str, word: str, many: bool) -> None:
    for name in (plan["id"], plan["code"]):
        task = {word: name, "title": "Task"}
        answer = shared_hub.post(
            "/tasks", [task, {"workplan": name, "title": "b"}] if many else task, User_Agent=caller
        )
        assert answer.status == 201, answer.body
        made = answer.json["items"][0] if many else answer.json
        assert made["workplan"] == plan["code"]
        assert ("Deprecation" in answer.headers) == (word == "workstream_id")
    assert uses(shared_hub, caller) == ({FIELD: 2} if word == "workstream_id" else {})
    if word == "workstream_id":
        assert successor(answer) == "/tasks"


@pytest.mark.parametrize(
    ("path", "document", "pointer"),
    [
        ("/tasks", {"workstream_id": "x", "workplan": "x", "title": "x"}, "/workstream_id"),
        ("/tasks", [{"workplan": "x", "title": "x", "workstream_id": "x"}], "/0/workstream_id"),
        ("/tasks", {"workstream_id": "nowhere", "title": "x"}, "/workstream_id"),
        ("/tasks", [{"workstream_id": "nowhere", "title": "x"}], "/0/workstream_id"),
        ("/tasks", {"title": "x"}, "/workplan"),
        (FACE, {"title": "x"}, "/repo_id"),
        (FACE, {"title": "x", "repo_id": "nowhere"}, "/repo_id"),
        (FACE, {"title": "x", "repo_id": "nowhere", "repo": "nowhere"}, "/repo_id"),
        (FACE, {"title": "x", "repo_id": "REPO", "topic_id": "nowhere"}, "/topic_id"),
        (FACE, {"title": "x", "repo_id": "REPO", "colour": "red"}, "/colour"),
    ],
)
def test_a_pointer_leads_to_the_word_that_was_sent(
    shared_hub: Hub, repo: Any, path: str, document: Any, pointer: str
) -> None:
    if isinstance(document, dict) and document.get("repo_id") == "REPO":
        document = document | {"repo_id": repo["slug"]}
    found = problem(shared_hub.post(path, document), 422, path=path)
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_each_call_is_counted_once_whatever_it_is_answered(shared_hub: Hub, plan: Any, caller: str) -> None:
    path = f"/workstreams/{plan['code']}"
    calls: list[tuple[str, str, Any, int]] = [
        ("GET", FACE, None, 200),
        ("GET", path, None, 200),
        ("HEAD", path + "/", None, 200),
        ("PATCH", path, {"title": "B"}, 200),
        ("DELETE", path, None, 200),
        ("GET", "/workstreams/nowhere", None, 404),
        ("GET", "/workstreams?colour=red", None, 400),
        ("POST", FACE, {"title": "x"}, 422),
        ("POST", "/tasks", {"workstream_id": "nowhere", "title": "x"}, 422),
    ]
    for method, called, sent, status in calls:
        answer = shared_hub.ask(method, called, sent, body=None, User_Agent=caller)
        assert answer.status == status, (method, called)
        successor(answer)
    assert uses(shared_hub, caller) == {FACE: 8, FIELD: 1}


def test_todays_words_are_not_counted(shared_hub: Hub, plan: Any, caller: str) -> None:
    for path in ("/workplans", f"/workplans/{plan['code']}", "/state/summary", "/legacy-meter"):
        answer = shared_hub.get(path, User_Agent=caller)
        assert "Deprecation" not in answer.headers
    problem(shared_hub.ask("PUT", FACE, {}, body=None, User_Agent=caller), 405)
    assert uses(shared_hub, caller) == {}


def test_a_sunset_is_told_where_one_is_set(hub: Hub) -> None:
    assert "Sunset" not in hub.get(FACE).headers
    interface = {"kind": "rest", "name": FACE, "successor": "/workplans", "sunset_at": "2027-06-01T02:00:00+02:00"}
    hub.post("/legacy-meter/interfaces", interface)
    assert hub.get(FACE).headers["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert hub.get("/workstreams/nowhere").headers["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"


@pytest.mark.parametrize("name", ["a>b", "a\nb: c", "é", "a b", '"', "%"])
def test_whatever_is_asked_for_stays_within_its_header(shared_hub: Hub, name: str) -> None:
    answer = shared_hub.get(f"/workstreams/{quote(name)}")
    assert answer.status == 404
    assert successor(answer) == f"/workplans/{quote(name)}"


def test_what_cannot_be_counted_is_answered_all_the_same_and_logged_once(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "statehub.routes.metering")
    with closing(hub.database.connect()) as owner:
        owner.execute("revoke insert on legacy_usage from statehub_api")
        for _ in range(3):
            answer = hub.get(FACE)
            assert (answer.status, successor(answer)) == (200, "/workplans")
        owner.execute("grant insert (interface, used_on, caller, uses, last_used_at) on legacy_usage to statehub_api")
    assert len(caplog.records) == 1
    assert "could not be counted" in caplog.text
    hub.get(FACE, User_Agent="again")
    assert uses(hub, "again") == {FACE: 1}


def test_a_meter_that_is_locked_holds_up_no_answer_for_long(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    with closing(hub.database.connect()) as owner, owner.transaction(force_rollback=True):
        owner.execute("lock table legacy_usage in access exclusive mode")
        answer = hub.get(FACE)
        assert (answer.status, successor(answer)) == (200, "/workplans")
    assert "TimeoutError" in caplog.text, "it was ours to give up, not the statement's after ten times as long"
    with closing(hub.database.connect(API)) as connection:
        assert connection.execute("select count(*) from legacy_usage").fetchone() == (0,)


def test_an_interface_that_nobody_registered_is_answered_too(hub: Hub) -> None:
    hub.execute("truncate legacy_interfaces cascade")
    assert successor(hub.get(FACE)) == "/workplans"


def test_the_openapi_document_marks_them_deprecated() -> None:
    paths = document(rows.operations)["paths"]
    marked = {path for path, methods in paths.items() for each in methods.values() if each.get("deprecated")}
    assert marked == {FACE, FACE + "/{name}"}
    assert all(each["deprecated"] for path in marked for each in paths[path].values())
    headers = paths[FACE]["get"]["responses"]["200"]["headers"]
    assert {"Deprecation", "Sunset", "Link"} <= set(headers)
