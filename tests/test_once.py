"""Many writers of one row, and one writer who asks many times: If-Match, Idempotency-Key, bulk."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.running import Answer, Hub, problem

CALLERS = 50


@pytest.fixture
def plan(shared_hub: Hub) -> str:
    slug = f"once-{uuid.uuid4().hex[:8]}"
    shared_hub.created("/repos", slug=slug, name=slug, domain="infotech")
    return str(shared_hub.created("/workplans", repo=slug, title="Plan")["code"])


@pytest.fixture
def task(shared_hub: Hub, plan: str) -> str:
    return str(shared_hub.created("/tasks", workplan=plan, title="Task")["code"])


def at_once(call: Callable[[int], Answer], times: int = CALLERS) -> list[Answer]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))


def key() -> str:
    return str(uuid.uuid4())


def count(hub: Hub, query: str, *params: Any) -> int:
    return int(hub.database.value(query, *params))


# --- If-Match


def test_of_fifty_who_change_one_version_exactly_one_wins_each_round(shared_hub: Hub, task: str) -> None:
    for version in range(1, 6):
        etag = shared_hub.get(f"/tasks/{task}").headers["ETag"]
        assert etag == f'"v{version}"'
        answers = at_once(
            lambda n, etag=etag: shared_hub.patch(f"/tasks/{task}", {"title": f"by {n}"}, If_Match=etag)  # type: ignore[misc]
        )
        assert Counter(answer.status for answer in answers) == {200: 1, 412: CALLERS - 1}
        [won] = [answer for answer in answers if answer.status == 200]
        assert shared_hub.get(f"/tasks/{task}").json == won.json


def test_without_if_match_every_change_is_made_and_the_last_one_stays(shared_hub: Hub, task: str) -> None:
    answers = at_once(lambda n: shared_hub.patch(f"/tasks/{task}", {"title": f"by {n}"}))
    assert {answer.status for answer in answers} == {200}
    assert {answer.json["version"] for answer in answers} == set(range(2, CALLERS + 2))
    last = max(answers, key=lambda answer: int(answer.json["version"]))
    assert shared_hub.get(f"/tasks/{task}").json == last.json


# --- Idempotency-Key


def test_fifty_requests_with_one_key_make_one_row_and_get_one_answer(shared_hub: Hub, plan: str) -> None:
    mine, body = key(), {"workplan": plan, "title": "Once"}
    answers = at_once(lambda _: shared_hub.post("/tasks", body, Idempotency_Key=mine))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    for header in ("Location", "ETag", "X-StateHub-Revision"):
        assert len({answer.headers[header] for answer in answers}) == 1
    assert count(shared_hub, "select count(*) from tasks where workplan = row_id('workplans', %s)", plan) == 1
    assert count(shared_hub, "select count(*) from progress_events where task = row_id('tasks', %s)",
                 answers[0].json["code"]) == 1  # fmt: skip


def test_a_key_gives_the_first_answer_even_after_the_row_has_moved_on(shared_hub: Hub, task: str) -> None:
    mine = key()
    first = shared_hub.patch(f"/tasks/{task}", {"status": "wait"}, Idempotency_Key=mine)
    shared_hub.patch(f"/tasks/{task}", {"status": "todo"})
    again = shared_hub.patch(f"/tasks/{task}", {"status": "wait"}, Idempotency_Key=mine)
    assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, first.headers["ETag"])
    assert shared_hub.get(f"/tasks/{task}").json["status"] == "todo"


def test_a_key_of_another_request_is_refused_and_nothing_is_written(shared_hub: Hub, plan: str, task: str) -> None:
    mine = key()
    assert shared_hub.post("/tasks", {"workplan": plan, "title": "A"}, Idempotency_Key=mine).status == 201
    before = count(shared_hub, "select count(*) from tasks")
    for answer in (
        shared_hub.post("/tasks", {"workplan": plan, "title": "B"}, Idempotency_Key=mine),
        shared_hub.post("/progress", {"workplan": plan, "summary": "A"}, Idempotency_Key=mine),
        shared_hub.patch(f"/tasks/{task}", {"title": "A"}, Idempotency_Key=mine),
        shared_hub.delete(f"/tasks/{task}", Idempotency_Key=mine),
    ):
        assert "Idempotency-Key" in problem(answer, 422)["detail"]
    assert count(shared_hub, "select count(*) from tasks") == before


def test_the_same_key_of_two_authors_is_two_keys(shared_hub: Hub, plan: str) -> None:
    mine, body = key(), {"workplan": plan, "title": "Each"}
    codes = {
        shared_hub.post("/tasks", body, Idempotency_Key=mine, X_StateHub_Author=author).json["code"]
        for author in ("ada", "bob")
    }
    assert len(codes) == 2


def test_a_write_that_failed_may_be_sent_again_with_its_key(shared_hub: Hub, plan: str) -> None:
    mine, code = key(), f"{plan}-X"
    body = {"workplan": plan, "title": "Late", "parent": code}
    problem(shared_hub.post("/tasks", body, Idempotency_Key=mine), 422)
    shared_hub.created("/tasks", workplan=plan, title="Parent", code=code)
    assert shared_hub.post("/tasks", body, Idempotency_Key=mine).status == 201


def test_a_key_is_forgotten_after_a_day(shared_hub: Hub, plan: str) -> None:
    mine, body = key(), {"workplan": plan, "title": "Daily"}
    first = shared_hub.post("/tasks", body, Idempotency_Key=mine).json["code"]
    shared_hub.execute("update idempotency_keys set asked_at = asked_at - interval '23 hours' where key = %s", mine)
    assert shared_hub.post("/tasks", body, Idempotency_Key=mine).json["code"] == first
    shared_hub.execute("update idempotency_keys set asked_at = asked_at - interval '2 hours' where key = %s", mine)
    second = shared_hub.post("/tasks", body, Idempotency_Key=mine).json["code"]
    assert second != first
    assert shared_hub.post("/tasks", body, Idempotency_Key=mine).json["code"] == second
    shared_hub.execute("update idempotency_keys set asked_at = asked_at - interval '26 hours' where key = %s", mine)
    shared_hub.database.value("select forget_keys()")
    assert count(shared_hub, "select count(*) from idempotency_keys where key = %s", mine) == 0


@pytest.mark.parametrize("bad", ["", " ", "é", "a" * 256, "tab\there"])
def test_a_key_is_printable_ascii_of_bounded_length(shared_hub: Hub, plan: str, bad: str) -> None:
    answer = shared_hub.post("/tasks", {"workplan": plan, "title": "T"}, Idempotency_Key=bad)
    assert "Idempotency-Key takes" in problem(answer, 400)["detail"]


def test_every_write_takes_a_key(shared_hub: Hub, plan: str, task: str) -> None:
    other = str(shared_hub.created("/tasks", workplan=plan, title="Other")["code"])
    decision = str(shared_hub.created("/decisions", workplan=plan, title="Which?")["code"])
    for method, path, body in (
        ("POST", f"/tasks/{task}/dependencies", {"depends_on": other}),
        ("DELETE", f"/tasks/{task}/dependencies/{other}", None),
        ("POST", f"/decisions/{decision}/resolve", {"rationale": "so", "decided_by": "me"}),
        ("DELETE", f"/tasks/{other}", None),
        ("POST", "/progress", [{"summary": "one"}, {"summary": "two"}]),
    ):
        mine = key()
        events = count(shared_hub, "select count(*) from progress_events")
        first, again = (shared_hub.ask(method, path, body, Idempotency_Key=mine) for _ in range(2))
        assert first.status in (200, 201), first.body
        assert (again.status, again.body) == (first.status, first.body)
        assert count(shared_hub, "select count(*) from progress_events") - events in (1, 2)


# --- lists of documents


def test_a_list_of_tasks_is_created_in_its_order(shared_hub: Hub, plan: str) -> None:
    answer = shared_hub.post("/tasks", [{"workplan": plan, "title": f"T{n}", "position": n} for n in range(30)])
    assert answer.status == 201
    assert [row["title"] for row in answer.json["items"]] == [f"T{n}" for n in range(30)]
    assert [row["code"] for row in answer.json["items"]] == [f"{plan}-T{n:02}" for n in range(1, 31)]
    assert shared_hub.get(f"/tasks?workplan={plan}&limit=500").json["items"] == answer.json["items"]
    events = shared_hub.get(f"/progress?workplan={plan}&event_type=created&limit=500").json["items"]
    assert len([event for event in events if event["task"]]) == 30


def test_a_thousand_events_come_in_at_once_and_one_more_is_refused(shared_hub: Hub, plan: str) -> None:
    rows = [{"summary": f"n{n}", "workplan": plan, "author": f"a{n % 3}"} for n in range(1000)]
    answer = shared_hub.post("/progress", rows)
    assert [row["summary"] for row in answer.json["items"]] == [row["summary"] for row in rows]
    assert {row["author"] for row in answer.json["items"]} == {"a0", "a1", "a2"}
    problem(shared_hub.post("/progress", [*rows, rows[0]]), 422)
    problem(shared_hub.post("/progress", []), 422)


def test_one_bad_document_refuses_them_all_and_is_pointed_at(shared_hub: Hub, plan: str) -> None:
    good = {"workplan": plan, "title": "Good"}
    before = count(shared_hub, "select count(*) from tasks")
    for bad, where in (
        ({"workplan": plan}, "/2/title"),
        ({"workplan": "nothing", "title": "T"}, "/2/workplan"),
        ({**good, "parent": "nothing"}, "/2/parent"),
        ({**good, "priority": 9}, "/2/priority"),
        ({**good, "due_at": "0001-01-01T00:00:00Z"}, "/2/due_at"),
    ):
        found = problem(shared_hub.post("/tasks", [good, good, bad, good]), 422)
        assert [error["pointer"] for error in found["errors"]] == [where]
    twice = {**good, "code": f"{plan}-TWICE"}
    found = problem(shared_hub.post("/tasks", [good, twice, twice]), 409)
    assert [error["pointer"] for error in found["errors"]] == ["/2/code"]
    assert count(shared_hub, "select count(*) from tasks") == before


def test_a_list_of_tasks_has_one_author(shared_hub: Hub, plan: str) -> None:
    rows = [{"workplan": plan, "title": "T", "author": author} for author in ("ada", "bob")]
    assert "different authors" in problem(shared_hub.post("/tasks", rows), 422)["detail"]
    assert shared_hub.post("/tasks", rows, X_StateHub_Author="eve").status == 201
    assert shared_hub.post("/tasks", rows[:1] * 2).status == 201
    authors = {event["author"] for event in shared_hub.get(f"/progress?workplan={plan}&limit=500").json["items"]}
    assert authors >= {"eve", "ada"}


@pytest.mark.parametrize("path", ["/workplans", "/topics", "/decisions"])
def test_other_rows_are_created_one_at_a_time(shared_hub: Hub, path: str) -> None:
    problem(shared_hub.post(path, [{"title": "T"}]), 422)
